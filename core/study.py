"""The public name of a study on disk, for other programs: `from core.study import Study`."""

from core.storage.study import Arm, Study

__all__ = ["Arm", "Study"]
