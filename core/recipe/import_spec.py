"""What an import is to be made from, as a TOML file."""

import tomllib
from dataclasses import field, replace
from pathlib import Path
from typing import Any, Self

import tomli_w
from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from core.common.errors import DataError, RecipeError, shown
from core.recipe.constraints import STRICT, Seed
from core.recipe.reading import NOT_TOML, checked, read_small


@dataclass(frozen=True, config=STRICT)
class ImportSpec:
    """What `core.pipeline.importing.import_study` is to be given; paths are the machine's own."""

    table: str
    embeddings: dict[str, str]
    """Arm name -> matrix."""
    reference: dict[str, str]
    """At most one more."""
    images: str = ""
    title: str = ""
    seed: Seed = 0
    columns: dict[str, str] = field(default_factory=dict)
    """Known column -> its name in the table, where that is another."""

    @classmethod
    def load(cls, path: Path) -> Self:
        """Raises DataError for a file that is no such specification."""
        try:
            return checked(cls, tomllib.loads(read_small(path)))
        except RecipeError as error:
            reason = "; ".join(problem.message for problem in error.problems)
        except (OSError, *NOT_TOML) as error:
            reason = str(error).splitlines()[0]
        raise DataError(f"{shown(path)} does not say what to import ({reason}); give --table and --embeddings")

    def to_toml(self) -> str:
        return tomli_w.dumps(TypeAdapter(ImportSpec).dump_python(self))

    def moved(self, old: Path, new: Path) -> "ImportSpec":
        """The same, for files that were moved from one folder to another."""

        def move(path: str) -> str:
            return str(new / Path(path).relative_to(old)) if path and Path(path).is_relative_to(old) else path

        return replace(
            self,
            table=move(self.table),
            embeddings={name: move(path) for name, path in self.embeddings.items()},
            reference={name: move(path) for name, path in self.reference.items()},
            images=move(self.images),
        )

    def sources(self) -> dict[str, Any]:
        """As `import_study` takes them."""
        return {
            "table": Path(self.table),
            "embeddings": {name: Path(path) for name, path in self.embeddings.items()},
            "reference": {name: Path(path) for name, path in self.reference.items()},
            "images": Path(self.images) if self.images else None,
            "columns": self.columns,
        }
