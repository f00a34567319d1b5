from pathlib import Path

import pytest

from app.components import bundle as joining
from app.components.bundle import bundle

COMPONENTS = Path(joining.__file__).parent


def write(folder: Path, **modules: str) -> Path:
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text)
    return folder / "entry.js"


def test_modules_are_joined_once_each_before_those_that_need_them(tmp_path: Path) -> None:
    entry = write(
        tmp_path,
        entry='import { a } from "./a.js";\nimport {\n  b,\n  c,\n} from "./b.js";\nexport default function () {}\n',
        a='import { b } from "./b.js";\nexport const a = b;\n',
        b="export const b = 1;\nexport function c() {}\n",
    )
    joined = bundle(entry)
    lines = ["const b = 1;", "function c() {}", "const a = b;", "export default function () {}"]
    assert [line for line in joined.splitlines() if line] == lines


def test_a_missing_module_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        bundle(write(tmp_path, entry='import { a } from "./nowhere.js";\n'))


@pytest.mark.parametrize("name", [path.parent.name for path in COMPONENTS.glob("*/index.js")])
def test_components_leave_no_import_behind(name: str) -> None:
    joined = bundle(COMPONENTS / name / "index.js")
    assert "import {" not in joined
    assert joined.count("export default") == joined.count("export ") == 1
