"""Lab: see why classes collapse, by theory that answers at once and by experiments that take seconds."""

from app.lab import experiment, presets, theory, watch_training
from app.widgets.sections import choose_section

VIEWS = {
    "theory": (":material/function: Why it happens", theory.show),
    "experiments": (":material/science: Watch it happen", presets.show),
    "playback": (":material/movie: Watch training", watch_training.show),
    "own": (":material/tune: Your own experiment", experiment.show),
}


def page() -> None:
    view = choose_section("What to look at", VIEWS, key="lab", default="theory")
    VIEWS[view][1]()


page()
