"""Analysis of a finished study: galleries, class reports, playback, recommendations, tables, figures, HTML report.
This package reads studies and never modifies them."""
