"""Why a class of a study has its verdict: the sentence, with its counts in the study's other spaces beside it."""

import pandas as pd

from core.diagnostics.evidence import evidence
from core.diagnostics.facts import Facts
from core.storage.study import Study

MOST_SPACES = 3
"""Other arms and references whose counts are named."""


def evidence_of(study: Study, arm: str, label: str) -> str:
    """The evidence for the verdict on one class of an arm or a reference."""
    table = study.diagnostics
    return _sentences(study, table[table["label"] == label])[arm]


def with_evidence(study: Study) -> pd.DataFrame:
    """`Study.diagnostics` with a column `evidence`."""
    table = study.diagnostics
    said = {label: _sentences(study, rows) for label, rows in table.groupby("label", sort=False)}
    return table.assign(evidence=[said[label][arm] for label, arm in zip(table["label"], table["arm"], strict=True)])


def _sentences(study: Study, rows: pd.DataFrame) -> dict[str, str]:
    """The sentence for each space; rows: one class in all of them."""
    facts = {record["arm"]: Facts.of(record) for record in rows.to_dict("records")}
    order = [arm for arm in [*study.arms, *study.references] if arm in facts]
    said = {}
    for arm, known in facts.items():
        others = [other for other in order if other != arm][-MOST_SPACES:]  # the references are last
        said[arm] = evidence(known, arm=arm, elsewhere={other: facts[other].groups for other in others})
    return said
