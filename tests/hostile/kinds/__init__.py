"""The kinds of inputs: the makers of each, one after the other."""

from tests.hostile.case import Maker
from tests.hostile.kinds import (
    archives,
    arguments,
    checkpoints,
    disks,
    folders,
    matrices,
    matrices_parquet,
    pictures,
    recipes,
    studies,
    study_contents,
    tables,
    tables_parquet,
)

KINDS: dict[str, tuple[Maker, ...]] = {
    "tables": tables.MAKERS + tables_parquet.MAKERS,
    "matrices": matrices.MAKERS + matrices_parquet.MAKERS,
    "pictures": pictures.MAKERS,
    "folders": folders.MAKERS,
    "archives": archives.MAKERS,
    "recipes": recipes.MAKERS,
    "checkpoints": checkpoints.MAKERS,
    "studies": studies.MAKERS + study_contents.MAKERS,
    "arguments": arguments.MAKERS,
    "disks": disks.MAKERS,
}
