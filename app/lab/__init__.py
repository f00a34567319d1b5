"""Lab: why classes collapse, by theory, by experiments on data made to order, and by training played back."""
