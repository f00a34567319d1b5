"""What every room may use and no domain owns: errors, strict JSON, validation of dataclasses, compiled loops, blocks
in parallel. Nothing here knows of items, embeddings or studies, and nothing here imports another room."""
