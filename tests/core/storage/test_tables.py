"""Tables that cannot be read are one sentence, whatever is wrong with them."""

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.common.errors import StudyError
from core.storage.table_format import TableFormat
from core.storage.tables import read_table

PLAIN = TableFormat({"id": "whole", "x": "number"})
PLACES = pd.DataFrame({"id": [3, 4], "x": [0.5, 1.5]})


def test_a_table_comes_back_whole(tmp_path: Path):
    PLACES.to_parquet(tmp_path / "map.parquet", index=False)
    pd.testing.assert_frame_equal(read_table(tmp_path / "map.parquet", PLAIN, owner="the study s"), PLACES)


def test_damaged_metadata_of_pandas_are_a_sentence(tmp_path: Path):
    """Bytes that are a Parquet file, but whose note for pandas has lost a key: pyarrow raises a KeyError there."""
    table = pa.Table.from_pandas(PLACES)
    note = json.loads(table.schema.metadata[b"pandas"])
    for column in note["columns"]:
        del column["pandas_type"]
    pq.write_table(table.replace_schema_metadata({b"pandas": json.dumps(note).encode()}), tmp_path / "map.parquet")
    with pytest.raises(StudyError, match=r"map\.parquet of the study s cannot be read \('pandas_type' is missing\)"):
        read_table(tmp_path / "map.parquet", PLAIN, owner="the study s")


def test_a_missing_and_a_cut_table_are_a_sentence(tmp_path: Path):
    with pytest.raises(StudyError, match=r"map\.parquet of the arm a cannot be read"):
        read_table(tmp_path / "map.parquet", PLAIN, owner="the arm a")
    PLACES.to_parquet(tmp_path / "map.parquet", index=False)
    (tmp_path / "map.parquet").write_bytes((tmp_path / "map.parquet").read_bytes()[:-40])
    with pytest.raises(StudyError, match=r"map\.parquet of the arm a cannot be read"):
        read_table(tmp_path / "map.parquet", PLAIN, owner="the arm a")


def test_a_table_of_another_kind_is_a_sentence(tmp_path: Path):
    PLACES.assign(x="here").to_parquet(tmp_path / "map.parquet", index=False)
    with pytest.raises(StudyError, match=r"map\.parquet of the arm a has a column x that does not hold numbers; make"):
        read_table(tmp_path / "map.parquet", PLAIN, owner="the arm a")
