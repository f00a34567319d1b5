"""The kinds of inputs: the makers of each, one after the other."""

from tests.hostile.case import Maker
from tests.hostile.kinds import (
    archives,
    arguments,
    checkpoints,
    disks,
    folders,
    matrices,
    pictures,
    recipes,
    studies,
    tables,
)

KINDS: dict[str, tuple[Maker, ...]] = {
    "tables": tables.MAKERS,
    "matrices": matrices.MAKERS,
    "pictures": pictures.MAKERS,
    "folders": folders.MAKERS,
    "archives": archives.MAKERS,
    "recipes": recipes.MAKERS,
    "checkpoints": checkpoints.MAKERS,
    "studies": studies.MAKERS,
    "arguments": arguments.MAKERS,
    "disks": disks.MAKERS,
}
