"""The folders that paths typed in a browser may lead into."""

import os
import re
from pathlib import Path

from core.access.uploads import PICTURES, UPLOADS
from core.common.errors import DataError
from core.common.places import REPO
from core.recipe.import_spec import ImportSpec
from core.recipe.recipe import Recipe
from core.recipe.rules import PRETRAINED
from core.storage.catalogue import studies_root
from core.storage.study import Study

DATA_VARIABLE = "UNCOLLAPSE_DATA"

_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*(@[\w./-]+)?", re.ASCII)


def data_roots() -> list[Path] | None:
    """The folders named by UNCOLLAPSE_DATA, separated as in PATH; None where it is not set, and everything is allowed.

    By default the app serves only the user of its machine, who can read those files anyway; one that serves others does
    not start without the variable. Set but empty, it allows uploads only.
    """
    value = os.environ.get(DATA_VARIABLE)
    if value is None:
        return None
    return [Path(part).expanduser().absolute() for part in value.split(os.pathsep) if part.strip()]


def check_path(path: str) -> None:
    """Raises DataError where a path resolves outside the allowed folders.

    Uploaded files are always allowed. Links and ".." are followed before the decision, a relative path both from where
    the app runs and from where runs do, and the message does not reveal whether the path exists.
    """
    roots = data_roots()
    if roots is None:
        return
    inside = [root.resolve() for root in (*roots, studies_root() / UPLOADS, studies_root() / PICTURES)]
    for base in (Path.cwd(), REPO):
        real = _resolved(base / path)
        if real is None or not any(real.is_relative_to(root) for root in inside):
            where = f"choose a path below {' or '.join(map(str, roots))}" if roots else "upload the files instead"
            raise DataError(f'"{_shown(path)}" is outside of what this server may read; {where}')


def check_recipe(recipe: Recipe) -> None:
    """Raises DataError where a recipe reads anything outside the allowed folders."""
    for path in paths_of(recipe).values():
        check_path(path)


def paths_of(recipe: Recipe) -> dict[str, str]:
    """The paths that a recipe reads, by key."""
    paths = {"data.path": recipe.data.path}
    if not _is_named(recipe):
        paths["model.weights"] = recipe.model.weights
    checkpoints = {f"arms.{name}.checkpoint": arm.checkpoint for name, arm in recipe.arms.items()}
    paths |= {key: path for key, path in checkpoints.items() if path != PRETRAINED}
    return {key: path for key, path in paths.items() if path}


def check_import_spec(spec: ImportSpec) -> None:
    """Raises DataError where an import reads anything outside the allowed folders."""
    for path in filter(None, (spec.table, *spec.embeddings.values(), *spec.reference.values(), spec.images)):
        check_path(path)


def check_study(study: Study) -> None:
    """Raises DataError where the pictures of a study lie outside the allowed folders."""
    if study.image_root is not None:
        check_path(study.image_root)


def _resolved(path: Path) -> Path | None:
    try:
        return path.resolve()
    except (OSError, ValueError, RuntimeError):  # a zero byte, a ring of links
        return None


def _is_named(recipe: Recipe) -> bool:
    """Whether the weights are a name, which leads to no folder of the user's choice."""
    weights = recipe.model.weights
    if recipe.model.name == "huggingface":
        return _HUB_NAME.fullmatch(weights) is not None and not os.path.exists(REPO / weights)
    return weights == "imagenet"


def _shown(path: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in path[:200])
