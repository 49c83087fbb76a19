"""How far one group of systems lags behind another on a public index, in days.

For each score that set the leaders' record, the lag is the time until a follower had it too: the
horizontal distance of two staircases. Scores are compared within one table of one day only,
since an index re-fitted, or asked other questions, has other points. A score that no follower has
reached by the end of the followers' data is right-censored, so a median is Kaplan and Meier's
(JASA 53, 1958), with the interval of Brookmeyer and Crowley (Biometrics 38, 1982).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from almanac.measures.counting import REGIONS, lowest_grade
from almanac.measures.estimate import Estimate
from almanac.measures.intervals import effective_n, log_log

METRICS = {"eci": "Epoch's ECI", "arena": "LMArena", "livebench": "LiveBench"}
GROUPS = {
    "closed": {"access": "closed"},
    "open (China)": {"access": "open", "region": "china"},
    "open (US)": {"access": "open", "region": "us"},
}
ROUNDING = 1e-9  # of a share, since weights are not whole
LEAST = 5  # records reached; with fewer a median says nothing
METHOD = "Kaplan-Meier median, Brookmeyer-Crowley interval at the effective number of catches"


@dataclass(frozen=True)
class Pair:
    """Two groups to compare: who leads, by presumption, and who follows.

    Attributes
    ----------
    key : short name
    followers, leaders : the groups, for readers
    follower, leader : what columns of `scores` hold for the members of each
    """

    key: str
    followers: str
    leaders: str
    follower: dict[str, str]
    leader: dict[str, str]

    def sides(self, scores: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The leaders' and the followers' rows of `scores`."""
        return _where(scores, self.leader), _where(scores, self.follower)


PAIRS = (
    Pair("open", "open weights", "closed", {"access": "open"}, {"access": "closed"}),
    Pair("china", "China", "US", {"region": "china"}, {"region": "us"}),
    Pair(
        "open-us",
        "US open weights",
        "Chinese open",
        {"access": "open", "region": "us"},
        {"access": "open", "region": "china"},
    ),
)


def scores(
    capabilities: pd.DataFrame, models: pd.DataFrame, *, as_of: str, regions: list[str]
) -> pd.DataFrame:
    """Scores of systems whose day of release is known.

    Parameters
    ----------
    capabilities : the record's table of that name, with value_confidence and
        released_on_confidence, as `record.with_confidence` adds them
    models : the record's models with their release joined on, and released_on_confidence
    as_of : last day of release to count
    regions : regions of the publishers to count; with all four, those of unknown region count too

    Returns
    -------
    DataFrame
        By day: subject, metric, value (the metric's own points), measured_on (day of the table),
        access, region, organisation_id (missing outside the record), day (of release: the
        record's own where the system is a model of it, else the list's) and grade (the lower one
        of score and day). A system without a day is left out, whatever it scored.
    """
    own = models.set_index("model_id")[
        ["organisation_id", "released_on", "released_on_confidence"]
    ].reindex(capabilities.model_id)
    own.index = capabilities.index
    grades = pd.DataFrame(
        {
            "score": capabilities.value_confidence,
            "day": own.released_on_confidence.where(
                own.released_on.notna(), capabilities.released_on_confidence
            ),
        }
    )
    table = capabilities.assign(
        organisation_id=own.organisation_id,
        day=own.released_on.fillna(capabilities.released_on),
        grade=grades.fillna("D").max(axis=1),
    )
    if not set(REGIONS) <= set(regions):
        table = table[table.region.isin(regions)]
    table = table[table.day <= pd.Timestamp(as_of)]  # which no missing day is
    columns = ["subject", "metric", "value", "measured_on", "access", "region", "organisation_id",
               "day", "grade"]
    return table[columns].sort_values(["day", "subject"], ignore_index=True)


def table_of(scores: pd.DataFrame, metric: str, pair: Pair) -> pd.DataFrame:
    """The one table of a metric that dates the most systems of the pair's smaller side.

    Of equals, the latest. It is empty if no table has systems of both sides.
    """
    rows = scores[scores.metric == metric]
    tables, days = pd.factorize(rows.measured_on, sort=True)
    sides = (_held(rows, held) for held in (pair.leader, pair.follower))
    smaller = np.min([np.bincount(tables, side, len(days)) for side in sides], axis=0)
    if not smaller.any():
        return rows.iloc[:0]
    return rows[tables == np.flatnonzero(smaller == smaller.max())[-1]]


def frontier(scores: pd.DataFrame) -> pd.DataFrame:
    """The systems that scored, on their day, more than any before; of one day only the best."""
    best = scores.sort_values(["day", "value"]).drop_duplicates("day", keep="last")
    before = best.value.cummax().shift(fill_value=-np.inf)
    return best[best.value > before].reset_index(drop=True)


def lags(leaders: pd.DataFrame, followers: pd.DataFrame, since: str) -> pd.DataFrame:
    """For each record of the leaders, how long the followers took to reach its score.

    Parameters
    ----------
    leaders, followers : rows of `scores`, of one table
    since : first day of the records to count; the staircases rise from all rows

    Returns
    -------
    DataFrame
        One row a record up to the followers' last day: day, subject, value, caught_by (name of
        the first follower with at least that score), days (until then; 0 if a follower was
        there before; if none is, until the followers' last day) and caught (bool).
    """
    columns = ["day", "subject", "value", "caught_by", "days", "caught"]
    steps, behind = frontier(leaders), frontier(followers)
    if behind.empty:
        return steps.assign(caught_by=None, days=0.0, caught=False)[columns].iloc[:0]
    end = followers.day.max()
    steps = steps[(steps.day >= pd.Timestamp(since)) & (steps.day <= end)]
    place = behind.value.searchsorted(steps.value)  # the frontier rises, so it is sorted
    caught = place < len(behind)
    catch = behind.iloc[np.minimum(place, len(behind) - 1)]
    reached = catch.day.where(caught, end).to_numpy()
    days = (reached - steps.day.to_numpy()) / np.timedelta64(1, "D")
    return steps.assign(
        caught_by=catch.subject.where(caught, None).to_numpy(),
        days=np.maximum(days, 0.0),
        caught=caught,
    )[columns].reset_index(drop=True)


def median_lag(
    points: pd.DataFrame, pair: Pair, *, organisations: int, confidence: str, level: float
) -> Estimate:
    """Half of the leaders' records were reached by a follower within this many days.

    One follower often reaches several records at once, so records are not independent: between
    two groups without any lag, an interval that takes them so leaves 0 out in a fifth to a half of
    simulated histories. The interval is therefore made as if there were only as many records as
    the effective n (Kish) of those reached together; one not yet reached stands by itself.

    Parameters
    ----------
    points : as `lags` gives them
    pair : the groups compared
    organisations, confidence : publishers of the record among them, and the lowest grade of
        evidence of scores and days
    level : of the interval

    Raises
    ------
    ValueError
        If fewer than `LEAST` records were reached, or fewer than half by the end.
    """
    from statsmodels.duration.survfunc import SurvfuncRight

    if points.caught.sum() < LEAST:
        raise ValueError(f"only {points.caught.sum()} records were reached, fewer than {LEAST}")
    together = points.caught_by.value_counts().to_list() + [1] * int((~points.caught).sum())
    weight = effective_n(pd.Series(together)) / len(points)
    curve = SurvfuncRight(points.days.to_numpy(), points.caught.to_numpy(int))
    # fewer records of the same curve: its variance is inverse to their number
    below, above = log_log(curve.surv_prob, curve.surv_prob_se / np.sqrt(weight), level)
    # where the curve ends at 0 its variance is undefined, so the upper end stays open
    above = np.where(curve.surv_prob <= ROUNDING, 1.0, above)
    value, low, high = (
        _first_half(curve.surv_times, line) for line in (curve.surv_prob, below, above)
    )
    if value is None:
        raise ValueError("fewer than half of the records were reached by the end of the data")
    return Estimate(
        value=value,
        low=low,
        high=high,
        level=level,
        n=len(points),
        organisations=organisations,
        unit=f"days until {pair.followers} reached a record of {pair.leaders} systems, median over "
        "those records (organisations: of the systems that this book holds)",
        method=METHOD,
        confidence=confidence,
        kind="count",
        neutral=0.0,
    )


def compare(
    scores: pd.DataFrame, *, since: str, level: float
) -> tuple[pd.DataFrame, dict[tuple[str, str], Estimate]]:
    """The lag of every pair on every metric, side by side.

    Parameters
    ----------
    scores : as `scores` gives them
    since : first day of the leaders' records to count
    level : of the intervals

    Returns
    -------
    A frame with a row a pair and metric: pair (key), comparison, metric (names), table (day of the
    scores; missing where no table has both sides), leaders, followers (systems with a day),
    records, reached (counts), ends (last day of the followers' data), median, low, high (days;
    missing where not defined or open). And the estimates that are defined, by pair and metric.
    """
    rows, found = [], {}
    for pair in PAIRS:
        for metric, name in METRICS.items():
            table = table_of(scores, metric, pair)
            leaders, followers = pair.sides(table)
            points = lags(leaders, followers, since)
            row = {
                "pair": pair.key,
                "comparison": f"{pair.followers} behind {pair.leaders}",
                "metric": name,
                "table": table.measured_on.max(),
                "leaders": len(leaders),
                "followers": len(followers),
                "records": len(points),
                "reached": int(points.caught.sum()),
                "ends": followers.day.max(),
            }
            both = pd.concat([leaders, followers])
            try:
                estimate = median_lag(
                    points,
                    pair,
                    organisations=both.organisation_id.nunique(),
                    confidence=lowest_grade(both),
                    level=level,
                )
            except ValueError:  # too few reached, which the counts show
                rows.append(row)
                continue
            found[pair.key, metric] = estimate
            rows.append(
                row | {"median": estimate.value, "low": estimate.low, "high": estimate.high}
            )
    columns = ["pair", "comparison", "metric", "table", "leaders", "followers", "records",
               "reached", "ends", "median", "low", "high"]
    table = pd.DataFrame(rows, columns=columns)
    return table.astype({"median": float, "low": float, "high": float}), found


def staircases(scores: pd.DataFrame, groups: dict[str, dict[str, str]]) -> pd.DataFrame:
    """The frontiers of groups, for a chart: each line ends where the group's data do.

    Parameters
    ----------
    scores : rows of `scores`, of one table
    groups : what columns hold for the members of each group, by its name

    Returns
    -------
    DataFrame
        One row a step: series (the name), day, value, subject; and a last row a series at the day
        of its last system, without a subject.
    """
    parts = []
    for name, held in groups.items():
        rows = _where(scores, held)
        steps = frontier(rows)[["day", "value", "subject"]]
        if len(steps):
            end = {"day": rows.day.max(), "value": steps.value.iloc[-1], "subject": None}
            parts.append(pd.concat([steps, pd.DataFrame([end])]).assign(series=name))
    columns = ["series", "day", "value", "subject"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)



def in_words(pair: Pair, metric: str, found: Estimate) -> str:
    """What a `median_lag` says, for `notebook.headline`."""
    half = (
        f"half of the records that {pair.leaders} systems set were reached by {pair.followers} "
        "within {value} days ({interval})"
    )
    return (
        f"{metric}: {half}."
        if found.side == "above"
        else f"{metric}: no clear lag between {pair.leaders} systems and {pair.followers}; {half}."
    )


def side_by_side(table: pd.DataFrame) -> str:
    """How much the metric matters, from `compare`, for readers."""
    sentences = []
    for name, rows in table.dropna(subset="median").groupby("comparison", sort=False):
        if len(rows) > 1:
            low, high = rows["median"].min(), rows["median"].max()
            sentences.append(
                f"For {name} the medians of {len(rows)} metrics run from {low:.0f} to {high:.0f} "
                "days."
            )
    return " ".join(sentences)



def ends_in_words(scores: pd.DataFrame) -> str:
    """Where the data of each group of `GROUPS` end on the Epoch Capabilities Index."""
    table = table_of(scores, "eci", PAIRS[0])
    ends = {name: _where(table, held).day.max() for name, held in GROUPS.items()}
    known = [f"{name} in {end:%B %Y}" for name, end in ends.items() if pd.notna(end)]
    return f"the last dated systems are {', '.join(known) or 'none'}."


def title(table: pd.DataFrame, found: dict[tuple[str, str], Estimate]) -> str:
    """The finding of `compare` on open weights and closed ones."""
    medians = [estimate for (pair, _), estimate in found.items() if pair == PAIRS[0].key]
    if not medians:
        return f"Medians of {len(table)} comparisons"
    if not all(estimate.side == "above" for estimate in medians):
        clear = sum(estimate.side == "above" for estimate in medians)
        if not clear:
            return "Open weights show no clear lag on any index that has a median"
        return f"Open weights clearly lag behind closed ones on {clear} of {len(medians)} indices"
    days = sorted(estimate.value for estimate in medians)
    span = f"{days[0]:.0f}" if len(days) == 1 else f"{days[0]:.0f} to {days[-1]:.0f}"
    return f"Open weights reach what closed systems had after {span} days at the median"


def _first_half(times: np.ndarray, left: np.ndarray) -> float | None:
    """The first of the times at which at most half is left; None if more is to their end."""
    reached = times[left <= 0.5 + ROUNDING]
    return float(reached[0]) if len(reached) else None


def _where(table: pd.DataFrame, held: dict[str, str]) -> pd.DataFrame:
    return table[_held(table, held)]


def _held(table: pd.DataFrame, held: dict[str, str]) -> np.ndarray:
    return np.all([np.asarray(table[column] == value) for column, value in held.items()], axis=0)
