"""What helps to write a recipe: the fields of a form, experiments to begin from, and a look at a data set before it
is used."""
