"""Where a value comes from: its evidence, the rivals that lost, and how far to trust it.

Of the evidence for a cell, the row whose value equals the cell is the one chosen (numbers are
compared as numbers, dates as dates); where several do, the one with the best confidence, A before
D. Evidence with another value is a rival, kept because upstreams disagree.
"""

from collections.abc import Sequence

import pandas as pd

from almanac.record.schema import Field, Schema
from almanac.record.tables import Record, row_names, typed

# As far apart two sources may be and still say the same, as a share: some round their counts, and
# 128,000 and 131,072 tokens are the same context. All other columns agree if they are equal.
CLOSE = {
    "total_params_b": 0.02,
    "active_params_b": 0.02,
    "training_tokens_b": 0.02,
    "context_tokens": 0.025,
}


def with_confidence(
    frame: pd.DataFrame, record: Record, table: str, columns: Sequence[str]
) -> pd.DataFrame:
    """Add the confidence of values beside them.

    Parameters
    ----------
    frame : rows of `table`, or a join that has its primary key and `columns` under their own names
    record : the record
    table : the table `columns` belong to
    columns : columns of `table`

    Returns
    -------
    DataFrame
        A copy of `frame` with a text column ``<column>_confidence`` (A to D) for each of
        `columns`, missing where the cell is blank or no evidence agrees with it.
    """
    names = row_names(frame, record.schema.tables[table])
    evidence = record.evidence
    evidence = evidence.loc[
        (evidence["table"] == table) & evidence["column"].isin(columns),
        ["table", "column", "row", "value", "confidence"],  # less to carry along: twice as fast
    ]
    about = dict(list(evidence.groupby("column")))
    added = {
        f"{column}_confidence": chosen_evidence(
            names, frame[column], about.get(column, evidence[:0]), record.schema, table
        )["confidence"]
        for column in columns
    }
    return frame.assign(**added)


def chosen_evidence(
    names: pd.Series, cells: pd.Series, evidence: pd.DataFrame, schema: Schema, table: str
) -> pd.DataFrame:
    """The evidence row chosen for each cell of a column.

    Parameters
    ----------
    names : name of each cell's row, as `row_names` gives it
    cells : typed cells, same index as `names`; the Series' name is the column's
    evidence : the evidence table
    schema : the record's schema
    table : name of the cells' table

    Returns
    -------
    DataFrame
        Columns of the evidence table, index of `cells`; all missing where no evidence agrees with
        the cell or the cell is blank.
    """
    said = _said(evidence, table, schema.tables[table].field(cells.name))
    said = said.dropna(subset="as_cell").drop_duplicates(["row", "as_cell"])
    wanted = pd.DataFrame({"row": names, "as_cell": cells})
    chosen = wanted.merge(said, on=["row", "as_cell"], how="left").set_axis(cells.index)
    return chosen[list(evidence.columns)]


def upstreams(evidence: pd.DataFrame, schema: Schema) -> pd.Series:
    """Who says each row of evidence: the ``name`` of a source of the schema, by its address.

    What an organisation says of its own models, wherever it says so, is ``vendors``; the Hub's
    metadata are ``hub``; an address of no source of the schema is ``press``.

    Returns
    -------
    Series
        Text, with the index of `evidence`.
    """
    kinds = evidence["source_kind"]
    said = pd.Series("press", index=evidence.index).mask(kinds == "hub", "hub")
    said = said.mask(kinds.isin(["vendor", "config", "paper", "card"]), "vendors")
    listed = said == "press"
    other = evidence.loc[listed, "source_url"].str.rstrip("/") + "/"
    names = said[listed].to_numpy(object)
    addresses = {f"{source['path']}/": source["name"] for source in schema.sources
                 if source.get("path")}  # fmt: skip
    for address in sorted(addresses, key=len):  # the longer ones last, as more specific
        names[other.str.startswith(address).to_numpy(bool)] = addresses[address]
    said[listed] = names
    return said


def _said(evidence: pd.DataFrame, table: str, field: Field) -> pd.DataFrame:
    """Evidence for a column, best confidence first, its values as cells in ``as_cell``."""
    said = evidence[(evidence["table"] == table) & (evidence["column"] == field.name)]
    said = said.assign(as_cell=typed(said["value"], field.type, errors="coerce"))
    return said.sort_values("confidence", kind="stable")
