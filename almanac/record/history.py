"""What becomes of keys that an edition has published: others quote them, so none is lost."""

import pandas as pd

from almanac.record.tables import Record, row_names

# Tables whose keys others quote.
LASTING = ("organisations", "releases", "models", "events", "claims")


def keys(record: Record) -> pd.DataFrame:
    """The keys of the record that others may quote: table and key, in the order of the record."""
    return pd.concat(
        [
            pd.DataFrame(
                {"table": name, "key": row_names(getattr(record, name), record.schema.tables[name])}
            )
            for name in LASTING
        ],
        ignore_index=True,
    )


def lost(record: Record, published: pd.DataFrame) -> pd.DataFrame:
    """Published keys that the record neither holds nor accounts for.

    A key is accounted for if ``renamed`` leads from it to another, or if ``corrections`` says
    that its row was wrong and is gone: a correction of its key column with a blank ``is_now``.

    Parameters
    ----------
    published : table and key, as `keys` gave them for earlier editions

    Returns
    -------
    DataFrame
        The rows of `published` that are lost.
    """
    held = keys(record)
    gone = record.corrections[record.corrections.is_now.isna()]
    key_column = {name: record.schema.tables[name].primary_key[0] for name in LASTING}
    gone = gone[gone["column"] == gone["table"].map(key_column)]
    accounted = {
        *zip(held["table"], held["key"], strict=True),
        *zip(record.renamed["table"], record.renamed["old_key"], strict=True),
        *zip(gone["table"], gone["row"], strict=True),
    }
    known = [pair in accounted for pair in zip(published["table"], published["key"], strict=True)]
    return published[[not found for found in known]]
