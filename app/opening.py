"""How every page begins: with the first run where there is no study yet, else with the pickers."""

from app import first_run, state


def open_view() -> state.View | None:
    """The study and arms to show; None where the page is already filled with what there is to say instead."""
    summaries = state.studies()
    if not summaries:
        first_run.show()
        return None
    return state.choose_view(summaries)
