import re
from pathlib import Path

import pytest

from app.components import bundle
from app.components.bundle import component

COMPONENTS = Path(bundle.__file__).parent
NAMES = sorted(path.parent.name for path in COMPONENTS.glob("*/index.js"))


def test_there_are_components() -> None:
    assert {"twin_map", "gallery"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_bundles_import_nothing_and_export_the_component(name: str) -> None:
    js = (COMPONENTS / name / "bundle.js").read_text(encoding="utf-8")
    assert not re.findall(r"^import\b", js, re.MULTILINE)
    assert len(re.findall(r"^export \{\n  \w+ as default\n\};$", js, re.MULTILINE)) == js.count("\nexport ") == 1


def test_a_component_is_its_bundle_and_both_styles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in {"common/common.css": "a {}", "map/style.css": "b {}", "map/bundle.js": "export {};"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(bundle.st.components.v2, "component", lambda name, **parts: (name, parts))
    assert component(tmp_path / "map") == ("uncollapse_map", {"js": "export {};", "css": "a {}\nb {}"})


def test_a_missing_bundle_is_an_error(tmp_path: Path) -> None:
    for name in ("common/common.css", "map/style.css"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    with pytest.raises(FileNotFoundError):
        component(tmp_path / "map")
