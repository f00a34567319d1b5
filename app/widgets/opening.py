"""How every page begins: with the first run where there is no study yet, else with the pickers."""

from app.state import navigation
from app.widgets import first_run


def open_view() -> navigation.View | None:
    """The study and arms to show; None where the page is already filled with what there is to say instead."""
    summaries = navigation.studies()
    if not summaries:
        first_run.show()
        return None
    return navigation.choose_view(summaries)
