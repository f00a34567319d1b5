"""Questions to a finished study: galleries, one class taken apart, training played back, recommendations, tables,
figures and the HTML report. It reads studies and never writes into them."""
