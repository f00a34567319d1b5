"""Which column of a table is which: by its name, by a given mapping, and never by a guess."""

import difflib
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from core.common.errors import DataError, shown

COLUMNS = ("id", "path", "label", "sublabel", "split", "is_query", "is_gallery")

# Other names for columns, without case, spaces and underscores; in a question to the user, never taken for granted.
_ALIASES = {
    "id": {"itemid", "imageid", "uid", "uuid", "key"},
    "path": {"image", "images", "img", "file", "filename", "filepath", "imagepath", "imgpath", "imagefile", "picture"},
    "label": {"class", "classname", "classid", "category", "target", "y", "species", "groundtruth"},
    "sublabel": {"mode", "subclass", "subcategory", "style"},
    "split": {"subset", "fold", "partition", "phase"},
    "is_query": {"query"},
    "is_gallery": {"gallery"},
}


def parse_columns(texts: Iterable[str]) -> dict[str, str]:
    """`COLUMN=NAME` texts as known column -> its name in the table. Raises DataError."""
    columns: dict[str, str] = {}
    for text in texts:
        column, _, name = (part.strip() for part in text.partition("="))
        if not column or not name:
            raise DataError(f'cannot read --columns "{shown(text)}"; write COLUMN=NAME, as in --columns label=Class')
        if column in columns:
            raise DataError(f'--columns: "{shown(column)}" is given twice; give it once')
        columns[column] = name
    return columns


def choose_columns(
    path: Path, names: Sequence[str], mapping: Mapping[str, str], *, required: Sequence[str]
) -> dict[str, int]:
    """Known column -> its place among the names of a table.

    mapping: known column -> its name in this table, where that is another. Raises DataError, in the table's own names,
    where a column is missing or there twice, or the mapping does not fit.
    """
    _check_mapping(path, names, mapping)
    chosen: dict[str, int] = {}
    for column in COLUMNS:
        wanted = mapping.get(column, column)
        if column not in mapping and column in mapping.values():
            continue  # it has been given another meaning
        if names.count(wanted) > 1:
            raise DataError(f'{shown(path)} has {names.count(wanted)} columns called "{shown(wanted)}"; keep one')
        if wanted in names:
            chosen[column] = names.index(wanted)
    if missing := [column for column in required if column not in chosen]:
        raise DataError(_missing(path, names, missing))
    if ("is_query" in chosen) != ("is_gallery" in chosen):
        raise DataError(f"{shown(path)} has only one of the columns is_query and is_gallery; add the other")
    return chosen


def overlooked(names: Sequence[str], chosen: Mapping[str, int]) -> dict[str, str]:
    """Known column -> a name that is likely meant for it, but was not read."""
    unread = [name for place, name in enumerate(names) if place not in chosen.values()]
    found = {column: _misspelt(column, unread) for column in COLUMNS if column not in chosen}
    return {column: name for column, name in found.items() if name}


def known_names(names: Sequence[str], mapping: Mapping[str, str]) -> int:
    """How well a header is understood: exact names count more than likely ones."""
    exact = sum(name in COLUMNS or name in mapping.values() for name in names)
    return 100 * exact + sum(_likely(column, names) is not None for column in COLUMNS)


def option(column: str, name: str) -> str:
    """The option of the command line that gives a column its name in the table."""
    return f"--columns {column}={shlex.quote(shown(name, limit=30))}"


def simple(name: str) -> str:
    """A name without case, spaces, dashes and underscores."""
    return re.sub(r"[\W_]+", "", name.casefold())


def listed(names: Sequence[str], *, room: int = 80) -> str:
    """As many names as there is room for."""
    said: list[str] = []
    for name in names:
        short = shown(name, limit=30) or '""'
        if said and sum(map(len, said)) + len(short) > room:
            return ", ".join(said) + f", and {len(names) - len(said):,} more"
        said.append(short)
    return ", ".join(said) or "none"


def _check_mapping(path: Path, names: Sequence[str], mapping: Mapping[str, str]) -> None:
    for column, name in mapping.items():
        if column not in COLUMNS:
            known = ", ".join(COLUMNS)
            raise DataError(f'there is no column "{shown(column, limit=40)}" to be given a name; choose from: {known}')
        if name not in names:
            raise DataError(f'{shown(path)} lacks the column "{shown(name, limit=40)}" (its columns: {listed(names)})')
        if list(mapping.values()).count(name) > 1:
            raise DataError(f'the column "{shown(name, limit=40)}" is given two meanings; give it one')


def _missing(path: Path, names: Sequence[str], missing: Sequence[str]) -> str:
    what = f"{shown(path)} lacks the column {' and the column '.join(missing)} (its columns: {listed(names)})"
    likely = {column: name for column in missing if (name := _likely(column, names))}
    if not likely:
        return f"{what}; add it, or name yours: --columns {missing[0]}=NAME"
    return f"{what}; is it this: " + " ".join(map(option, likely, likely.values()))


def _likely(column: str, names: Sequence[str]) -> str | None:
    """The name that may mean a known column."""
    aliases = [name for name in names if simple(name) in _ALIASES[column]]
    return _misspelt(column, names) or next(iter(aliases), None)


def _misspelt(column: str, names: Sequence[str]) -> str | None:
    """The name that differs from a known column's in case, signs, or a letter."""
    same = {simple(name): name for name in reversed(names) if name not in COLUMNS}
    close = difflib.get_close_matches(simple(column), same, n=1, cutoff=0.8 if len(column) > 3 else 0.99)
    return same[close[0]] if close else None
