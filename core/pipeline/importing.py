"""A study of embeddings made elsewhere: a table of items, a matrix per arm, and no training."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from core.common.errors import DataError, shown
from core.data.collection import Problem, notices_of, raise_errors
from core.data.columns import listed
from core.data.contents import copy_problems, range_problems
from core.data.images import FileImages
from core.data.row_keys import Rows
from core.data.table import Table, open_table, read_items
from core.data.vectors import Vectors, open_vectors
from core.diagnostics.notices import collapse_notice
from core.embedding.pixels import REFERENCE_SIDE
from core.pipeline.assembly import Assembly, Progress, Stages, image_root
from core.recipe.arms import ARM_NAME
from core.storage.layout import REFERENCE, ArmEntry, ArmKind
from core.storage.study import Study, evaluated
from core.storage.workspace import workspace

STARTS = {"read": 0.0, "analyse": 0.05, "maps": 0.6}
"""Share of the whole run that is done when a stage begins."""

SAMPLE = 32
"""Pictures read to find out whether they are grey."""


def parse_sources(texts: Iterable[str], *, option: str) -> dict[str, Path]:
    """`NAME=FILE` texts as name -> file. Raises DataError; option: what its message calls them."""
    sources: dict[str, Path] = {}
    for text in texts:
        name, equals, path = text.partition("=")
        if not equals or not name or not path:
            raise DataError(f'cannot read {option} "{shown(text)}"; write NAME=FILE, as in {option} standard=a.npy')
        if name in sources:
            raise DataError(f'{option}: the name "{shown(name)}" is given twice; give every matrix a name of its own')
        sources[name] = Path(path)
    return sources


def open_import(table: Path, *, images: Path | None, columns: Mapping[str, str] | None = None) -> Table:
    """The table of an import, before its rows are read; `images` need its paths. Raises DataError."""
    required = ("label",) if images is None else ("path", "label")
    return open_table(table, columns or {}, required=required)


def import_study(
    table: Path,
    embeddings: dict[str, Path],
    out: Path,
    *,
    reference: dict[str, Path] | None = None,
    images: Path | None = None,
    columns: Mapping[str, str] | None = None,
    title: str = "",
    seed: int = 0,
    progress: Progress | None = None,
) -> Study:
    """Make a study at `out`, which must not exist yet, of the items in a table and their vectors in matrices.

    embeddings: arm name -> .npy or .parquet, as `core.data.vectors` describes; rows are L2-normalised. reference: at
    most one matrix of the same items from before any training, under any name; without one, the raw pixels of
    `images`, the folder or zip that the table's paths lead to, if given. columns: known column -> its name in the
    table, where that is another. Without a split all items are evaluated.
    Raises UncollapseError; however it ends, no incomplete study is left at `out`.
    """
    out = out.absolute()
    reference = reference or {}
    _check_names(embeddings, reference)
    with workspace(out) as folder:
        stages = Stages(STARTS, progress)
        with stages.stage("read", "reading the items"):
            opened_table = open_import(table, images=images, columns=columns)
            items, pictures, doubts = _read_items(opened_table, images)
            rows = _rows(opened_table, items)
            if pictures is None and "name" not in items:
                items = items.rename(columns={"path": "name"})
            opened = {name: open_vectors(path, rows) for name, path in (embeddings | reference).items()}
            parts = Assembly(folder, items, seed=seed, stages=stages)
            for warning in notices_of([*copy_problems(items), *doubts]):
                parts.warn_of_items(warning)
            for name, vectors in opened.items():
                stages.reached(0, message=f"reading {name}")
                _add(parts, name, vectors, items, kind="reference" if name in reference else "imported")
            if pictures is not None and not reference:
                stages.reached(0.5, message="reading the pictures")
                side = int(np.clip(max(pictures.picture(0).size), 8, REFERENCE_SIDE))
                parts.add_pixels(pictures, side=side, channels=_channels(pictures))
        with stages.stage("analyse", "diagnosing every class"):
            parts.analyse()
        with stages.stage("maps", "drawing the maps"):
            parts.draw()
        parts.describe(title=title or out.name, image_root=image_root(pictures))
    return Study.load(out)


@dataclass(frozen=True)
class ImportCheck:
    """What an import would find."""

    items: pd.DataFrame
    """Empty where the table itself cannot be used."""
    faults: list[str] = field(default_factory=list)
    """What is wrong, a sentence for each file."""
    warnings: list[str] = field(default_factory=list)
    """What may have been meant otherwise."""
    said: str = ""
    """What was found out about the table."""


def check_import(
    table: Path,
    embeddings: dict[str, Path],
    *,
    reference: dict[str, Path],
    images: Path | None,
    columns: Mapping[str, str] | None = None,
) -> ImportCheck:
    """Read all that an import would, values included."""
    try:
        opened = open_import(table, images=images, columns=columns)
        items, _, _ = _read_items(opened, images)
    except DataError as error:
        return ImportCheck(pd.DataFrame(), [str(error)])
    check = ImportCheck(items, [], [warning.sentence for warning in opened.problems], opened.said)
    try:
        _check_names(embeddings, reference)
    except DataError as error:
        check.faults.append(str(error))
    rows = _rows(opened, items)
    for path in (embeddings | reference).values():
        try:
            vectors = open_vectors(path, rows)
            for _ in vectors.unit_blocks():
                pass
        except DataError as error:
            check.faults.append(str(error))
        else:
            check.warnings.extend(notice.message for notice in vectors.notices())
    return check


def _check_names(embeddings: dict[str, Path], reference: dict[str, Path]) -> None:
    if not embeddings:
        raise DataError("there are no embeddings; give at least one arm: --embeddings standard=a.npy")
    if len(reference) > 1:
        raise DataError(f"there are {len(reference)} references ({listed(list(reference))}); give one")
    for name in [*embeddings, *reference]:
        if not re.fullmatch(ARM_NAME, name):
            raise DataError(f'the name "{shown(name)}" must be lower-case letters, digits and dashes, at most 40')
    if REFERENCE in embeddings:
        raise DataError(f'an arm cannot be called "{REFERENCE}": that is the reference; give it another name')
    if both := [name for name in embeddings if name in reference]:
        raise DataError(f'"{both[0]}" is an arm and the reference; give them different names')


def _rows(table: Table, items: pd.DataFrame) -> Rows:
    """What the vectors of a table's items can be matched with."""
    keys = {"id": "name", "path": "path", "label": "label"}
    found = {key: items[name] for key, name in keys.items() if name in items}
    own = {column: table.text.names[place] for column, place in table.places.items()}
    return Rows(table.path, len(items), found, own, table.column)


def _read_items(table: Table, images: Path | None) -> tuple[pd.DataFrame, FileImages | None, list[Problem]]:
    """The items, their pictures, and what is doubtful about these."""
    items, pictures = read_items(table, images=images)
    doubts: list[Problem] = []
    if pictures is not None:
        looks, faults = pictures.examine(thorough=False)
        raise_errors(
            [Problem(pictures.paths[row], "error", f.problem, f.remedy) for row, f in faults.items()],
            origin=str(images),
        )
        items["digest"] = [look.digest for look in looks]
        doubts = range_problems(looks)
    if len(items) < 2:
        raise DataError(f"{shown(table.path)} lists a single item, which has no neighbours; list at least two")
    items.insert(0, "id", np.arange(len(items), dtype=np.int64))
    return items, pictures, doubts


def _add(parts: Assembly, name: str, vectors: Vectors, items: pd.DataFrame, *, kind: ArmKind) -> None:
    points = parts.add_blocks(
        ArmEntry(name, kind, has_network=False), vectors.unit_blocks(), shape=vectors.values.shape
    )
    parts.add_lengths(name, vectors.lengths())
    for doubt in vectors.notices():
        parts.warn(name, doubt)
    rows = evaluated(items)
    notice = collapse_notice(points if rows.all() else points[rows], items["label"][rows])
    if notice is not None:
        parts.warn(name, notice)


def _channels(pictures: FileImages) -> int:
    """1 where the first pictures are all grey, else 3."""
    modes = {pictures.picture(row).mode for row in range(min(SAMPLE, len(pictures)))}
    return 1 if modes == {"L"} else 3
