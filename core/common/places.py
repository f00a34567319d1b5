"""Folders of the program itself."""

from pathlib import Path

REPO = Path(__file__).parents[2]
"""The working folder of runs, to which their relative paths refer."""
