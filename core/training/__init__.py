"""Arms from a recipe: the loop, its losses, augmentation, several devices, and what is watched meanwhile. Which items
form a tuple is decided in `core.sampling`; what a trained arm is worth, in `core.diagnostics`."""
