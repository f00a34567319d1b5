"""Search: the neighbours of an item, or of pictures of the user's own, in both arms."""
