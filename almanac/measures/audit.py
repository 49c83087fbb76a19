"""Where sources disagree, what the record lacks, and what all lists may lack.

A source is a list (ATOM, Epoch, models.dev, ...), the Hub's metadata, or vendors' own words;
`almanac.record.upstreams` says which. The Hub's word on a release day is the day its repository
was created, which comes first by nature.
"""

from itertools import combinations

import numpy as np
import pandas as pd

from almanac.measures.agreement import kappa
from almanac.measures.counting import rests_on
from almanac.measures.estimate import Estimate
from almanac.measures.intervals import (
    BOOTSTRAP,
    cluster_bootstrap,
    share_interval,
    summed,
    sums_by,
    wilson,
)
from almanac.record import CLOSE, Record, upstreams
from almanac.record.provenance import chosen_evidence
from almanac.record.tables import typed

# Column: its table. How far apart two sources may be and still agree is in the record's `CLOSE`.
COLUMNS = {
    "released_on": "releases",
    "total_params_b": "models",
    "active_params_b": "models",
    "n_routed_experts": "models",
    "experts_per_token": "models",
    "context_tokens": "models",
    "licence": "models",
    "reasoning": "models",
}
# How far apart they may be to be near: many lists round a count to that in a model's name, and date
# a release by its paper or by when they noticed it.
NEAR = {"total_params_b": 0.1, "active_params_b": 0.1}
NEAR_DAYS = 7
# The Hub's word that is known to be another thing: when a repository was made, and a context that
# is often a default of the library.
NOT_MEANT = {("hub", "released_on"), ("hub", "context_tokens")}
SOURCES = {
    "vendors": "vendors' own words",
    "atom": "ATOM Project",
    "epoch": "Epoch AI",
    "modelsdev": "models.dev",
    "llmstats": "LLM-stats",
    "recipes": "vLLM recipes",
    "hub": "Hub metadata",
}
FIELDS = {
    "released_on": "day of release", "total_params_b": "total parameters",
    "active_params_b": "active parameters", "n_routed_experts": "routed experts",
    "experts_per_token": "experts per token", "n_shared_experts": "shared experts",
    "context_tokens": "context", "licence": "licence", "reasoning": "reasoning",
    "training_tokens_b": "training tokens",
}  # fmt: skip
# As charts write them, where there is little room.
SHORT = {
    "released_on": "day", "total_params_b": "total", "active_params_b": "active",
    "n_routed_experts": "experts", "experts_per_token": "top-k", "context_tokens": "context",
    "licence": "licence", "reasoning": "reasoning", "vendors": "vendors", "atom": "ATOM",
    "epoch": "Epoch", "modelsdev": "models.dev", "llmstats": "LLM-stats", "recipes": "recipes",
    "hub": "Hub",
}  # fmt: skip
WHY = {  # a kind of source, where its evidence has no note of its own
    "vendor": "the organisation's own word",
    "config": "the published configuration",
    "paper": "the organisation's paper",
    "card": "the model card",
    "hub": "the Hub's metadata",
    "aggregator": "another list",
    "press": "a press report",
}
KINDS = ("same day", "1 to 7 days", "8 to 30 days", "over 30 days")


def statements(record: Record) -> dict[str, pd.DataFrame]:
    """What each source says, beside what the record holds.

    Returns
    -------
    For each of `COLUMNS` a DataFrame, one row a value and source, the best graded where a source
    says several things: row (the key), source, value (typed; reasoning is True or False), cell
    (the record's, likewise), rests_on (the source that the record's value rests on), grade (of that
    evidence) and why (its note, or its kind of source where it has none). Releases whose day is
    known to the month at best are left out of days.
    """
    return {column: _statements(record, column) for column in COLUMNS}


def _statements(record: Record, column: str) -> pd.DataFrame:
    table = COLUMNS[column]
    kind = record.schema.tables[table].field(column).type
    said = record.evidence[record.evidence["table"] == table]
    said = said[said["column"].isin([column, "hub_created_on"])]
    said = said.assign(source=upstreams(said, record.schema))
    said = said[said.source.isin(SOURCES)]
    own = said[said["column"] == column]
    if column == "released_on":
        created = said[(said["column"] == "hub_created_on") & (said.source == "hub")]
        own = pd.concat([own, created])
    # a source's best graded word, and of equals the one under the column's own name
    own = own.sort_values("confidence", kind="stable").drop_duplicates(["row", "source"])
    frame = getattr(record, table)
    key = record.schema.tables[table].primary_key[0]
    cells = frame.set_index(key)[column]
    own = own.assign(
        value=typed(own["value"], kind, errors="coerce") if column != "reasoning" else own["value"],
        cell=own["row"].map(cells),
    )
    if column == "released_on":
        precise = record.releases[record.releases.date_precision == "day"].release_id
        own = own[own["row"].isin(precise)]
    if column == "reasoning":
        own = own.assign(value=_reasons(own["value"]), cell=_reasons(own["cell"]))
    own = own.dropna(subset="value")
    rests = _rests_on(record, table, column).loc[own["row"]].set_axis(own.index)
    own = own.assign(rests_on=rests["source"], grade=rests["confidence"], why=rests["why"])
    kept = ["row", "source", "value", "cell", "rests_on", "grade", "why"]
    return own[kept].reset_index(drop=True)


def agreement(statements: dict[str, pd.DataFrame], level: float) -> pd.DataFrame:
    """How often each two sources agree, by column.

    Parameters
    ----------
    statements : as `statements` gives them
    level : of the intervals

    Returns
    -------
    DataFrame
        One row a column and pair that have any value in common: column, first, second (names of
        sources), both, agree (counts), share, low, high (Wilson, at `level`), days (median
        absolute difference, of dates), later (median of the second minus the first, in days) and
        kappa (of reasoning).
    """
    rows = []
    for column, said in statements.items():
        tolerance = CLOSE.get(column, 0.0)
        wide = said.pivot(index="row", columns="source", values="value")
        for a, b in combinations([source for source in SOURCES if source in wide], 2):
            known = wide[a].notna() & wide[b].notna()
            if known.any():
                rows.append(
                    {
                        "column": column,
                        "first": SOURCES[a],
                        "second": SOURCES[b],
                        **_compare(wide[a][known], wide[b][known], tolerance, level),
                    }
                )
    return pd.DataFrame(rows).round({"share": 4, "low": 4, "high": 4, "kappa": 4})


def against_record(
    statements: dict[str, pd.DataFrame],
    models: pd.DataFrame,
    *,
    near: bool = False,
    meant: bool = True,
) -> pd.DataFrame:
    """What lists say of values of the record that rest on vendors.

    Only those: a value that rests on a list agrees with it by nature, and leaving out just the
    lists' own values would keep their disagreements and drop their agreements.

    Parameters
    ----------
    statements : as `statements` gives them
    models : one row a model: model_id, release_id and organisation_id
    near : whether days within a week and parameters within 10 % agree
    meant : whether the words of `NOT_MEANT` are left out

    Returns
    -------
    DataFrame
        One row a value and list: column, source, organisation_id, agree (True or False), days
        (of the list minus the record's, for dates) and grade (of the record's value).
    """
    rows = []
    for column, said in statements.items():
        tolerance = CLOSE.get(column, 0.0)
        said = said[(said.rests_on == "vendors") & (said.source != "vendors")]
        if meant:
            said = said[_meant(said, column)]
        key = {"releases": "release_id", "models": "model_id"}[COLUMNS[column]]
        about = models.drop_duplicates(key)[[key, "organisation_id"]]
        most = NEAR.get(column, tolerance) if near else tolerance
        agree, days = _agree(said["cell"], said["value"], most), np.nan
        if column == "released_on":
            days = (said["value"] - said["cell"]).dt.days
            agree = days.abs() <= (NEAR_DAYS if near else 0)
        said = said.assign(column=column, agree=agree.astype(bool), days=days)
        rows.append(said.merge(about, left_on="row", right_on=key))
    found = pd.concat(rows, ignore_index=True)
    return found[["column", "source", "organisation_id", "agree", "days", "grade"]]


def by_column_and_list(
    held: pd.DataFrame, least: int, *, size: int, seed: int, level: float
) -> pd.DataFrame:
    """How often each list agrees with the record, by column.

    Parameters
    ----------
    held : as `against_record` gives it
    least : smallest number of values to show
    size, seed, level : of the cluster bootstrap by organisation; see `intervals`

    Returns
    -------
    DataFrame
        what (column and list, in few words), n, models (how many values there are, and agree),
        share, low, high (0 to 1), most agreement first within a column.
    """
    rows = []
    for (column, source), group in held.groupby(["column", "source"]):
        if len(group) < least:
            continue
        low, high, _ = share_interval(group, "agree", size=size, seed=seed, level=level)
        rows.append(
            {
                "place": list(COLUMNS).index(column),
                "what": f"{SHORT[column]} · {SHORT[source]}",
                "n": len(group),
                "models": int(group.agree.sum()),
                "share": group.agree.mean(),
                "low": low,
                "high": high,
            }
        )
    table = pd.DataFrame(rows).sort_values(["place", "share"], ascending=[True, False])
    table = table.drop(columns="place").reset_index(drop=True)
    return table.round({"share": 4, "low": 4, "high": 4})


def share_agreeing(held: pd.DataFrame, *, size: int, seed: int, level: float) -> Estimate:
    """Share of lists' values that agree with the record.

    Parameters
    ----------
    held : as `against_record` gives it
    size, seed, level : of the cluster bootstrap; see `intervals`
    """
    low, high, method = share_interval(held, "agree", size=size, seed=seed, level=level)
    return Estimate(
        value=float(held.agree.mean()),
        low=low,
        high=high,
        level=level,
        unit="share of lists' values that agree with values of the record that rest on vendors",
        method=method,
        **rests_on(held),
        kind="share",
    )


def lists(record: Record) -> pd.DataFrame:
    """The sources that are compared, how much they say and when they were last read.

    Returns
    -------
    DataFrame
        source, values (rows of evidence on releases and models), last_read (day), most first.
    """
    said = record.evidence[record.evidence["table"].isin(["releases", "models"])]
    said = said.assign(source=upstreams(said, record.schema).map(SOURCES)).dropna(subset="source")
    table = said.groupby("source").agg(values=("value", "size"), last_read=("accessed_on", "max"))
    return table.sort_values("values", ascending=False).reset_index()


def day_differences(held: pd.DataFrame) -> pd.DataFrame:
    """How far each list's release day lies from the record's.

    Parameters
    ----------
    held : as `against_record` gives it

    Returns
    -------
    DataFrame
        One row a source and kind: source, apart (one of `KINDS`), releases, and share of the
        source's releases (0 to 1).
    """
    days = held[held.column == "released_on"]
    kinds = pd.cut(days.days.abs(), [-1, 0, 7, 30, np.inf], labels=list(KINDS))
    counts = pd.crosstab(days.source, kinds, dropna=False)
    counts = counts.reindex(columns=list(KINDS), fill_value=0)
    order = [source for source in SOURCES if source in counts.index]
    table = counts.loc[order].rename(index=SOURCES).rename_axis("source").reset_index()
    table = table.melt("source", var_name="apart", value_name="releases")
    return table.assign(
        share=(table.releases / table.groupby("source").releases.transform("sum")).round(4)
    )


def worst(said: pd.DataFrame, column: str, names: pd.Series, most: int) -> pd.DataFrame:
    """The largest disagreements with the record, by name, without the words of `NOT_MEANT`.

    Parameters
    ----------
    said : what `statements` gives of the column
    column : a key of `COLUMNS`
    names : what readers call each row of the column's table, by key
    most : how many rows at most

    Returns
    -------
    DataFrame
        name, source, says, record, apart (in days, or as a ratio of the larger to the smaller),
        grade and why (of the evidence that the record's value rests on: its note, or its kind of
        source where it has none), largest first.
    """
    tolerance = CLOSE.get(column, 0.0)
    said = said[said["cell"].notna() & _meant(said, column)]
    said = said[~_agree(said["cell"], said["value"], tolerance)]
    if column == "released_on":
        apart = (said["value"] - said["cell"]).dt.days.abs().astype(float)
    elif pd.api.types.is_numeric_dtype(said["value"]):
        ratio = said["value"].astype(float) / said["cell"].astype(float)
        apart = pd.concat([ratio, 1 / ratio], axis=1).max(axis=1)
    else:
        apart = pd.Series(1.0, said.index)
    rows = said.assign(
        name=said["row"].map(names),
        source=said.source.map(SOURCES),
        says=said["value"],
        record=said["cell"],
        apart=apart,
    ).sort_values(["apart", "row", "source"], ascending=[False, True, True])
    return rows[["name", "source", "says", "record", "apart", "grade", "why"]].head(most)


def choices(statements: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """On what the record rests where sources disagree, the words of `NOT_MEANT` left out.

    Parameters
    ----------
    statements : as `statements` gives them

    Returns
    -------
    DataFrame
        One row a column that has conflicts: column, values (of the record with a source that says
        otherwise), and how many of them rest on each grade: A, B, C, D.
    """
    rows = []
    for column, said in statements.items():
        tolerance = CLOSE.get(column, 0.0)
        said = said[said["cell"].notna() & _meant(said, column)]
        odds = said[~_agree(said["cell"], said["value"], tolerance)].drop_duplicates("row")
        counts = odds.grade.value_counts()
        if len(odds):
            rows.append(
                {
                    "column": column,
                    "values": len(odds),
                    **{grade: int(counts.get(grade, 0)) for grade in "ABCD"},
                }
            )
    return pd.DataFrame(rows)


def missing(models: pd.DataFrame) -> pd.DataFrame:
    """What the record does not know, by field and year of release.

    Parameters
    ----------
    models : released models with their release joined on; experts are asked of mixtures alone

    Returns
    -------
    DataFrame
        field, year, n, missing (counts of models) and share (0 to 1): blank or undisclosed.
    """
    rows = []
    moe = models.architecture == "moe"
    for field in FIELDS:
        asked = models[moe] if "experts" in field else models
        unknown = asked[field].isna() | (asked[field].astype("str") == "undisclosed")
        for year, group in unknown.groupby(asked.released_on.dt.year):
            rows.append(
                {
                    "field": FIELDS[field],
                    "year": int(year),
                    "n": len(group),
                    "missing": int(group.sum()),
                    "share": group.mean(),
                }
            )
    return pd.DataFrame(rows).round({"share": 4})


def captures(models: pd.DataFrame) -> pd.DataFrame:
    """Which lists hold each release.

    Parameters
    ----------
    models : with release_id, organisation_id, listed_in and grade

    Returns
    -------
    DataFrame
        One row a release: release_id, organisation_id, grade, lists (count) and one boolean
        column a list.
    """
    listed = models.listed_in.str.get_dummies(";").astype(bool)
    table = listed.groupby(models.release_id).any()
    about = models.groupby("release_id").agg(
        organisation_id=("organisation_id", "first"), grade=("grade", "max")
    )
    return about.join(table).assign(lists=table.sum(axis=1)).reset_index()


def unlisted(held: pd.DataFrame, *, size: int, seed: int, level: float) -> Estimate:
    """How many releases no list has, at least.

    Chao's estimator for lists of unlike reach (Biometrics 45, 1989): with z_i releases on list i
    alone, f1 their sum, and f2 releases on just two lists, (f1^2 - sum of z_i^2) / (2 (f2 + 1)).
    It is right for independent lists, and a lower bound where some releases are easier to find
    than others; lists that copy from one another make it smaller still. Organisations are drawn
    again for the lower end; the upper end is open.

    Parameters
    ----------
    held : as `captures` gives it
    size, seed, level : of the cluster bootstrap; see `intervals`

    Raises
    ------
    ValueError
        If no list holds any of them.
    """
    lists = [column for column in held if held[column].dtype == bool]
    known = held[held.lists > 0]
    if known.empty:
        raise ValueError("no list holds any of these releases")
    once = known[lists].mul(known.lists == 1, axis=0)
    totals = sums_by(known.organisation_id, **once, twice=known.lists == 2)

    def bound(sums):
        alone = np.array([sums[name] for name in lists])
        return (alone.sum(axis=0) ** 2 - (alone**2).sum(axis=0)) / (2 * (sums.twice + 1))

    # one-sided: only the lower end means anything
    low, _ = cluster_bootstrap(totals, bound, size=size, seed=seed, level=2 * level - 1)
    return Estimate(
        value=float(bound(summed(totals))[0]),
        low=low,
        high=None,
        level=level,
        unit="releases on none of the lists, at least",
        method=f"Chao's bound on {len(lists)} lists, {BOOTSTRAP}",
        **{**rests_on(known), "confidence": "C", "vendor_share": None},  # lists say what they hold
        kind="count",
    )


def _reasons(values: pd.Series) -> pd.Series:
    flags = {"none": False, "optional": True, "always": True, "yes": True}
    return values.map(flags)


def _rests_on(record: Record, table: str, column: str) -> pd.DataFrame:
    """What each value of a column rests on, by key: confidence, source, and why it was chosen."""
    frame = getattr(record, table)
    names = frame[record.schema.tables[table].primary_key[0]]
    chosen = chosen_evidence(names, frame[column], record.evidence, record.schema, table)
    chosen = chosen.assign(why=chosen["note"].fillna(chosen["source_kind"].map(WHY)), source=None)
    known = chosen["value"].notna()
    chosen.loc[known, "source"] = upstreams(chosen[known], record.schema)
    return chosen.set_index(names)


def _meant(said: pd.DataFrame, column: str) -> pd.Series:
    return ~said.source.isin([source for source, of in NOT_MEANT if of == column])


def _agree(a: pd.Series, b: pd.Series, tolerance: float) -> pd.Series:
    if tolerance == 0 or not pd.api.types.is_numeric_dtype(b):
        return a.astype("object") == b.astype("object")
    a, b = a.astype(float), b.astype(float)
    return (a - b).abs() <= tolerance * pd.concat([a, b], axis=1).max(axis=1)


def _compare(a: pd.Series, b: pd.Series, tolerance: float, level: float) -> dict:
    same = _agree(a, b, tolerance)
    low, high = wilson(int(same.sum()), len(same), level)
    dates = pd.api.types.is_datetime64_dtype(b)
    flags = b.map(type).eq(bool).all()
    return {
        "both": len(same),
        "agree": int(same.sum()),
        "share": same.mean(),
        "low": low,
        "high": high,
        "days": float((a - b).dt.days.abs().median()) if dates else np.nan,
        "later": float((b - a).dt.days.median()) if dates else np.nan,
        "kappa": kappa(a.astype(bool), b.astype(bool)) if flags else np.nan,
    }
