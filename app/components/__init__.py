"""The app's own browser components: linked maps, neighbour galleries, and what they share."""
