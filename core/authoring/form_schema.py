"""What a form must know of the recipe, read from its dataclasses: there is no second list of options anywhere."""

import contextlib
import functools
import json
import tomllib
import types
from collections.abc import Sequence
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic_core import PydanticUndefined

from core.access.allowed_paths import check_path, paths_of
from core.common.errors import DataError, RecipeError, shown
from core.common.notices import Notice
from core.common.places import REPO
from core.recipe.arms import ArmConfig
from core.recipe.constraints import Range
from core.recipe.data import SYNTHETIC
from core.recipe.recipe import Recipe
from core.recipe.rules import (
    DEFAULT_BETA_RULE,
    DEFAULT_MARGINS,
    DEFAULT_NEGATIVES,
    DEFAULT_SPREADS,
    DEFAULT_TEMPERATURES,
    OPTIONS,
)


@dataclass(frozen=True)
class Key:
    """One key of a recipe."""

    path: str
    """As in "train.epochs"; for an arm's keys the name alone."""
    kind: Literal["choice", "flag", "integer", "number", "text", "toml"]
    """toml: a list or table, which a form asks for as it is written in a recipe."""
    help: str
    """Its docstring."""
    default: Any
    """None where a value must be given, or where None itself is the default."""
    optional: bool
    """Whether it may be left out."""
    choices: tuple[Any, ...] = ()
    bounds: Range | None = None
    """Of a number, where it has any."""

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition(".")[2]

    @property
    def required(self) -> bool:
        """Whether a recipe must have it."""
        return self.default is None and not self.optional

    @property
    def explanation(self) -> str:
        """Path, help and range, in Markdown."""
        return f"`{self.path}` {self.help}" + (f" Range: {self.bounds}." if self.bounds else "")


@functools.cache
def recipe_keys() -> tuple[Key, ...]:
    """All keys of a recipe but the arms', in the order of the dataclasses."""
    return tuple(key for key in _keys(Recipe, prefix="") if key.path != "arms")


@functools.cache
def arm_keys() -> tuple[Key, ...]:
    """The keys of an arm."""
    return tuple(_keys(ArmConfig, prefix=""))


def all_keys() -> tuple[Key, ...]:
    """Every key that a recipe's file may have, those of an arm as "arms.NAME.positives"."""
    return (*recipe_keys(), *_keys(ArmConfig, prefix="arms.NAME."))


def assemble(values: dict[str, Any], arms: Sequence[tuple[str, dict[str, Any]]]) -> Recipe:
    """A recipe from its values by path and its arms by name; None = the default. Raises RecipeError, one sentence.

    Options of losses that no arm is trained with are left out, and of synthetic data where there are none. Lists and
    tables may be text as in TOML.
    """
    names = [name for name, _ in arms]
    for name in names:
        if names.count(name) > 1:
            raise RecipeError.of(
                [Notice("two-arms-of-a-name", "error", f'two arms are called "{name}"', f"arms.{name}")]
            )
    used = losses(values, [arm for _, arm in arms])
    nested: dict[str, Any] = {"arms": {name: _given(arm) for name, arm in arms}}
    kinds = {key.path: key.kind for key in recipe_keys()}
    for path, value in _given(values).items():
        *tables, name = path.split(".")
        if not serves(path, used) or (tables[1:] == ["synthetic"] and values["data.source"] not in SYNTHETIC):
            continue
        table = nested
        for part in tables:
            table = table.setdefault(part, {})
        if kinds.get(path) != "toml":
            table[name] = value
        elif (read := _read(value, path)) is not None:
            table[name] = read
    return Recipe.from_dict(nested)


def value_at(recipe: dict[str, Any], path: str) -> Any:
    """A value of a recipe's nested dict by its path, lists and tables as text; None where it is left out."""
    value: Any = recipe
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return _written(value) if isinstance(value, dict | list | tuple) else value


def _written(value: Any) -> str:
    """As TOML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {_written(entry)}" for key, entry in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)


def _read(value: Any, path: str) -> Any:
    """The list or table that a text means; None for an empty one. Raises RecipeError where it is no TOML."""
    if not isinstance(value, str):
        return value
    try:
        return tomllib.loads(f"value = {value}")["value"] if value.strip() else None
    except ValueError:
        problem = f"{path}: write it as in TOML, and not {value!r:.80}"
        raise RecipeError.of([Notice("no-toml", "error", problem, path)]) from None


def losses(values: dict[str, Any], arms: Sequence[dict[str, Any]]) -> set[str]:
    """The losses that arms are trained with; values by path."""
    return {arm.get("loss") or values["train.loss"] for arm in arms if not arm.get("checkpoint")}


def serves(path: str, used: set[str]) -> bool:
    """Whether a key means something for one of these losses."""
    table, _, name = path.rpartition(".")
    return table != "train" or name not in OPTIONS or not used or bool(OPTIONS[name] & used)


def usual(path: str, values: dict[str, Any]) -> str:
    """What the default of an optional key means, as a short text; values by path."""
    loss, rate = values["train.loss"], f"{values['train.lr']:g}"
    return {
        "data.max_items": "all",
        "model.backbone_lr": rate,
        "train.margin": f"{DEFAULT_MARGINS[loss]:g}" if loss in DEFAULT_MARGINS else "the paper's",
        "train.learn_beta": DEFAULT_BETA_RULE,
        "train.temperature": f"{DEFAULT_TEMPERATURES[loss]:g}" if loss in DEFAULT_TEMPERATURES else "the loss's own",
        "train.spread": f"{DEFAULT_SPREADS[loss]:g}" if loss in DEFAULT_SPREADS else "the loss's own",
        "train.loss_lr": rate,
        "train.negatives": DEFAULT_NEGATIVES.get(loss, "none"),
        "train.snapshots": "every epoch",
        "loss": loss,
        "positives": "none",
    }.get(path, "default")


def missing_paths(recipe: Recipe) -> list[Notice]:
    """What the recipe reads from the disk and is not there, or not allowed: an error for each key."""
    found = []
    for key, path in paths_of(recipe).items():
        try:
            check_path(path)
        except DataError as error:
            found.append(Notice("path-not-allowed", "error", f"{key}: {error}", key))
            continue
        if not _exists(REPO / path):
            problem = f'{key}: there is nothing at "{shown(path)}" on the machine that runs the app'
            found.append(Notice("path-missing", "error", problem, key))
    return found


def _exists(path: Path) -> bool:
    with contextlib.suppress(OSError, ValueError):
        return path.exists()
    return False


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _fields(kind: Any) -> dict[str, Any]:
    return kind.__pydantic_fields__


def _keys(kind: Any, *, prefix: str) -> list[Key]:
    found = []
    for name, entry in _fields(kind).items():
        annotation, _ = _without_none(entry.annotation)
        inner = is_dataclass(annotation)
        found += _keys(annotation, prefix=f"{prefix}{name}.") if inner else [_key(f"{prefix}{name}", entry)]
    return found


def _key(path: str, entry: Any) -> Key:
    annotation, optional = _without_none(entry.annotation)
    notes = entry.metadata
    if get_origin(annotation) is Annotated:
        annotation, *notes = get_args(annotation)
    bounds = next((note for note in notes if isinstance(note, Range)), None)
    choices = get_args(annotation) if get_origin(annotation) is Literal else ()
    kinds = {bool: "flag", int: "integer", float: "number", str: "text"}
    kind: Any = "choice" if choices else kinds.get(annotation, "toml")
    default = None if entry.default is PydanticUndefined else entry.default
    if kind == "toml":
        default, optional = _written(default) if default else "", False
    return Key(path, kind, " ".join((entry.description or "").split()), default, optional, choices, bounds)


def _without_none(annotation: Any) -> tuple[Any, bool]:
    if get_origin(annotation) not in {Union, types.UnionType}:
        return annotation, False
    rest = [part for part in get_args(annotation) if part is not type(None)]
    return rest[0], len(rest) < len(get_args(annotation))
