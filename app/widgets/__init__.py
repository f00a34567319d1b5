"""What several pages draw: galleries of a query, a run's progress, the list of studies, errors, sections. A widget
that one page alone uses lives in that page's folder."""
