"""From a recipe, or from embeddings made elsewhere, to a study folder, complete or not at all. It calls the other
packages in order; methods belong to those."""
