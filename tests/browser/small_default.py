"""`streamlit run` of an app whose shipped recipes are cut to few items, so that the first study is soon there.

A run reads the recipe that the app has written for it, so the run itself is the real one.
"""

import sys
from pathlib import Path

from streamlit.web.cli import main

from core.recipe.recipe import Recipe

OVERRIDES = ("data.max_items=1000",)


def cut() -> None:
    """Have the app read its recipes with these overrides."""
    load = Recipe.load

    def load_cut(source: str | Path, overrides: tuple[str, ...] = ()) -> Recipe:
        return load(source, (*overrides, *OVERRIDES))

    Recipe.load = load_cut


if __name__ == "__main__":
    cut()
    sys.exit(main())
