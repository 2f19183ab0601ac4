"""Takes a delivered table apart: rows that may go on, and rows that wait with the reason why.

Nothing is dropped: every row that came in is on exactly one side.
"""

from typing import NamedTuple

import pandas as pd


class Sorted(NamedTuple):
    """A table taken apart; `quarantined` has a column `reason` more."""

    accepted: pd.DataFrame
    quarantined: pd.DataFrame


def sort_out(table: pd.DataFrame, findings: pd.DataFrame) -> Sorted:
    """Split a table into the rows that keep its contract and those that break it.

    Parameters
    ----------
    table : pandas.DataFrame
        With one label for each row.
    findings : pandas.DataFrame
        Findings about this table, as `flightline.contracts` makes them: needs `row`, `family` and
        `check`.

    Returns
    -------
    Sorted
        Both in the order of the table. `reason` names each broken check once, in alphabetical
        order, with ``"; "`` between them. A finding of the family `columns` without a row
        concerns every row. Other findings without a row are about rows that are not there, and
        move nothing.

    Raises
    ------
    ValueError
        When two rows share a label, or a finding names a row that the table lacks.
    """
    if not table.index.is_unique:
        raise ValueError("Two rows of the table share a label: call `reset_index(drop=True)`.")
    named = findings[findings["row"].notna()]
    unknown = named.loc[~named["row"].isin(table.index), "row"]
    if len(unknown):
        raise ValueError(
            f"The findings name row {unknown.iloc[0]!r}, which the table lacks: "
            "were they made from another table?"
        )
    whole = findings.loc[findings["row"].isna() & (findings["family"] == "columns"), "check"]
    reasons = named.groupby("row")["check"].agg(_together)
    if len(whole):
        reasons = pd.Series(_together(whole), index=table.index)
    broken = table.index.isin(reasons.index)
    quarantined = table[broken]
    result = Sorted(
        table[~broken],
        quarantined.assign(reason=reasons.reindex(quarantined.index).astype(object)),
    )
    if len(result.accepted) + len(result.quarantined) != len(table):
        raise AssertionError("Rows were lost or doubled between the table and the quarantine.")
    return result


def _together(checks: pd.Series) -> str:
    return "; ".join(sorted(set(checks)))
