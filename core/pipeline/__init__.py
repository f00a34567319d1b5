"""From a recipe, or from embeddings made elsewhere, to a study folder, whole or not at all. It calls the other rooms
in order; methods belong to them."""
