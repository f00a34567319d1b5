"""Train: recipes as a form, and the runs made of them."""
