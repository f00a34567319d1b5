"""What a study is to be made from: the recipe and the import as frozen dataclasses that read from and write to TOML,
with the ranges of their values, and the recipes that are shipped. Nothing here opens the data they name or imports
torch."""
