"""Data: pictures to train on, and embeddings of a model of the user's own, both checked before use."""
