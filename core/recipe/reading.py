"""Recipes from TOML and plain values: shipped ones by name, overrides, and what is wrong with one in a sentence."""

import os
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from core.common.errors import RecipeError, shown
from core.common.notices import Notice
from core.recipe import constraints

Config = TypeVar("Config")

MAX_BYTES = 4 * 2**20
"""Of a file that says what to make."""

NOT_TOML = (ValueError, RecursionError)  # the second for brackets in brackets in brackets


def checked(kind: type[Config], values: dict[str, Any], *, table: str = "") -> Config:
    """A recipe, or one of its tables, from nested plain values; RecipeError names every wrong key.

    table: the name of a table that is checked alone, as "data"; keys are named with it.
    """
    try:
        return TypeAdapter(kind).validate_python(values)
    except ValidationError as error:
        raise RecipeError.of(problems(error, table=table)) from None


def recipe_names() -> list[str]:
    """The recipes that ship with the package."""
    return sorted(f.name.removesuffix(".toml") for f in _shipped().iterdir() if f.name.endswith(".toml"))


def _shipped() -> Any:
    return resources.files("core.recipe") / "recipes"


def read_source(source: str | Path) -> str:
    """The text of a recipe file, or of a shipped recipe by its name. Raises RecipeError."""
    path = Path(source)
    if path.suffix != ".toml" and (name := str(source)) in recipe_names():
        return (_shipped() / f"{name}.toml").read_text(encoding="utf-8")
    try:
        return read_small(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        known = ", ".join(recipe_names())
        raise RecipeError(
            f"cannot read the recipe {shown(source)} ({reason}); give a .toml file or one of: {known}"
        ) from None


def read_small(path: Path) -> str:
    """The text of a regular file of at most MAX_BYTES. Raises OSError, and ValueError for anything else."""
    if os.path.exists(path) and not os.path.isfile(path):  # a pipe or a device, which might never end
        raise ValueError("it is no regular file")
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError(f"it is larger than {MAX_BYTES >> 20} MiB")
    try:
        return data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None


def apply_override(values: dict[str, Any], override: str) -> None:
    """Put the value of a string such as `train.epochs=5`, in TOML or a bare word, into nested values."""
    key, equals, raw = override.partition("=")
    if not equals or not key.strip():
        raise RecipeError(f'cannot read the override "{shown(override)}"; write it as train.epochs=5')
    try:
        value = tomllib.loads(f"value = {raw}")["value"]
    except NOT_TOML:
        value = raw
    *parents, last = key.strip().split(".")
    table = values
    for parent in parents:
        table = table.setdefault(parent, {})
        if not isinstance(table, dict):
            raise RecipeError(f'cannot apply the override "{shown(override)}": {shown(parent)} is not a table')
    table[last] = value


def problems(error: ValidationError, *, table: str = "") -> list[Notice]:
    """Every fault with its key, whose path begins with the table's."""
    found = []
    for fault in error.errors():
        path = [table, *fault["loc"]] if table else fault["loc"]
        key, code = ".".join(map(str, path)), fault["type"].replace("_", "-")
        match fault["type"]:
            case "unexpected_keyword_argument":
                text = f"unknown key {shown(key)}"
            case "missing" | "missing_argument":
                text = f"missing key {shown(key)}"
            case "value_error":
                rule = fault["ctx"]["error"]
                text, key, code = str(rule), getattr(rule, "key", key), "broken-rule"
            case constraints.BROKEN_RULE:
                text = f"{shown(key)} {fault['msg']}"
            case _:
                text = f"{shown(key)}: {fault['msg'][0].lower()}{fault['msg'][1:]}, not {fault['input']!r:.80}"
        found.append(Notice(code, "error", text, key))
    return found
