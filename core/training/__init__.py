"""Training the arms of a recipe: the loop, its losses, augmentation, several devices, monitoring. Which items form a
tuple is decided in `core.sampling`; trained arms are judged in `core.diagnostics`."""
