"""How permissive licences are, by region and over time."""

import warnings
from functools import cache

import numpy as np
import pandas as pd

from almanac.measures import counting
from almanac.measures.counting import REGIONS, UNITS, Rows, rests_on
from almanac.measures.estimate import Estimate
from almanac.measures.intervals import FEW

CLASSES = {
    4: "permissive",
    3: "permissive with terms",
    2: "restricted use",
    1: "non-commercial",
}  # class 0, none or unclear, is no place on this scale
IN = {"us": "the United States", "china": "China", "europe": "Europe", "other": "other regions"}
WAYS = {"above": "became freer", "below": "became less free", "unclear": "show no clear trend"}
METHOD = "ordered logit, sandwich clustered by organisation"
DAYS_A_YEAR = 365.25


def of_units(models: Rows, units: Rows, unit: str) -> Rows:
    """The licence class of each unit: that of its largest model.

    Parameters
    ----------
    models : as `counting.select` or `counting.bare_models` gives them
    units : as `counting.units` or `counting.bare_units` gives them, of the same models
    unit : a key of `counting.UNITS`

    Returns
    -------
    Rows
        Those of `units` with licence_class (0 to 4; 0 where no licence is known, or it is unclear).
    """
    counted, of = counting.members(models, unit)
    sizes = -np.asarray(counted.total_params_b, float)  # nan is last
    order = np.lexsort((pd.factorize(counted.model_id, sort=True)[0], sizes, of))
    largest = order[np.unique(of[order], return_index=True)[1]]
    classes = np.nan_to_num(np.asarray(counted.licence_class, float)[largest]).astype(int)
    return counting.with_columns(units, licence_class=classes)


def clear(classed: Rows) -> Rows:
    """The rows of `of_units` whose licence has a place on the scale."""
    return classed[np.isin(classed.licence_class, list(CLASSES))]


def by_region_and_year(classed: pd.DataFrame, regions: list[str]) -> pd.DataFrame:
    """How the licences of each region and year are spread over the classes.

    Parameters
    ----------
    classed : as `of_units` gives them
    regions : keys of `counting.REGIONS`, in the order of the rows

    Returns
    -------
    DataFrame
        One row a region, year and class that has any: region, year, licence (in words), units, n
        (counts; of all in that region and year with a clear licence), share (0 to 1, four places).
    """
    rows = clear(classed)
    rows = rows[rows.region.isin(regions)]
    counts = (
        rows.groupby(["region", "year", "licence_class"]).size().rename("units").reset_index()
    )
    counts["n"] = counts.groupby(["region", "year"]).units.transform("sum")
    place = {region: number for number, region in enumerate(regions)}
    counts = counts.sort_values(
        ["region", "year", "licence_class"],
        ascending=[True, True, False],
        key=lambda column: column.map(place) if column.name == "region" else column,
        ignore_index=True,
    )
    return counts.assign(
        licence=counts.licence_class.map(CLASSES), share=(counts.units / counts.n).round(4)
    )


def odds_ratios(
    classed: Rows, unit: str, *, base: str, level: float
) -> dict[str, Estimate]:
    """How time and region go with a more permissive licence.

    A proportional-odds model (McCullagh, Journal of the Royal Statistical Society B 42, 1980) of
    the class on years and region. Its one ratio a term holds at every step of the scale, which is
    an assumption: `by_step` shows how far it is off. Organisations, not releases, are taken as
    independent (a sandwich of the scores summed by organisation).

    Parameters
    ----------
    classed : as `of_units` gives them; those without a clear licence are left out
    unit : what a row is, a key of `counting.UNITS`
    base : region that the others are compared with
    level : of the intervals, by the normal distribution of the logarithm

    Returns
    -------
    The odds ratio of a more permissive class by term: ``year`` (a year later) and each region
    other than `base`.

    Raises
    ------
    ValueError
        If a region has too few organisations, or no two classes, times or regions to compare, or
        the likelihood has no maximum.
    """
    from scipy.stats import norm

    rows = clear(classed)
    _check(rows, base)
    design = _design(rows, base)
    steps = pd.factorize(rows.licence_class, sort=True)[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of no convergence, which is checked below
        fit = _proportional_odds()(steps, design, distr="logit").fit(
            method="newton",
            disp=0,
            cov_type="cluster",
            cov_kwds={"groups": pd.factorize(rows.organisation_id)[0]},
        )
    if not fit.mle_retvals["converged"] or not np.isfinite(fit.bse).all():
        raise ValueError("the ordered logit has no maximum: a region or year has one class only")
    reach = norm.ppf((1 + level) / 2)
    found, basis = {}, rests_on(rows)
    for term in design.columns:
        middle, error = fit.params[term], fit.bse[term]
        found[term] = Estimate(
            value=float(np.exp(middle)),
            low=float(np.exp(middle - reach * error)),
            high=float(np.exp(middle + reach * error)),
            level=level,
            unit=f"odds ratio of a more permissive licence, {UNITS[unit]}",
            method=METHOD,
            **basis,
            neutral=1.0,
        )
    return found


@cache
def _proportional_odds():
    """statsmodels' ordered logit with the derivatives of its likelihood, which it takes by
    differences: a tenth of the time, the same fit.

    Derivatives of the logarithm of F(upper) - F(lower), with F the logistic distribution, and upper
    and lower the thresholds of the class less the linear term (McCullagh 1980, section 2.5).
    """
    from scipy.special import expit
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    class ProportionalOdds(OrderedModel):
        def cdf(self, x):  # scipy's checks each argument every time
            return expit(x)

        def pdf(self, x):
            return expit(x) * expit(-x)

        def _edges(self, params):
            """Lower and upper edge of each row, and their derivatives by the parameters."""
            levels, line = self.transform_threshold_params(params), self._linpred(params)
            # each threshold is the one before plus the exponential of its parameter
            steps = np.append(1, np.exp(params[self.exog.shape[1] + 1 :]))
            for above in (0, 1):
                moved = (np.arange(len(steps)) < self.endog[:, None] + above) * steps
                yield levels[self.endog + above] - line, np.hstack([-self.exog, moved])

        def score_obs(self, params):
            (low, by_low), (upper, by_upper) = self._edges(params)
            pulls = self.pdf(upper)[:, None] * by_upper - self.pdf(low)[:, None] * by_low
            return pulls / self.prob(low, upper)[:, None]

        def score(self, params):
            return self.score_obs(params).sum(axis=0)

        def hessian(self, params):
            (low, by_low), (upper, by_upper) = self._edges(params)
            inside = self.prob(low, upper)
            at_low, at_upper = self.pdf(low) / inside, self.pdf(upper) / inside
            low_bends = -at_low * (1 - 2 * expit(low)) - at_low**2
            upper_bends = at_upper * (1 - 2 * expit(upper)) - at_upper**2
            crossed = by_upper.T @ (by_low * (at_upper * at_low)[:, None])
            curve = by_upper.T @ (by_upper * upper_bends[:, None]) + crossed + crossed.T
            curve += by_low.T @ (by_low * low_bends[:, None])
            exponential = at_upper @ by_upper - at_low @ by_low  # bends too
            exponential[: self.exog.shape[1] + 1] = 0
            return curve + np.diag(exponential)

    return ProportionalOdds


def year_by_region(
    classed: Rows, unit: str, regions: list[str], *, level: float
) -> dict[str, Estimate]:
    """The odds ratio of a year, of each of `regions` by itself; those with too little are left out.

    Parameters are as in `odds_ratios`.
    """
    found = {}
    for region in regions:
        try:
            rows = classed[classed.region == region]
            found[region] = odds_ratios(rows, unit, base=region, level=level)["year"]
        except ValueError:
            continue
    return found


def in_words(found: Estimate) -> str:
    """What the odds ratio of China against the United States says, for `notebook.headline`."""
    who = {
        "above": "Chinese licences are freer than US ones of the same time",
        "below": "Chinese licences are less free than US ones of the same time",
        "unclear": "Chinese licences are not clearly freer or less free than US ones of the same "
        "time",
    }
    odds = "the odds of a freer class are {value} times as high ({interval})"
    return f"{who[found.side]}: {odds}."


def steps_in_words(steps: pd.DataFrame, region: str) -> str:
    """Whether the odds ratio of `region` holds at every step, from `by_step`, for readers."""
    if steps.empty:
        return ""
    each = ", ".join(
        f"{row[region]:.2f} for {CLASSES[int(row.at_least)]}"
        + ("" if row.at_least == max(CLASSES) else " or freer")
        for _, row in steps.iterrows()
    )
    sides = {bool(ratio > 1) for ratio in steps[region]}
    holds = "points the same way" if len(sides) == 1 else "does not point the same way"
    return f"At each step of the scale by itself the ratio {holds}: {each}."


def trend_in_words(found: Estimate, region: str) -> str:
    """What the odds ratio of a year says of a region, for `notebook.headline`."""
    return (
        f"In {IN[region]}, licences {WAYS[found.side]}: a year later the odds of a freer class are "
        "{value} times as high ({interval})."
    )


def title(found: dict[str, Estimate]) -> str:
    """What `year_by_region` found, in a clause a direction."""
    regions = {way: [] for way in WAYS}
    for region, ratio in found.items():
        regions[ratio.side].append(IN[region])
    clauses = [f"{WAYS[way]} in {' and '.join(names)}" for way, names in regions.items() if names]
    return f"Licences {', and '.join(clauses)}" if clauses else "Too few licences for a trend"


def by_step(classed: pd.DataFrame, *, base: str) -> pd.DataFrame:
    """The odds ratios at each step of the scale by itself: equal if odds are proportional.

    A logit of each cut of the scale (class at or above it) on the terms of `odds_ratios`.

    Returns
    -------
    DataFrame
        One row a cut that has both sides: at_least (a class) and the odds ratio of each term; a
        cut whose logit has no maximum, as a term separates its sides, has none.
    """
    import statsmodels.api as sm

    rows = clear(classed)
    design = sm.add_constant(_design(rows, base))
    found = []
    for cut in sorted(rows.licence_class.unique())[1:]:
        above = (rows.licence_class >= cut).astype(float)
        sides = pd.crosstab(rows.region, above)
        if (sides == 0).any(axis=None):
            continue
        fit = sm.GLM(above, design, family=sm.families.Binomial()).fit()
        found.append({"at_least": int(cut)} | np.exp(fit.params.drop("const")).to_dict())
    return pd.DataFrame(found, columns=["at_least", *design.columns.drop("const")])


def _design(rows: Rows, base: str) -> pd.DataFrame:
    days = np.asarray(rows.released_on)
    years = (days - days.min()) / np.timedelta64(1, "D") / DAYS_A_YEAR
    regions = np.asarray(rows.region)
    others = [region for region in REGIONS if region != base and (regions == region).any()]
    return pd.DataFrame(
        {"year": years - years.mean()}
        | {region: (regions == region).astype(float) for region in others},
        index=getattr(rows, "index", None),
    )


def _check(rows: Rows, base: str) -> None:
    classes, regions = np.asarray(rows.licence_class), np.asarray(rows.region)
    if len(set(classes)) < 2:
        raise ValueError("all licences are of one class")
    if len(set(np.asarray(rows.released_on))) < 2:
        raise ValueError("all releases are of one day")
    if not (regions == base).any():
        raise ValueError(f"there is nothing of {base} to compare with")
    if len(set(rows.organisation_id)) < FEW:
        raise ValueError(f"fewer than {FEW} organisations: too few for clustered errors")
    ends = {classes.min(), classes.max()}
    for region in REGIONS:
        held = set(classes[regions == region])
        if len(held) == 1 and ends & held:
            raise ValueError(f"all licences of {region} are at one end: its odds have no maximum")
