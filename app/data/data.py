"""Data: pictures to train on, or embeddings of the user's own model; both are checked before use."""

from app.data import import_form, picture_check
from app.widgets.sections import choose_section

VIEWS = {
    "pictures": (":material/photo_library: Pictures to train on", picture_check.show),
    "embeddings": (":material/scatter_plot: Embeddings of my own model", import_form.show),
}


def page() -> None:
    kind = choose_section("What to bring", VIEWS, key="kind", default="pictures")
    VIEWS[kind][1]()


page()
