"""Text tables (.csv): their encoding and separator are found out, and every row must have the header's fields."""

import codecs
import csv
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from core.common.errors import shown
from core.data.files import regular_size

MAX_BYTES = 8 << 30
MAX_LINE = 1 << 20
"""Characters: a file without line ends would fill the memory."""
MAX_CELL = 4096
"""Characters in a cell that is read: the longest path; of longer texts for people, the beginning."""
BLOCK = 1 << 20

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
BOMS = {
    codecs.BOM_UTF8: ("utf-8-sig", "UTF-8"),
    codecs.BOM_UTF32_LE: ("utf-32", "UTF-32"),  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: ("utf-32", "UTF-32"),
    codecs.BOM_UTF16_LE: ("utf-16", "UTF-16"),
    codecs.BOM_UTF16_BE: ("utf-16", "UTF-16"),
}

# What text in Western European languages has beyond ASCII. Other encodings decode to other signs, or to long runs.
_FOREIGN = re.compile("[^\x00-\x7fÀ-ÖØ-öø-ÿŠšŽžŒœŸ’‘“”„–—…€£°§«»²³®©™·¿¡ºª½¼¾´\xa0]|[^\x00-\x7f]{3,}")
_BEYOND_ASCII = re.compile("[^\x00-\x7f]")


@dataclass(frozen=True)
class DelimitedText:
    """A text table whose dialect and header are known, and whose rows are not read yet."""

    path: Path
    encoding: str
    """As Python calls it."""
    delimiter: str
    names: list[str]
    """The header without surrounding whitespace, and without empty names at its end."""
    header_row: int
    """Rows before the first one of items."""
    said: str
    """What was found out, for people."""
    doubt: str = ""
    """What may have been read wrongly."""

    def readable(self, place: int) -> bool:
        """Whether a column can be read as text for people: all of a text table can."""
        return place < len(self.names)

    def read(self, places: Collection[int], *, max_rows: int, for_people: bool = False) -> pd.DataFrame:
        """The columns at some places, as text, under these numbers. Raises ValueError, or OSError.

        for_people: long cells are shortened, not refused.
        """
        columns: dict[int, list[str]] = {place: [] for place in places}
        for number, row in enumerate(self._rows(), start=1):
            if number > max_rows:
                raise ValueError(f"it has more than {max_rows:,} rows")
            for place, column in columns.items():
                if len(row[place]) > MAX_CELL and not for_people:
                    name = shown(self.names[place], limit=40)
                    raise ValueError(f"row {number} has more than {MAX_CELL:,} characters in the column {name}")
                column.append(row[place][:MAX_CELL])
        return pd.DataFrame(columns, dtype=str)

    def _rows(self) -> Iterator[list[str]]:
        """The rows below the header, all of the same number of fields; blank lines are no rows."""
        width, number, blank = 0, 0, 0
        rows = _records(self.path, self.encoding, self.delimiter)
        for _ in range(self.header_row):
            next(rows)
        for line, row in rows:
            if not row or (len(self.names) > 1 and not "".join(row).strip() and len(row) == 1):
                blank += 1
                continue
            if len(self.names) == 1 and blank:  # between items, an empty line of a single column is an empty cell
                yield from [[""]] * blank
            number, blank = number + (blank if len(self.names) == 1 else 0) + 1, 0
            width = width or self._width(row)
            if len(row) != width or any(row[len(self.names) :]):
                raise ValueError(self._ragged(number, line, len(row)))
            yield row

    def _width(self, first: list[str]) -> int:
        """Fields of every row: as many as the header has, or more if the first row's last ones are empty."""
        surplus = first[len(self.names) :]
        return len(first) if surplus and not any(surplus) else len(self.names)

    def _ragged(self, number: int, line: int, found: int) -> str:
        sign = DELIMITERS[self.delimiter]
        remedy = f"put values with a {sign} in quotes" if found > len(self.names) else "fill the row"
        count = f"{found} field{'s' if found > 1 else ''} where the header has {len(self.names)}"
        return f"row {number}, on line {line}, has {count}: {remedy}"


def open_delimited(path: Path, *, score: Callable[[list[str]], int]) -> DelimitedText:
    """The dialect and header of a text table.

    score: how many names of a header are known; tells the separators apart. Raises ValueError, or OSError.
    """
    encoding, name, doubt = _encoding(path)
    found: list[tuple[int, int, int, str, int, list[str]]] = []
    faults: list[ValueError] = []
    for delimiter in DELIMITERS:
        try:
            row, header = _header(path, encoding, delimiter)
        except ValueError as error:
            faults.append(error)
            continue
        found.append((score(header), len(header), -len(found), delimiter, row, header))
    if not found:
        raise faults[0]
    *_, delimiter, row, header = max(found)
    said = f"text in {name}" + (f", separated by {DELIMITERS[delimiter]}s" if len(header) > 1 else ", one column")
    return DelimitedText(path, encoding, delimiter, header, row, said, doubt)


def _header(path: Path, encoding: str, delimiter: str) -> tuple[int, list[str]]:
    """The number of the first row below the header, and the header's names."""
    for number, (_, row) in enumerate(_records(path, encoding, delimiter), start=1):
        if not any(cell.strip() for cell in row) or row[0].startswith("sep="):  # "sep=;" is Excel's
            continue
        names = [cell.strip() for cell in row]
        while len(names) > 1 and not names[-1]:
            names.pop()
        return number, names
    raise ValueError("it has no header")


def _records(path: Path, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with the number of its last line. Raises ValueError for broken quotes."""
    reader = csv.reader(_lines(path, encoding), delimiter=delimiter, strict=True, skipinitialspace=True)
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num}: {error}") from None


def _lines(path: Path, encoding: str) -> Iterator[str]:
    with path.open(encoding=encoding, newline="") as file:
        while line := file.readline(MAX_LINE):
            if len(line) == MAX_LINE:
                raise ValueError(f"a line is longer than {MAX_LINE:,} characters")
            yield line


def _encoding(path: Path) -> tuple[str, str, str]:
    """Python's name of the encoding, people's, and a doubt. Raises ValueError where it cannot be told."""
    size = regular_size(path)
    if not size:
        raise ValueError("the file is empty")
    if size > MAX_BYTES:
        raise ValueError(f"it is larger than {MAX_BYTES >> 30} GiB")
    with path.open("rb") as file:
        head = file.read(BLOCK)
    for mark, names in BOMS.items():
        if head.startswith(mark):
            return *names, ""
    if b"\0" in head:
        raise ValueError("it has zero bytes: it is no text, or UTF-16 without a mark; save it as UTF-8")
    try:
        for _ in _decoded(path, "utf-8"):
            pass
        return "utf-8", "UTF-8", ""
    except UnicodeDecodeError:
        return "cp1252", "Windows-1252", _western(path)


def _western(path: Path) -> str:
    """The doubt that remains about text that looks Western European; ValueError for any other."""
    unknown = "its encoding is neither UTF-8 nor Western European; save it as UTF-8"
    example = ""
    try:
        for text in _decoded(path, "cp1252"):
            if _FOREIGN.search(text):
                raise ValueError(unknown)
            if not example and (sign := _BEYOND_ASCII.search(text)):
                near = re.split(r"[,;\t|\r\n]", text[max(0, sign.start() - 20) : sign.end() + 20])
                example = next(cell for cell in near if not cell.isascii())
    except UnicodeDecodeError:
        raise ValueError(unknown) from None
    return f'it is not UTF-8 and was read as Windows-1252, as in "{shown(example)}"; save it as UTF-8 if that is wrong'


def _decoded(path: Path, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield decoder.decode(block)
    yield decoder.decode(b"", final=True)
