"""The format of a study: its files and folders, what study.json says, and how the versions before this one are read.

Whatever writes or reads a part of a study takes its name from here. An arm with a network also has the files that
`models.checkpoint` names.
"""

import os
import re
from dataclasses import asdict, field
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field, TypeAdapter
from pydantic.dataclasses import dataclass
from typing_extensions import TypedDict  # pydantic takes no other before Python 3.12

from core.common.errors import StudyError, shown
from core.common.notices import Notice
from core.common.strict_json import read_json, to_json
from core.recipe.arms import ARM_NAME
from core.recipe.recipe import Recipe
from core.recipe.rules import PositiveRule
from core.storage.arrays import map_array
from core.storage.table_format import TableFormat, columns

SCHEMA = 2
"""2: an arm says whether it has a network, and its warnings are notices; 1: warnings are sentences."""

DESCRIPTION = "study.json"
"""Written last."""
RECIPE = "recipe.toml"
"""Of a study that was trained."""
IMAGES = "images.npy"
"""Pictures of array data sets, uint8; others stay where they are."""

ITEMS = "items.parquet"
MAP = "map.parquet"
SUBCLUSTERS = "subclusters.parquet"
DIAGNOSTICS = "diagnostics.parquet"
QUERIES = "queries.parquet"
_COUNTS = (
    *("distinct", "subclusters_low", "subclusters_high", "second_opinion", "foreign_groups", "sublabel_modes"),
    *("survival_modes", "expected_modes", "modes_apart", "reference_subclusters"),
)
_LISTS = ("reading_groups", "reading_p_values", "reading_evidence", "foreign_hosts", "merged_modes")
TABLES = {
    ITEMS: TableFormat(
        columns("whole", "id") | columns("text", "label"),
        full=columns("text", "sublabel", "split", "path", "clean_label", "name")
        | columns("flag", "is_query", "is_gallery"),
    ),
    MAP: TableFormat(columns("text", "arm") | columns("whole", "id") | columns("number", "x", "y")),
    SUBCLUSTERS: TableFormat(
        columns("text", "arm") | columns("whole", "id", "subcluster"), full=columns("list", "readings")
    ),
    DIAGNOSTICS: TableFormat(
        columns("text", "arm", "label", "verdict") | columns("whole", "n", "subclusters"),
        measured=columns("number", "kappa"),
        partial=columns("text", "nearest_class", "overlapping_class")
        | columns("whole", *_COUNTS)
        | columns("list", *_LISTS)
        | columns("flag", "length_groups"),
        others="number",
    ),
    QUERIES: TableFormat(columns("text", "arm") | columns("whole", "id"), others="number"),
}
"""Every study has them."""

LEFT_OUT = "left_out.parquet"
"""Pictures and rows that could not be used, where there were any and the recipe said to leave them out."""
LEFT_OUT_TABLE = TableFormat(columns("text", "where", "problem", "remedy"))

ARMS = "arms"
"""The folder of the arms' own folders."""
EMBEDDINGS = "embeddings.npy"
"""Every item's unit vector, float32."""
GRAPH_ROWS, GRAPH_DISTANCES = "neighbours.npy", "distances.npy"
"""Every evaluated item's neighbours, as `KnnGraph` describes."""
HISTORY = "history.parquet"
"""A row per epoch; of arms that were trained here."""
HISTORIES = TableFormat(columns("whole", "epoch"), others="number")
LOSS_PARAMETERS = "loss.safetensors"
"""Of arms whose loss learns."""
TRAINING_STATE = "training.pt"
"""What an interrupted arm resumes from; deleted when the study is complete."""
SNAPSHOTS = "snapshots"
"""The folder of the epochs' embeddings, float16."""
_SNAPSHOT = re.compile(r"(\d{5})\.npy")

REFERENCE = "pixels"
"""The name of the reference that is made of raw pixels."""

NoiseItems = Literal["training", "held-out", "all"]
"""Whose labels an estimate of label noise is about."""

ArmKind = Literal["trained", "loaded", "imported", "reference"]
"""trained: here. loaded: its network was trained elsewhere. imported: its vectors were computed elsewhere. reference: a
space from before any training."""

_CODES = {"total collapse": "total-collapse", "no tuples": "no-tuples"}
"""How warnings of schema 1 begin, and the codes of such notices."""


@dataclass(frozen=True)
class PixelSpace:
    """How pictures become vectors of raw pixels: as squares of `side` pixels, grey (1 channel) or colour (3)."""

    side: Annotated[int, Field(ge=1)]
    channels: Literal[1, 3]


@dataclass(frozen=True)
class ArmEntry:
    """What study.json says of an arm or a reference."""

    name: Annotated[str, Field(pattern=f"^{ARM_NAME}$")]  # names a folder, so it must not lead elsewhere
    kind: ArmKind
    has_network: bool
    """Whether the arm's network is stored with it, so that it can embed new pictures."""
    positives: PositiveRule | None = None
    """The positive sampling rule, for an arm that was trained by one."""
    warnings: tuple[Notice, ...] = ()
    """What went wrong, such as total collapse."""
    metrics: dict[str, float | None] = field(default_factory=dict)
    """Figures of `core.diagnostics.retrieval_metrics` over the evaluated items."""
    pixels: PixelSpace | None = None
    """For a reference made of raw pixels."""


@dataclass(frozen=True)
class NoiseEntry:
    """What study.json says of wrong labels, as `core.diagnostics.label_noise` estimates them."""

    space: str
    """The arm or reference whose neighbours were asked."""
    items: NoiseItems
    noise: float | None
    """Share of wrong labels, 0 to 1; None where only a limit is known."""
    low: float
    high: float
    """Its 95 % interval."""


class Description(TypedDict):
    """What `Study` reads of study.json; the rest is for people."""

    created: str
    recipe: NotRequired[dict[str, Any]]
    title: NotRequired[str]
    arms: list[ArmEntry]
    timings: dict[str, float]
    image_root: str | None
    warnings: NotRequired[list[Notice]]
    """What is doubtful about the items; not in studies from before it was looked for."""
    label_noise: NotRequired[NoiseEntry]
    """Not in studies from before it was estimated."""


_DESCRIPTIONS = TypeAdapter(Description)


def arm_folder(study: Path, name: str) -> Path:
    """Where an arm or a reference lies in the folder of a study, or of a run under way."""
    return study / ARMS / name


def snapshot_name(epoch: int) -> str:
    """The file of an epoch's snapshot."""
    return f"{epoch:05d}.npy"


def snapshot_epoch(name: str) -> int | None:
    """The epoch of a snapshot's file; None for any other file."""
    match = _SNAPSHOT.fullmatch(name)
    return None if match is None else int(match[1])


def refuse_special_files(study: Path) -> None:
    """Raises ValueError where a part of a study is a pipe or a device, which might never end when read, or a dead link.

    Links to files and folders elsewhere are parts like any other.
    """
    folders = [study, *(arm for arm in study.glob(f"{ARMS}/*") if arm.is_dir())]
    folders += [folder / SNAPSHOTS for folder in folders if (folder / SNAPSHOTS).is_dir()]
    for folder in folders:
        for entry in os.scandir(folder):
            if not entry.is_file() and not entry.is_dir():
                raise ValueError(f"{shown(Path(entry.path).relative_to(study))} is not a file")


def write_description(study: Path, facts: dict[str, Any]) -> None:
    """study.json with its version; facts: the keys of `Description`, and what else people may want to know.

    Not atomic by itself: the study's folder is renamed when it is complete.
    """
    entries = [asdict(entry) for entry in facts["arms"]]
    noise = {"label_noise": asdict(facts["label_noise"])} if "label_noise" in facts else {}
    warnings = [asdict(warning) for warning in facts.get("warnings", [])]
    text = to_json({"schema": SCHEMA, **facts, "arms": entries, "warnings": warnings, **noise}, indent=1)
    (study / DESCRIPTION).write_text(text, encoding="utf-8")


def read_description(study: Path) -> Description:
    """study.json of this version or an earlier one.

    Raises StudyError for a later version, and OSError, ValueError, KeyError, TypeError, RecursionError or RecipeError
    where it is damaged.
    """
    facts = read_json(study / DESCRIPTION)
    schema = facts["schema"]
    if not isinstance(schema, int) or schema < 1:
        raise ValueError(f"schema is {schema!r}")
    if schema > SCHEMA:
        raise StudyError(f"{study} has schema {schema}, and this version reads those up to {SCHEMA}: update Uncollapse")
    if schema == 1:
        facts = _from_first(facts, study)
    found = _DESCRIPTIONS.validate_python(facts)
    if len({entry.name for entry in found["arms"]}) < len(found["arms"]):
        raise ValueError("two arms have the same name")
    if all(entry.kind == "reference" for entry in found["arms"]):
        raise ValueError("there is no arm")
    return found


def _from_first(facts: dict[str, Any], study: Path) -> dict[str, Any]:
    """Schema 1 as schema 2. What is damaged is left so, and found when the result is validated."""
    recipe = facts.get("recipe")
    arms = facts["arms"]
    if not isinstance(arms, list) or not all(isinstance(entry, dict) for entry in arms):
        return facts
    return facts | {"arms": [_entry_from_first(entry, recipe, study) for entry in arms]}


def _entry_from_first(entry: dict[str, Any], recipe: Any, study: Path) -> dict[str, Any]:
    """In schema 1 loaded arms counted as trained, warnings were sentences, and the oldest had no entry `pixels`."""
    entry = entry | {"has_network": entry["kind"] == "trained"}
    warnings = entry["warnings"]
    if isinstance(warnings, list) and all(isinstance(text, str) for text in warnings):
        entry["warnings"] = [_notice(text) for text in warnings]
    if recipe is None:
        return entry
    made_by = Recipe.from_dict(recipe)
    if entry["kind"] == "trained" and entry["name"] not in made_by.trained:
        entry["kind"] = "loaded"
    if entry["name"] == REFERENCE and entry["kind"] == "reference" and "pixels" not in entry:
        channels = made_by.data.channels
        d = map_array(arm_folder(study, REFERENCE) / EMBEDDINGS).shape[-1]
        entry["pixels"] = {"side": round((d / channels) ** 0.5), "channels": channels}
    return entry


def _notice(text: str) -> Notice:
    return Notice(_CODES.get(text.partition(":")[0], "note"), "warning", text)
