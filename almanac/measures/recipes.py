"""How like one model's recipe the builds of other mixture-of-experts models are.

Likeness is not descent: it says that two models are built alike, not that one was built after
the other.
"""

import numpy as np
import pandas as pd

from almanac.measures.experts import granularity
from almanac.measures.intervals import wilson

# The recipe: what each trait is called, and the column of `designs` it is read from. Numbers
# are compared as ratios, the others as equal or not.
TRAITS = {
    "latent attention": "latent_attention",
    "routed experts": "n_routed_experts",
    "experts per token": "experts_per_token",
    "shared experts": "n_shared_experts",
    "a few dense layers": "few_dense",
    "granularity": "granularity",
    "active share": "sparsity",
}
YES_OR_NO = {"latent_attention", "few_dense"}
LEAST = 5  # traits that must be known on both sides
# What two sets of weights share if one was trained on from the other.
BODY = ["n_layers", "hidden_size", "vocab_size", "n_routed_experts", "experts_per_token",
        "expert_ffn_size"]  # fmt: skip


def designs(models: pd.DataFrame, configs: pd.DataFrame) -> pd.DataFrame:
    """Mixture-of-experts models that were built anew, with how they are built.

    A model trained on from an MoE model of another release is none of its own. Where no base
    is stated, a body that an earlier model has too (layers, width, vocabulary, experts) is
    taken for that model's, whoever published it. Of several sizes of a release each is one.

    Parameters
    ----------
    models : all the record's, as `counting.select` gives them, by day; an earlier body must be
        among them even if an edition does not count it
    configs : the table of the record, graded by its evidence (`counting.graded`)

    Returns
    -------
    DataFrame
        Rows of `models` that have a configuration, with its columns, the lower of the two
        grades as grade, and sparsity (active over
        total parameters), granularity, latent_attention and few_dense (nullable booleans:
        multi-head latent attention in at least some layers; a dense network in some
        layers but fewer than half).
    """
    table = models[models.is_moe].merge(
        configs.rename(columns={"grade": "config_grade"}), on="model_id", validate="1:1"
    )
    bases = models.set_index("model_id")
    release = table.base_model_id.map(bases.release_id)
    derived = table.base_model_id.map(bases.is_moe).eq(True) & (release != table.release_id)
    table = table[~derived]
    copied = table.duplicated(BODY) & table[BODY].notna().all(axis=1)
    table = table[~copied]
    latent = ((table.attention == "mla") | table.kv_lora_rank.notna()).astype("boolean")
    layers = table.n_ffn_layers.fillna(table.n_layers)
    dense = table.n_dense_layers
    return table.assign(
        grade=table[["grade", "config_grade"]].max(axis=1),
        sparsity=(table.active_params_b / table.total_params_b).astype("Float64"),
        granularity=granularity(table),
        latent_attention=latent.mask(table.attention.isna() & ~latent),
        few_dense=(dense > 0) & (2 * dense < layers),
    ).reset_index(drop=True)


def likeness(table: pd.DataFrame, reference: pd.Series) -> pd.DataFrame:
    """How like that of `reference` each design's recipe is, trait by trait.

    A coefficient of similarity as Gower's (Biometrics 27, 1971): the mean over the traits known
    on both sides of scores from 0 to 1. A trait of kind yes or no scores 1 if equal; a number
    scores 1 if equal, 0 from twice or half the reference's on, and in between 1 minus the
    binary logarithm of the ratio. Unlike Gower's, the scale does not depend on the other
    models. All traits weigh alike.

    Parameters
    ----------
    table : as `designs` gives them
    reference : a row of such a table

    Returns
    -------
    DataFrame
        `table` with a column ``score of TRAIT`` for each key of `TRAITS`, known (traits on both
        sides) and likeness (0 to 1), missing where fewer than `LEAST` traits are known.
    """
    scores = pd.DataFrame(
        {
            f"score of {name}": _score(table[column], reference[column])
            for name, column in TRAITS.items()
        }
    )
    known = scores.notna().sum(axis=1)
    return table.assign(
        **scores, known=known, likeness=scores.mean(axis=1).where(known >= LEAST)
    )


def candidates(scored: pd.DataFrame, reference: pd.Series, close: float) -> pd.DataFrame:
    """One design a release, of other organisations than the reference's, marked as close or not.

    Of several sizes of a release the largest counts, so that the choice does not depend on how
    like the reference it is.

    Parameters
    ----------
    scored : as `likeness` gives it, by day
    reference : the row compared with
    close : likeness (0 to 1) from which a recipe is close

    Returns
    -------
    DataFrame
        Rows of `scored` of known likeness, by day, with is_close (bool).
    """
    others = scored[scored.organisation_id != reference.organisation_id]
    others = others.dropna(subset="likeness").sort_values("total_params_b", ascending=False)
    largest = others.drop_duplicates("release_id").sort_values(["released_on", "model_id"])
    return largest.assign(is_close=largest.likeness >= close).reset_index(drop=True)


def by_trait(chosen: pd.DataFrame, reference: pd.Series, level: float) -> pd.DataFrame:
    """How many designs share each trait of the reference, before its day and from then on.

    A number is shared if it scores at least 0.9, which is within 7 %. Wilson's intervals take
    designs as independent.

    Parameters
    ----------
    chosen : as `candidates` gives them
    reference : the row compared with
    level : of the intervals

    Returns
    -------
    DataFrame
        One row a trait: trait, reference (its value there, in words), same_before and
        same_since (shares, 0 to 1, missing where n is 0), n_before, n_since (counts) and
        interval (of same_since, in words).
    """
    since = chosen.released_on >= reference.released_on
    rows = []
    for name, column in TRAITS.items():
        same = chosen[f"score of {name}"].dropna() >= 0.9
        before, after = same[~since.loc[same.index]], same[since.loc[same.index]]
        low, high = wilson(int(after.sum()), len(after), level) if len(after) else (0, 1)
        rows.append(
            {
                "trait": name,
                "reference": _value(column, reference[column]),
                "same_before": before.mean(),
                "n_before": len(before),
                "same_since": after.mean(),
                "interval": f"{low:.0%} to {high:.0%}",
                "n_since": len(after),
            }
        )
    return pd.DataFrame(rows)


def differences(row: pd.Series, reference: pd.Series) -> str:
    """The traits in which a design differs from the reference, each with its value, in words.

    Numbers that differ by less than a tenth are not named.
    """
    said = []
    for name, column in TRAITS.items():
        own, other = row[column], reference[column]
        if pd.isna(own) or pd.isna(other):
            continue
        if (own != other) if column in YES_OR_NO else (abs(own - other) > 0.1 * other):
            said.append(f"{name} {_value(column, own)}")
    return "; ".join(said) or "none"


def _value(column: str, value) -> str:
    if pd.isna(value):
        return "not known"
    if column in YES_OR_NO:
        return "yes" if value else "no"
    if column == "sparsity":
        return f"{value:.1%}"
    return f"{float(value):.2g}" if column == "granularity" else f"{value:,}"


def _score(values: pd.Series, reference) -> pd.Series:
    if pd.isna(reference):
        return pd.Series(np.nan, values.index)
    own, other = values.astype("Float64").astype(float), float(reference)
    equal = (own == other).astype(float).where(own.notna())
    if values.name in YES_OR_NO or other == 0:
        return equal
    with np.errstate(divide="ignore"):
        return (1 - np.abs(np.log2(own / other))).clip(lower=0)
