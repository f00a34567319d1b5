"""Shared utilities without domain knowledge: errors, strict JSON, compiled loops, parallel blocks. This package
knows nothing about items, embeddings or studies, and imports no other package of `core`."""
