"""Which items an expression is true for, as in `price < 20 and brand = 'Acme'`: the conditions of SQL, run by DuckDB.

It comes from an address or a form, so the engine reaches no file and no network, changes nothing, and is stopped after
seconds.
"""

import threading

import duckdb
import numpy as np
import pandas as pd
from jaxtyping import Bool

from core.common.errors import DataError, shown
from core.data.metadata import metadata

KNOWN = ("id", "name", "path", "label", "sublabel", "split")
SECONDS = 5.0
MEMORY = "512MB"
LONGEST = 500
"""Characters of an expression."""


def columns(items: pd.DataFrame) -> list[str]:
    """The names that an expression may use: what is known of the items, and the other columns of their table."""
    return list(_table(items.iloc[:0]).columns)


def matching(items: pd.DataFrame, expression: str) -> Bool[np.ndarray, "n"]:
    """The rows for which an expression is true; an empty one is true for all.

    items: as `Study.items` has them. Raises DataError with what is wrong with the expression.
    """
    if not expression.strip():
        return np.ones(len(items), dtype=bool)
    if len(expression) > LONGEST:
        raise DataError(f"the condition has {len(expression):,} characters; write one of at most {LONGEST}")
    with duckdb.connect(config={"threads": 1, "memory_limit": MEMORY, "enable_external_access": False}) as engine:
        engine.register("items", _table(items).assign(**{_ROW: np.arange(len(items))}))
        engine.execute("SET lock_configuration = true")
        timer = threading.Timer(SECONDS, engine.interrupt)
        timer.start()
        try:
            found = _only_statement(engine, expression)
        except duckdb.InterruptException:
            raise DataError(f"the condition takes longer than {SECONDS:g} s; write a simpler one") from None
        except (duckdb.Error, ValueError) as error:
            names = ", ".join(columns(items)[:8])
            raise DataError(
                f'cannot filter by "{shown(expression, limit=60)}": {_reason(error)}; columns: {shown(names, limit=80)}'
            ) from None
        finally:
            timer.cancel()
    mask = np.zeros(len(items), dtype=bool)
    mask[found] = True
    return mask


_ROW = "row number of the item"


def _only_statement(engine: duckdb.DuckDBPyConnection, expression: str) -> np.ndarray:
    expression.encode()  # half a character is a ValueError
    query = f'SELECT "{_ROW}" FROM items WHERE (\n{expression}\n)'
    statements = engine.extract_statements(query)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise ValueError("it is more than one condition")
    return engine.execute(statements[0]).fetchnumpy()[_ROW]


def _table(items: pd.DataFrame) -> pd.DataFrame:
    """Known columns first: those of the table that are called like them are not there a second time."""
    known = items[[name for name in KNOWN if name in items]]
    others = metadata(items)
    taken = {name.casefold() for name in known}
    return known.join(others[[name for name in others if name.casefold() not in taken]])


def _reason(error: Exception) -> str:
    """The first line of an engine's message, without the name of its kind."""
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    return shown(text.partition("Error: ")[2] or text, limit=100).rstrip(".!")
