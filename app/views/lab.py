"""Lab: see why classes collapse, by theory that answers at once and by experiments that take seconds."""

from app.components import lab_experiment, lab_presets, lab_theory, watch_training
from app.components.sections import choose_section

VIEWS = {
    "theory": (":material/function: Why it happens", lab_theory.show),
    "experiments": (":material/science: Watch it happen", lab_presets.show),
    "playback": (":material/movie: Watch training", watch_training.show),
    "own": (":material/tune: Your own experiment", lab_experiment.show),
}


def page() -> None:
    view = choose_section("What to look at", VIEWS, key="lab", default="theory")
    VIEWS[view][1]()


page()
