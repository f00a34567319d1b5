"""Where the program itself lies."""

from pathlib import Path

REPO = Path(__file__).parents[2]
"""Runs start here, so this is where they look for relative paths."""
