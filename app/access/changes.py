"""All that changes anything on the server: the app's other rooms call these, so that no visitor who may only look gets
past them, whatever a page shows. Each raises AccessError for such a visitor, and what its original in `core` does."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from app.access import visitor
from core import jobs
from core.access import uploads
from core.jobs.job import Job
from core.storage import catalogue
from core.storage.kept import KeptSelections

P = ParamSpec("P")
R = TypeVar("R")


def _for_editors(action: Callable[P, R]) -> Callable[P, R]:
    @wraps(action)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        visitor.require_change()
        return action(*args, **kwargs)

    return checked


start = _for_editors(jobs.start)
start_once = _for_editors(jobs.start_once)
start_import = _for_editors(jobs.start_import)
resume = _for_editors(jobs.resume)
cancel = _for_editors(Job.cancel)
go_now = _for_editors(Job.go_now)
keep_selection = _for_editors(KeptSelections.keep_selection)
remove_selection = _for_editors(KeptSelections.remove_selection)
undo_selection = _for_editors(KeptSelections.undo_selection)
delete_run = _for_editors(jobs.delete)
delete_study = _for_editors(catalogue.delete_study)
upload_folder = _for_editors(uploads.upload_folder)
save_upload = _for_editors(uploads.save_upload)
