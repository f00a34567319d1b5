"""What a page shows: one study and two of its arms."""

from dataclasses import dataclass

from app.components.export import Exports
from core.storage.catalogue import fingerprint, studies_root
from core.storage.study import Study


@dataclass(frozen=True)
class View:
    """The study on screen and its two arms."""

    id: str
    study: Study
    stamp: int
    """`stamp_of` the study when it was read."""
    left: str
    right: str
    exports: Exports
    """The page's Export popover."""

    @property
    def arms(self) -> tuple[str, str]:
        return self.left, self.right

    @property
    def shown(self) -> tuple[str, ...]:
        """The arms to look at: one where both are the same."""
        return tuple(dict.fromkeys(self.arms))

    @property
    def is_single(self) -> bool:
        """Whether there is one arm to look at instead of two."""
        return self.left == self.right

    @property
    def is_stale(self) -> bool:
        """Whether the study has changed on disk since it was read."""
        return stamp_of(self.id) != self.stamp


def stamp_of(id: str) -> int:
    """A number that changes when any file of a study changes, so that no outdated or damaged one is read."""
    return fingerprint(studies_root() / id)
