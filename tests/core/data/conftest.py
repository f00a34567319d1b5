"""Small picture files, made on the spot."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.data import encode_png


def picture(shade: int) -> bytes:
    """A 10 x 10 PNG of one shade of grey."""
    return encode_png(Image.fromarray(np.full((10, 10), shade % 256, np.uint8)))


@pytest.fixture(params=["folder", "zip"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., str]:
    """Writes {path: bytes, or a shade of grey} as a folder and as a zip, and gives its path."""

    def write(files: dict[str, bytes | int]) -> str:
        contents = {
            path: picture(data) + bytes([number % 256]) if isinstance(data, int) else data  # no two are the same
            for number, (path, data) in enumerate(files.items())
        }
        if request.param == "zip":
            with zipfile.ZipFile(tmp_path / "data.zip", "w", zipfile.ZIP_DEFLATED) as archive:
                for path, data in contents.items():
                    archive.writestr(path, data)
            return str(tmp_path / "data.zip")
        for path, data in contents.items():
            target = tmp_path / "data" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        return str(tmp_path / "data")

    return write


@pytest.fixture(scope="session")
def noise_png() -> bytes:
    """A 64 x 64 PNG that does not compress."""
    return encode_png(Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)))
