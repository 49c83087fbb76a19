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

from almanac.measures.estimate import Estimate
from almanac.measures.intervals import effective_n

METRICS = {"eci": "Epoch Capabilities Index", "arena": "LMArena", "livebench": "LiveBench"}
METHOD = "Kaplan-Meier median, Brookmeyer-Crowley interval at the effective number of catches"


@dataclass(frozen=True)
class Pair:
    """Two groups to compare: who leads, by presumption, and who follows.

    Attributes
    ----------
    key : short name
    name : in words, as in "open behind closed"
    leader, follower : what columns of `scores` hold for the members of each
    """

    key: str
    name: str
    leader: dict[str, str]
    follower: dict[str, str]

    def sides(self, scores: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The leaders' and the followers' rows of `scores`."""
        return _where(scores, self.leader), _where(scores, self.follower)


PAIRS = (
    Pair("open", "open weights behind closed", {"access": "closed"}, {"access": "open"}),
    Pair("china", "China behind the US", {"region": "us"}, {"region": "china"}),
    Pair(
        "open-us",
        "US open weights behind Chinese open weights",
        {"access": "open", "region": "china"},
        {"access": "open", "region": "us"},
    ),
)


def scores(
    capabilities: pd.DataFrame,
    models: pd.DataFrame,
    *,
    as_of: str,
    regions: list[str],
) -> pd.DataFrame:
    """Scores of systems whose day of release is known.

    Parameters
    ----------
    capabilities : the record's table of that name
    models : the record's models with their release joined on
    as_of : last day of release to count
    regions : regions of the publishers to count; with all four, those of unknown region count too

    Returns
    -------
    DataFrame
        By day: subject, metric, value (the metric's own points), measured_on (day of the table),
        access, region, day (of release: the record's own where the system is a model of it, else
        the list's) and confidence (the lower grade of score and day).
    """
    own = models.set_index("model_id").released_on.reindex(capabilities.model_id)
    day = pd.Series(own.to_numpy(), index=capabilities.index).fillna(capabilities.released_on)
    table = capabilities.assign(day=day)
    if set(regions) != {"us", "china", "europe", "other"}:
        table = table[table.region.isin(regions)]
    table = table[table.day.notna() & (table.day <= pd.Timestamp(as_of))]
    columns = ["subject", "metric", "value", "measured_on", "access", "region", "day"]
    return table[columns].sort_values(["day", "subject"], ignore_index=True)


def table_of(scores: pd.DataFrame, metric: str, pair: Pair) -> pd.DataFrame:
    """The one table of a metric that dates the most systems of the pair's smaller side.

    Of equals, the latest. It is empty if no table has systems of both sides.
    """
    tables = [table for _, table in scores[scores.metric == metric].groupby("measured_on")]
    sizes = [min(map(len, pair.sides(table))) for table in tables]
    if not any(sizes):
        return scores.iloc[:0]
    return max(zip(sizes, range(len(tables)), tables, strict=True))[2]


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


def _where(table: pd.DataFrame, held: dict[str, str]) -> pd.DataFrame:
    return table[np.logical_and.reduce([table[column] == value for column, value in held.items()])]
