import numpy as np
import pandas as pd
import pytest
from measures.simulated import covered

from almanac.measures.competing import by_day, followed, histories, incidence, since

ORIGIN, AS_OF = "2025-01-01", "2026-12-31"


@pytest.fixture
def releases(units):
    """Releases from (organisation, day, with the property); without the third it has it not."""

    def build(*rows):
        names, days, flags = zip(*((*row, False)[:3] for row in rows), strict=True)
        return units(names, list(days), is_reasoning=list(flags))

    return build


def told(table, name):
    row = table.set_index("organisation_id").loc[name]
    return (row.state, *row[["entry", "end", "event"]].fillna(-1).astype(int))


def test_what_becomes_of_organisations(releases):
    table = releases(
        ("first", "2024-12-01"), ("first", "2025-01-11", True),
        ("already", "2024-12-01", True), ("already", "2025-06-01", True),
        ("on the day", "2025-01-01", True),
        ("stopped", "2024-12-01"), ("stopped", "2025-01-31"),
        ("still", "2024-12-01"), ("still", "2025-10-01"), ("still", "2026-06-01"),
        ("at once", "2025-03-01", True),
        ("later", "2025-01-02"), ("later", "2025-01-22", True),
        ("gone", "2023-12-31"),
    )  # fmt: skip
    found = histories(table, "is_reasoning", ORIGIN, AS_OF)
    assert told(found, "first") == ("followed", 0, 10, 1)
    assert told(found, "already") == ("already", -1, -1, -1)
    assert told(found, "on the day") == ("already", -1, -1, -1)
    assert told(found, "stopped") == ("followed", 0, 30 + 365, 2)
    assert told(found, "still") == ("followed", 0, 729, 0)
    assert told(found, "at once") == ("at once", -1, -1, -1)
    assert told(found, "later") == ("followed", 1, 21, 1)
    assert told(found, "gone") == ("silent", -1, -1, -1)
    assert found.organisation[0] == found.organisation_id[0].upper()


def test_a_long_silence_is_a_stop_even_if_something_follows(releases):
    table = releases(
        ("back", "2024-12-01"), ("back", "2026-03-01", True),
        ("asleep", "2023-06-01"), ("asleep", "2025-02-01"), ("asleep", "2025-02-11", True),
        ("just", "2025-01-01"), ("just", "2026-01-01"), ("just", "2026-01-11", True),
    )  # fmt: skip
    found = histories(table, "is_reasoning", ORIGIN, AS_OF)
    assert told(found, "back") == ("followed", 0, 334, 2)  # the stop came first
    assert told(found, "asleep") == ("followed", 31, 41, 1)  # from its return on
    assert told(found, "just") == ("followed", 0, 375, 1)  # 365 days of silence and not more


def test_a_stop_is_known_only_when_the_silence_is_full(releases):
    table = releases(("a", "2024-12-01"), ("a", "2025-06-01"))
    assert told(histories(table, "is_reasoning", ORIGIN, "2026-05-31"), "a")[3] == 0
    assert told(histories(table, "is_reasoning", ORIGIN, "2026-06-01"), "a")[3] == 2
    short = histories(table, "is_reasoning", ORIGIN, "2026-06-01", silent=30)
    assert told(short, "a") == ("followed", 151, 151 + 30, 2)  # silent on the day, back in June


def cases(times, events, entries=None):
    """Followed organisations, of the times, events and entries given."""
    entries = np.zeros(len(times)) if entries is None else entries
    return pd.DataFrame(
        {
            "organisation_id": [f"o{k}" for k in range(len(times))],
            "state": "followed", "entry": entries, "end": times, "event": events,
        }
    )  # fmt: skip


def test_a_published_example():
    """Satagopan and others, British Journal of Cancer 91, 2004, table 2: 305 patients, deaths of
    breast cancer at 10, 16, 23 and 27 months and of other causes at 18 and 26."""
    times = [7, 10, 14, 16, 18, 23, 24, 26, 27] + [60] * 296
    events = [0, 1, 0, 1, 2, 1, 0, 2, 1] + [0] * 296
    found = incidence(cases(times, events), horizon=60, level=0.9).set_index("day")
    percent = 100 * found["first"][[7, 10, 16, 23, 27]]
    assert percent.diff().round(1).tolist()[1:] == [0.3] * 4  # as printed, so that 1.2 at 27
    assert percent[27] == pytest.approx(1.32, abs=0.01)
    assert found.at_risk[[10, 16, 18, 23, 26, 27]].tolist() == [304, 302, 301, 300, 298, 297]


def test_by_hand():
    """Ten organisations: one has a first one at 1, two stop at 2, one has a first one at 3."""
    found = incidence(
        cases([1, 2, 2, 3] + [9] * 6, [1, 2, 2, 1] + [0] * 6), horizon=9, level=0.9
    ).set_index("day")
    # 1/10; then 9 at risk, of whom 7 are left; 7/10 * 1/7
    assert found["first"][[0, 1, 2, 3]].tolist() == pytest.approx([0, 0.1, 0.1, 0.2], abs=1e-4)
    assert found.stopped[[1, 2, 3]].tolist() == pytest.approx([0, 0.2, 0.2], abs=1e-4)
    assert found.at_risk[[1, 2, 3]].tolist() == [10, 9, 7]
    assert found.low.isna()[0] and (found.low < found["first"])[1] and (found.high > 0.1)[1]


def many(seed=0, n=200, competing=True):
    random = np.random.default_rng(seed)
    events = random.integers(0, 3 if competing else 2, n)
    return cases(random.integers(30, 500, n), events, np.where(random.random(n) < 0.3, 20, 0))


def test_without_competing_events_it_is_one_less_kaplan_and_meier():
    from lifelines import KaplanMeierFitter

    rows = many(competing=False)
    found = incidence(rows, horizon=600, level=0.9)
    survival = KaplanMeierFitter().fit(rows.end, rows.event == 1, entry=rows.entry)
    assert found["first"].to_numpy() == pytest.approx(
        1 - survival.predict(found.day).to_numpy(), abs=1e-4
    )
    assert (found.stopped == 0).all()


def test_the_interval_is_that_of_lifelines():
    from lifelines import AalenJohansenFitter

    rows = many().assign(end=lambda t: t.end + t.index / 1000)  # no ties, so that it draws none
    found = incidence(rows.assign(end=rows.end), horizon=600, level=0.9)
    theirs = AalenJohansenFitter(alpha=0.1).fit(rows.end, rows.event, 1, entry=rows.entry)
    stops = AalenJohansenFitter(calculate_variance=False).fit(
        rows.end, rows.event, 2, entry=rows.entry
    )
    for fitted, column in ((theirs, "first"), (stops, "stopped")):
        expected = fitted.cumulative_density_.iloc[:, 0]
        assert found[column].iloc[-1] == pytest.approx(expected.iloc[-1], abs=2e-3)
    ends = theirs.confidence_interval_.ffill().sort_index()
    at = [100, 200, 400]
    mine = found.set_index("day")
    for day in at:
        expected = sorted(ends[ends.index < day + 1].iloc[-1])
        assert mine[mine.index <= day].iloc[-1][["low", "high"]].tolist() == pytest.approx(
            expected, abs=5e-4
        )


def test_stopping_lowers_the_incidence_and_is_no_censoring():
    from lifelines import KaplanMeierFitter

    rows = many()
    survival = KaplanMeierFitter().fit(rows.end, rows.event == 1, entry=rows.entry)
    last = incidence(rows, horizon=600, level=0.9).iloc[-1]
    assert last["first"] + last.stopped <= 1
    assert last["first"] < 1 - survival.predict(600) - 0.05


def test_nothing_after_the_horizon_counts():
    rows = cases([5, 20, 20] + [30] * 10, [1, 1, 2] + [0] * 10)
    found = incidence(rows, horizon=10, level=0.9)
    assert found["first"].iloc[-1] == pytest.approx(1 / 13, abs=1e-4)
    assert found.stopped.iloc[-1] == 0 and found.day.iloc[-1] == 10


def test_too_few_from_the_day_itself():
    rows = cases([5] * 12, [1] * 12, [0] * 9 + [1] * 3)
    with pytest.raises(ValueError, match="fewer than 10"):
        incidence(rows, horizon=10, level=0.9)


def record(seed, n=150, monthly=0.03, stop=0.04, late=0.3):
    """Releases of organisations that ship monthly until they stop, or have a first one.

    Each month from the origin on, one that still ships has a first one with chance `monthly`
    and otherwise stops with chance `stop`; some enter up to ten months later.
    """
    random = np.random.default_rng(seed)
    rows = []
    for name in range(n):
        enters = int(random.integers(1, 11)) if random.random() < late else 0
        if not enters:
            rows.append((name, -1, False))
        else:
            rows.append((name, enters, False))
        for month in range(enters + (1 if enters else 0), 24):
            chance = random.random()
            if chance < monthly:
                rows.append((name, month, True))
                break
            if chance < monthly + stop:
                break
            rows.append((name, month, False))
    frame = pd.DataFrame(rows, columns=["organisation_id", "month", "is_reasoning"])
    start = pd.Timestamp("2024-01-15")
    return frame.assign(
        organisation_id=frame.organisation_id.map("o{}".format),
        organisation=frame.organisation_id.map("O{}".format),
        released_on=[start + pd.DateOffset(months=int(m)) for m in frame.month],
        grade="A",
    )


def estimated(seed, months=12):
    table = record(seed)
    found = since(
        table, "is_reasoning", "2024-01-01", "2026-12-31", silent=40, most=18, level=0.9
    )
    return followed(found, table, found.at(months), "reasoning model", level=0.9)


def planted(months, monthly=0.03, stop=0.04):
    """Chance of a first one in so many monthly steps when each step may also be the last."""
    stay = 1 - monthly - stop
    return monthly * (1 - stay**months) / (1 - stay)


def test_a_planted_lag_with_stopping_and_late_entry_is_recovered():
    found = [estimated(seed) for seed in range(8)]
    assert np.mean([one.value for one in found]) == pytest.approx(planted(12), abs=0.02)
    assert covered(found, planted(12)) > 0.6


@pytest.mark.soak
def test_the_interval_holds_the_planted_incidence():
    assert 0.85 < covered([estimated(seed) for seed in range(300)], planted(12)) < 0.95


def test_months_end_where_the_data_does(releases):
    rows = [(f"o{k}", "2024-12-01") for k in range(12)]
    rows += [(f"o{k}", f"2025-0{k + 1}-15", True) for k in range(6)]
    table = releases(*rows)
    found = since(table, "is_reasoning", ORIGIN, "2025-07-31", silent=365, most=18, level=0.9)
    assert found.months.months.tolist() == list(range(7))
    assert found.months["first"].tolist() == pytest.approx([k / 12 for k in range(7)], abs=1e-4)
    assert found.at(12).months == 6 and found.at(3).months == 3
    assert found.cohort(3) == (3, 0, 12)
    estimate = followed(found, table, found.at(12), "MoE model", level=0.9)
    assert (estimate.value, estimate.n) == (0.5, 12)
    assert "first MoE model within 6 months" in estimate.unit
    shown = by_day({"then": found}, [3, 6, 12])
    assert shown.months.tolist() == [3, 6] and shown.with_one.tolist() == ["25%", "50%"]
    assert shown.counted.tolist() == ["3 of 12", "6 of 12"]
    assert shown.counted_stopped.tolist() == ["0 of 12", "0 of 12"]
    assert found.in_words(6).startswith(
        "Of the 12 that were releasing on the day itself, 6 had one by then and 0"
    )


def test_nothing_to_say_of_few_or_of_nobody(releases):
    few = releases(("a", "2024-12-01"), ("b", "2024-12-01", True), ("c", "2025-03-01", True))
    found = since(few, "is_reasoning", ORIGIN, AS_OF, silent=365, most=18, level=0.9)
    assert found.months.empty and found.at(12) is None
    assert found.others() == {"later": 0, "already": 1, "at once": 1, "silent": 0}
    assert by_day({"then": found}, [6, 12]).empty
    with pytest.raises(ValueError, match="too few"):
        followed(found, few, found.at(12), "MoE model", level=0.9)
    none = releases(*((f"o{k}", "2024-12-01") for k in range(12)))
    found = since(none, "is_reasoning", ORIGIN, AS_OF, silent=365, most=18, level=0.9)
    with pytest.raises(ValueError, match="nobody"):
        followed(found, none, found.at(12), "MoE model", level=0.9)
