"""What the Vega charts of several pages share."""

from typing import Any

FILLED_LATER: dict[str, Any] = {"embedOptions": {"logLevel": 1}}
"""The usermeta of a chart whose data change under it: Vega draws it before the first have come, and would warn of that.

1 = errors only.
"""
