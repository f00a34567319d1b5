"""Train: write a recipe, start it, follow the runs, and delete runs and studies."""

from app.state import address
from app.train import new_run, runs
from app.widgets import study_list
from app.widgets.sections import choose_section

VIEWS = {
    "runs": (":material/monitoring: Runs", runs.show),
    "new": (":material/add_circle: New run", new_run.show),
    "studies": (":material/folder_open: Studies", study_list.show),
}


def page() -> None:
    view = choose_section("What to look at", VIEWS, key="view", default="runs" if runs.any_yet() else "new")
    if view != "runs":
        address.write(run=None)
    VIEWS[view][1]()


page()
