"""Where a value comes from: its evidence, the rivals that lost, and how far to trust it.

Of the evidence for a cell, the row whose value equals the cell is the one chosen (numbers are
compared as numbers, dates as dates); where several do, the one with the best confidence, A before
D. Evidence with another value is a rival, kept because upstreams disagree.
"""

from collections.abc import Sequence

import numpy as np
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
    evidence = record.evidence
    evidence = evidence[(evidence["table"] == table) & evidence["column"].isin(columns)]
    described = record.schema.tables[table]
    of, keys = pd.factorize(row_names(frame, described))
    held = pd.DataFrame(
        {
            "of": pd.Index(keys).get_indexer(evidence["row"]),
            "value": evidence["value"],
            "confidence": evidence["confidence"],
        }
    )
    about = dict(list(held.groupby(evidence["column"])))
    added = {}
    for column in columns:
        said = about.get(column, held[:0])
        place = _agreeing(of, frame[column], said, described.field(column))
        added[f"{column}_confidence"] = said["confidence"].reset_index(drop=True).reindex(place)
    return frame.assign(**{name: found.array for name, found in added.items()})


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
    said = evidence[(evidence["table"] == table) & (evidence["column"] == cells.name)]
    of, keys = pd.factorize(names)
    held = said.assign(of=pd.Index(keys).get_indexer(said["row"]))
    place = _agreeing(of, cells, held, schema.tables[table].field(cells.name))
    return said.reset_index(drop=True).reindex(place).set_axis(cells.index)


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


def _agreeing(of: np.ndarray, cells: pd.Series, said: pd.DataFrame, field: Field) -> np.ndarray:
    """The place in `said` of the evidence chosen for each cell; -1 where none agrees.

    Parameters
    ----------
    of : number of the row that each cell is of
    cells : typed
    said : what is said of the column: ``of`` (the same numbers, -1 for rows of no cell), value
        (text) and confidence
    field : the column
    """
    values = typed(said["value"], field.type, errors="coerce").to_numpy(object, na_value=None)
    wanted = cells.to_numpy(object, na_value=None)
    rank = pd.factorize(said["confidence"], sort=True)[0]
    order = np.lexsort((rank, said["of"]))
    first, end = (np.searchsorted(said["of"].to_numpy()[order], of, side) for side in
                  ("left", "right"))  # fmt: skip
    found = np.full(len(of), -1)
    known = cells.notna().to_numpy()
    for place in range((end - first).max(initial=0)):  # the best first; few have more than five
        open_ones = np.flatnonzero((found < 0) & known & (first + place < end))
        source = order[first[open_ones] + place]
        agree = values[source] == wanted[open_ones]
        found[open_ones[agree]] = source[agree]
    return found
