"""Why a file of a study cannot be read, as a sentence."""

import json
from pathlib import Path

from pydantic import ValidationError

from core.storage.layout import DESCRIPTION


def reason(error: BaseException) -> str:
    """One line for people; error: as reading a part of a study raises it."""
    if isinstance(error, KeyError):
        return f"{error} is missing"
    if isinstance(error, OSError) and error.filename:
        return f"{Path(error.filename).name}: {error.strerror}"
    if isinstance(error, json.JSONDecodeError):
        return f"{DESCRIPTION} is cut short or garbled: {error}"
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{DESCRIPTION}: {'.'.join(map(str, first['loc'])) or 'all of it'}: {first['msg']}"
    text = str(error) or type(error).__name__
    return " ".join(text.split())[:200]
