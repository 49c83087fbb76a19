"""How sparse mixture-of-experts models are, and how finely their experts are cut.

Newer models are larger, and larger ones sparser, so the change a year is taken alone and at
equal size: least squares of the logarithm of active over total parameters on the day and on the
logarithm of the total together. By the theorem of Frisch and Waugh (Econometrica 1, 1933) and
Lovell (JASA 58, 1963) each slope is that of a plot in which the other variable has been taken
out of both axes.

At equal total, sparser means fewer active parameters: the slopes of time are the same for
either. The slope of size is not; it would be as low as minus one, in logarithms, if active
parameters did not grow with the total at all.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from almanac.measures.counting import Rows, rests_on
from almanac.measures.estimate import Estimate
from almanac.measures.intervals import BOOTSTRAP, FEW, cluster_bootstrap, summed, sums_by, sums_of

ORIGIN = pd.Timestamp("2025-01-01")  # of time; any day gives the same slopes
YEAR = pd.Timedelta(days=365.25)
LEAST = 5  # organisations; with fewer not even the jackknife says anything
JACKKNIFE = "jackknife by organisation with Student's t"

Slope = Callable[[np.recarray], np.ndarray]  # of sums, one a draw


def sparsity(models: pd.DataFrame, unit: str = "release") -> pd.DataFrame:
    """MoE models whose total and active parameters are both known, with active / total.

    Parameters
    ----------
    models : as `counting.select` gives them
    unit : as in `bodies`

    Returns
    -------
    DataFrame
        Of `models` the `bodies`, with ``sparsity``.
    """
    return bodies(with_sparsity(models), unit)


def with_sparsity(models: pd.DataFrame) -> pd.DataFrame:
    """Add ``sparsity``, the share of parameters active for a token (0 to 1; blank unless both
    counts are known)."""
    share = models.active_params_b.astype(float) / models.total_params_b.astype(float)
    return models.assign(sparsity=share)


def bodies(models: Rows, unit: str) -> Rows:
    """MoE models of known sparsity, each body once.

    Parameters
    ----------
    models : as `counting.select` gives them, `with_sparsity`; a data frame or a record array
    unit : a key of `counting.UNITS`. For ``release`` one row a release and pair of counts, so
        that many variants of one body count once; for ``family`` one a family of an organisation
        and pair, on its first day; for ``model`` every model
    """
    rows = models[np.asarray(models.is_moe, bool) & np.isfinite(np.asarray(models.sparsity, float))]
    once = {"release": ["release_id"], "family": ["organisation_id", "family"]}.get(unit)
    if not once:
        return rows
    of = np.zeros(len(rows), int)
    for key in (*once, "total_params_b", "active_params_b"):
        codes, found = pd.factorize(np.asarray(rows[key]))
        of = pd.factorize(of * len(found) + codes)[0]
    return rows[np.isin(np.arange(len(rows)), np.unique(of, return_index=True)[1])]


def median_sparsity(known: pd.DataFrame, least: int) -> pd.Series:
    """Median active share (0 to 1) by year, without years of fewer than `least` models unless
    all are such.

    Parameters
    ----------
    known : as `sparsity` gives it
    """
    years = known.groupby("year").sparsity.agg(["median", "size"])
    enough = years[years["size"] >= least]
    return (enough if len(enough) else years)["median"]


def sparsity_trend(known: Rows, *, size: int, seed: int, level: float) -> Estimate:
    """Factor by which the active share changes in a year: least squares on its logarithm.

    A factor below 1 means sparser models. It says nothing of why, and large models are both
    later and sparser: see `at_equal_size`.

    Parameters
    ----------
    known : as `sparsity` or `bodies` give them
    size, seed, level : of the cluster bootstrap; see `intervals`

    Raises
    ------
    ValueError
        If the models are of fewer than `LEAST` organisations, or all of one day.
    """
    what = "factor a year in active over total parameters of MoE models"
    return _factor(known, known.sparsity, _alone, what, size, seed, level)


def at_equal_size(known: Rows, *, size: int, seed: int, level: float) -> Estimate:
    """Factor by which the active share changes in a year among models of equal total size.

    Least squares of the logarithm of the share on the day and the logarithm of the total
    together; below 1, newer models are sparser than older ones as large as they. The
    logarithms are taken to be linear in both, alike for all organisations. Draws are of whole
    organisations.

    Parameters
    ----------
    known, size, seed, level : as in `sparsity_trend`

    Raises
    ------
    ValueError
        If the models are of fewer than `LEAST` organisations, or their day tells their size.
    """
    what = "factor a year in active over total parameters of MoE models of equal total"
    return _factor(known, known.sparsity, _time_given_size, what, size, seed, level)


def by_size(known: Rows, *, size: int, seed: int, level: float) -> Estimate:
    """Factor in the active share for ten times the total, among models of one day.

    The other slope of the regression of `at_equal_size`, which has the parameters and errors.
    An error in a total is in the share too, with the other sign, and makes the factor lower.
    """
    what = "factor in active over total parameters of MoE models for ten times the total"
    return _factor(known, known.sparsity, _size_given_time, what, size, seed, level)


def partial(known: pd.DataFrame) -> pd.DataFrame:
    """The two added-variable plots of the regression of `at_equal_size`.

    Each axis holds residuals given the other variable, moved back by their means, so that it
    reads as a day, a size or a share: of a typical model, the one at the mean of all (a
    geometric mean for sizes and shares). Least squares through either pair gives the slope of
    the regression with both (Frisch-Waugh-Lovell).

    Parameters
    ----------
    known : as `sparsity` gives it

    Returns
    -------
    DataFrame
        Rows of `known` with day_given_size (date), sparsity_given_size (share at typical
        size), size_given_day (billions), sparsity_given_day (share at the typical day); and
        fit_given_size and fit_given_day, the shares on the fitted lines.
    """
    years, sizes = _years(known.released_on), np.log10(known.total_params_b)
    logs = np.log(known.sparsity)
    day, share = (_left_over(values, sizes) for values in (years, logs))
    total, share_on_day = (_left_over(values, years) for values in (sizes, logs))
    moved = ORIGIN + pd.to_timedelta(day + years.mean(), "D") * 365.25
    return known.assign(
        day_given_size=moved.dt.round("D"),
        sparsity_given_size=np.exp(share + logs.mean()),
        fit_given_size=np.exp(share - _left_over(share, day) + logs.mean()),
        size_given_day=10 ** (total + sizes.mean()),
        sparsity_given_day=np.exp(share_on_day + logs.mean()),
        fit_given_day=np.exp(share_on_day - _left_over(share_on_day, total) + logs.mean()),
    )


def by_year(known: pd.DataFrame, designs: pd.DataFrame) -> pd.DataFrame:
    """How MoE models of each year are built: medians, and how many each rests on.

    Parameters
    ----------
    known : as `sparsity` gives it
    designs : as `recipes.designs` gives them

    Returns
    -------
    DataFrame
        One row a year that has any: year, models, active_share (0 to 1), designs,
        routed_experts, experts_per_token, granularity (medians) and with_shared (share of the
        designs that say so which have shared experts).
    """
    body = known.groupby("year").agg(
        models=("sparsity", "size"), active_share=("sparsity", "median")
    )
    built = (
        designs.assign(shared=(designs.n_shared_experts > 0).astype("Float64"))
        .groupby("year")
        .agg(
            designs=("model_id", "size"),
            routed_experts=("n_routed_experts", "median"),
            experts_per_token=("experts_per_token", "median"),
            granularity=("granularity", "median"),
            with_shared=("shared", "mean"),
        )
    )
    table = body.join(built, how="outer").reset_index()
    counts = {"models": "Int64", "designs": "Int64"}
    return table.astype(counts).fillna({"models": 0, "designs": 0})


def granularity(configs: pd.DataFrame) -> pd.Series:
    """How many routed experts one standard feed-forward network makes.

    Ludziejewski et al. (ICML 2024, arXiv 2402.07871) define granularity as the width of a
    standard network over that of an expert; DeepSeekMoE (arXiv 2401.06066, section 3.1) cuts
    each expert into that many. A released model has no standard network to compare with, so it
    is taken as the usual one, four times as wide as the model with two matrices, which is 8
    times the squared width in parameters; what counts is parameters, as experts may have a gate
    (three matrices) and work in a narrower space. For DeepSeekMoE 16B this gives 3.9 where the
    paper says that an expert is 0.25 times a standard network (section 5.1.2).

    Parameters
    ----------
    configs : hidden_size, expert_ffn_size, expert_hidden_size (elements) and ffn_gated

    Returns
    -------
    Series
        One number a row, missing where the configuration does not say enough.
    """
    matrices = configs.ffn_gated.map({True: 3, False: 2}, na_action="ignore").astype("Float64")
    width = configs.expert_hidden_size.fillna(configs.hidden_size)
    expert = matrices * width * configs.expert_ffn_size
    return (8 * configs.hidden_size**2 / expert).astype("Float64").rename("granularity")


def granularity_trend(
    designs: Rows, *, size: int, seed: int, level: float
) -> Estimate:
    """Factor by which granularity changes in a year: least squares on its logarithm.

    Parameters
    ----------
    designs : as `recipes.designs` gives them; those of unknown granularity are left out
    size, seed, level : as in `sparsity_trend`

    Raises
    ------
    ValueError
        As `sparsity_trend`.
    """
    cut = designs[np.isfinite(np.asarray(designs.granularity, float))]
    what = "factor a year in the granularity of newly built MoE models"
    return _factor(cut, np.asarray(cut.granularity, float), _alone, what, size, seed, level)


def _years(days: pd.Series | np.ndarray) -> pd.Series | np.ndarray:
    return (days - np.datetime64(ORIGIN)) / YEAR.to_numpy()


def _left_over(values: pd.Series, given: pd.Series) -> pd.Series:
    """Residuals of `values` after least squares on `given` and a constant."""
    centred = given - given.mean()
    rest = values - values.mean()
    return rest - centred * (centred @ rest) / (centred @ centred)


def _factor(
    rows: Rows,
    share: pd.Series | np.ndarray,
    slope: Slope,
    what: str,
    size: int,
    seed: int,
    level: float,
) -> Estimate:
    """A slope of the logarithm of `share` as a factor, with its interval.

    With few organisations the bootstrap's interval is too narrow; the jackknife by cluster
    with Student's t is then the safer one (MacKinnon, Nielsen and Webb, Journal of Applied
    Econometrics 38, 2023).
    """
    x = np.asarray(_years(rows.released_on))
    y, z = np.log(np.asarray(share)), np.log10(np.asarray(rows.total_params_b, float))
    totals = sums_by(
        rows.organisation_id,
        **{"n": 1, "x": x, "y": y, "z": z},
        **{"xx": x * x, "zz": z * z, "xz": x * z, "xy": x * y, "zy": z * y},
    )
    if len(totals) < LEAST:
        raise ValueError(f"the {what} needs models of at least {LEAST} organisations")
    value = slope(summed(totals))[0]
    if not np.isfinite(value):
        raise ValueError(f"the {what} is undefined: all models are of one day or one size")
    if len(totals) < FEW:
        low, high = _jackknife(totals, slope, level)
    else:
        low, high = cluster_bootstrap(totals, slope, size=size, seed=seed, level=level)
    # Rounded, as where nothing moves the sums leave an error in the last digits.
    value, low, high = np.exp(np.round([value, low, high], 9))
    return Estimate(
        value=float(value),
        low=float(low),
        high=float(high),
        level=level,
        unit=what,
        method="least squares on the logarithm, "
        + (JACKKNIFE if len(totals) < FEW else BOOTSTRAP),
        neutral=1.0,
        **rests_on(rows),
    )


def _jackknife(totals: np.recarray, slope: Slope, level: float) -> tuple[float, float]:
    """Interval of a slope from the slopes without each organisation in turn."""
    from scipy.stats import t

    clusters, everything = len(totals), summed(totals)
    without = slope(sums_of(**{n: everything[n] - totals[n] for n in totals.dtype.names}))
    if not np.isfinite(without).all():
        raise ValueError("the slope is undefined without one of few organisations")
    value = slope(everything)[0]
    error = np.sqrt((clusters - 1) / clusters * ((without - value) ** 2).sum())
    reach = t.ppf((1 + level) / 2, clusters - 1) * error
    return value - reach, value + reach


def _alone(sums: np.recarray) -> np.ndarray:
    """Slope of y on x."""
    at = _deviations(sums)
    # A draw of models of one day has no slope, but rounding would make one up.
    return at["xy"] / np.where(at["xx"] > 1e-9, at["xx"], np.nan)


def _time_given_size(sums: np.recarray) -> np.ndarray:
    """Slope of y on x in a regression on x and z."""
    at = _deviations(sums)
    return (at["zz"] * at["xy"] - at["xz"] * at["zy"]) / _determinant(at)


def _size_given_time(sums: np.recarray) -> np.ndarray:
    """Slope of y on z in a regression on x and z."""
    at = _deviations(sums)
    return (at["xx"] * at["zy"] - at["xz"] * at["xy"]) / _determinant(at)


def _deviations(sums: np.recarray) -> dict[str, np.ndarray]:
    """Sums of products of deviations from the means, times the number of rows."""
    pairs = ("xx", "zz", "xz", "xy", "zy")
    return {a + b: sums.n * sums[a + b] - sums[a] * sums[b] for a, b in pairs}


def _determinant(at: dict[str, np.ndarray]) -> np.ndarray:
    """Missing where one variable does not move, or not apart from the other."""
    spread = at["xx"] * at["zz"]
    moves = (at["xx"] > 1e-9) & (at["zz"] > 1e-9)
    found = spread - at["xz"] ** 2
    return np.where(moves & (found > 1e-9 * spread), found, np.nan)
