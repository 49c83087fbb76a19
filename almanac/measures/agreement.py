"""How far two readings of the same things agree beyond chance."""

import pandas as pd

from almanac.measures.counting import rests_on
from almanac.measures.estimate import Estimate
from almanac.measures.intervals import BOOTSTRAP, cluster_bootstrap, sums_by


def kappa(first: pd.Series, second: pd.Series) -> float:
    """Cohen's kappa of two readings of the same things (Educational and Psychological
    Measurement 20, 1960): 1 is full agreement, 0 what chance would give.

    Parameters
    ----------
    first, second : categories, of equal length and order, none missing

    Returns
    -------
    float
        Missing (NaN) where both put everything into one category: chance then agrees fully.
    """
    from statsmodels.stats.inter_rater import cohens_kappa

    kinds = sorted(set(first) | set(second))
    if len(kinds) < 2:
        return float("nan")
    counts = pd.crosstab(
        pd.Categorical(first, kinds), pd.Categorical(second, kinds), dropna=False
    ).to_numpy()
    return float(cohens_kappa(counts, return_results=False))


def coded_twice(codings: pd.DataFrame, models: pd.DataFrame) -> pd.DataFrame:
    """Every technique of every model that two readers coded.

    Parameters
    ----------
    codings : the record's table
    models : model_id, organisation_id and organisation, with the grade of evidence

    Returns
    -------
    DataFrame
        One row a model and technique: model_id, technique, organisation_id, grade, first and
        second (whether each reader saw the technique).
    """
    seen = (
        codings.assign(seen=True)
        .pivot_table(
            index="model_id", columns=["technique", "coder"], values="seen", aggfunc="any"
        )
        .notna()
    )
    techniques = sorted(set(codings.technique))
    rows = [
        pd.DataFrame(
            {
                "model_id": seen.index,
                "technique": technique,
                **{
                    coder: seen.get((technique, coder), pd.Series(False, seen.index)).to_numpy()
                    for coder in ("first", "second")
                },
            }
        )
        for technique in techniques
    ]
    about = models[["model_id", "organisation_id", "grade"]]
    return pd.concat(rows).merge(about, on="model_id", how="left", validate="m:1")


def by_technique(coded: pd.DataFrame) -> pd.DataFrame:
    """How far the two readers agree on each technique.

    Parameters
    ----------
    coded : as `coded_twice` gives it

    Returns
    -------
    DataFrame
        technique, models (count), first, second, both (how many models each reader and both saw
        it in), agree (share of models, 0 to 1) and kappa, most often seen first.
    """
    rows = [
        {
            "technique": technique,
            "models": len(group),
            "first": int(group["first"].sum()),
            "second": int(group.second.sum()),
            "both": int((group["first"] & group.second).sum()),
            "agree": (group["first"] == group.second).mean(),
            "kappa": kappa(group["first"], group.second),
        }
        for technique, group in coded.groupby("technique")
    ]
    table = pd.DataFrame(rows).round({"agree": 4, "kappa": 4})
    return table.sort_values(["first", "technique"], ascending=[False, True], ignore_index=True)


def overall(coded: pd.DataFrame, *, size: int, seed: int, level: float) -> Estimate:
    """Cohen's kappa over all pairs of model and technique.

    Models of one organisation are coded from the same kind of source, so organisations are drawn
    again.

    Parameters
    ----------
    coded : as `coded_twice` gives it
    size, seed, level : of the cluster bootstrap; see `intervals`
    """
    both = coded["first"] & coded.second
    totals = sums_by(
        coded.organisation_id, n=1, first=coded["first"], second=coded.second, both=both
    )

    def statistic(sums):
        agree = 1 - (sums["first"] + sums.second - 2 * sums.both) / sums.n
        p, q = sums["first"] / sums.n, sums.second / sums.n
        chance = p * q + (1 - p) * (1 - q)
        return (agree - chance) / (1 - chance)

    low, high = cluster_bootstrap(totals, statistic, size=size, seed=seed, level=level)
    models = coded.drop_duplicates("model_id")
    return Estimate(
        value=kappa(coded["first"], coded.second),
        low=low,
        high=high,
        level=level,
        unit="Cohen's kappa over pairs of model and technique",
        method=BOOTSTRAP,
        **{**rests_on(models), "vendor_share": None},  # each label has a source of its own
    )


def alike(coded: pd.DataFrame) -> float:
    """Share of models (0 to 1) to which both readers gave the very same labels."""
    same = (coded["first"] == coded.second).groupby(coded.model_id).all()
    return float(same.mean())
