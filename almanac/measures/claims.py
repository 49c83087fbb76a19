"""Whether the record bears a claim out: parts that tables decide, and one rule for the verdict.

A claim is taken apart. A *claim* part must hold for the claim to hold; a *caveat* qualifies it if
it holds; a *today* part says whether the claim is still true on the last day counted; a *note*
adds what a reader wants to know and decides nothing. An *opinion* and what lies *beyond* the
record are declared, as no value decides them.

The rule: where nothing but opinions or what lies beyond is left, the verdict says so. If no claim
part holds the claim is wrong, if only some do it is overstated. If all do and a part of today
fails it is superseded. Else it is supported, with caveat where a caveat holds or a part had to be
declared. A part whose models are not in an edition may be either way; where that leaves more
than one verdict, the claim is undecided there.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import product
from typing import Literal

import pandas as pd

from almanac.measures.estimate import Estimate
from almanac.measures.writing import DAY
from almanac.record import Record
from almanac.record.provenance import chosen_evidence
from almanac.record.tables import row_names

Role = Literal["claim", "caveat", "today", "note", "opinion", "beyond"]
DECIDING = ("claim", "caveat", "today")
UNDECIDED = "undecided"
IN_SUBSTANCE = ("supported", "supported with caveat")
OTHERWISE = ("overstated", "wrong", "superseded", "opinion", "outside the record", UNDECIDED)

# what a part is to a reader where it holds, where it does not, and where it cannot be decided
LABELS = {
    "claim": ("holds", "does not hold", "open"),
    "caveat": ("caveat", "caveat that does not apply", "caveat, open"),
    "today": ("still so", "not so any more", "today, open"),
    "note": ("note", "note", "note"),
    "opinion": ("opinion", "opinion", "opinion"),
    "beyond": ("beyond the record", "beyond the record", "beyond the record"),
}

Cell = tuple[str, str, str]  # table, row as evidence names it, column


class NotHere(LookupError):
    """What a part asks for is not in the record, or was not yet on its last day."""


@dataclass(frozen=True)
class Part:
    """One part of a claim, as the record decides it.

    Attributes
    ----------
    words : one sentence with what was computed
    holds : whether it is so; None where the record cannot say
    role : what it does to the verdict
    cells : the values it read, for their sources
    models : ids of the models it read
    """

    words: str
    holds: bool | None
    role: Role
    cells: tuple[Cell, ...] = ()
    models: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What it does to the verdict, in a word or two."""
        return LABELS[self.role][{True: 0, False: 1, None: 2}[self.holds]]


@dataclass(frozen=True)
class Verdict:
    """A claim with the verdict of the record's editors and the one that its values give.

    Attributes
    ----------
    claim_id, claim, because : as the record has them
    recorded : the verdict in ``claims.csv``
    computed : the verdict of the rule
    parts : what it rests on
    """

    claim_id: str
    claim: str
    because: str
    recorded: str
    computed: str
    parts: tuple[Part, ...]

    @property
    def agrees(self) -> bool:
        return self.recorded == self.computed

    def turned(self) -> list[Part]:
        """The parts that stand against the recorded verdict.

        Those of which one, the other way round, would give it back; where no single one would,
        all that decide.
        """
        if self.agrees:
            return []
        deciding = [part for part in self.parts if part.role in DECIDING]
        alone = [
            part
            for part in deciding
            if any(
                verdict(_with(self.parts, part, holds)) == self.recorded
                for holds in {True, False} - {part.holds}
            )
        ]
        return alone or deciding


class Reader:
    """The record as it stood on a day, for one part of a claim; remembers what was read.

    Parameters
    ----------
    record : the record
    said_on : day of the claim
    as_of : last day counted; what came later is not there
    weeks : weeks after R1 in which a replication counts as quick
    near_trillion_b : from how many billions of parameters a model is near a trillion

    Attributes
    ----------
    said : the day of the claim
    models : one row a model that was there on the last day, released or announced, with its
        release and organisation, by model_id; `own` says whether no model of another
        organisation is named as what it was made from
    """

    def __init__(self, record: Record, said_on, as_of, weeks: int, near_trillion_b: float):
        self.record, self.weeks, self.near_trillion_b = record, weeks, near_trillion_b
        self.said, self.as_of = pd.Timestamp(said_on), pd.Timestamp(as_of)
        every = _with_own(record.models_with_release())
        there = every.released_on.fillna(every.announced_on) <= self.as_of
        released = (every.status == "released") & (every.released_on <= self.as_of)
        self.models = every[released | (there & (every.status == "announced"))]
        self.released = self.models[self.models.status == "released"]
        self.cells: list[Cell] = []
        self.read: list[str] = []

    def value(self, model_id: str, column: str):
        """One value of a model, its release or its configuration.

        Raises
        ------
        NotHere
            If the model is not there, or the value blank.
        """
        row = self.model(model_id)
        table, key = "models", model_id
        if column in self.record.releases.columns and column not in self.record.models.columns:
            table, key = "releases", row.release_id
        if column in self.record.configs.columns and column not in row.index:
            table = "configs"
            own = self.record.configs[self.record.configs.model_id == model_id]
            row = own.iloc[0] if len(own) else pd.Series({column: pd.NA})
        if pd.isna(row[column]):
            raise NotHere(f"the {column.replace('_', ' ')} of {self.models.name[model_id]}")
        self.cells.append((table, key, column))
        return row[column]

    def model(self, model_id: str) -> pd.Series:
        """A model's row.

        Raises
        ------
        NotHere
            If it is not there.
        """
        if model_id not in self.models.index:
            raise NotHere(model_id)
        if model_id not in self.read:
            self.read.append(model_id)
        return self.models.loc[model_id]

    def name(self, model_id: str) -> str:
        return self.model(model_id)["name"]

    def with_it(self, model_id: str) -> pd.DataFrame:
        """The models of the same release, the one named among them."""
        return self.models[self.models.release_id == self.model(model_id).release_id]

    def until(self, day: pd.Timestamp) -> pd.DataFrame:
        """The models released by `day`."""
        return self.released[self.released.released_on <= day]

    def note_cells(self, rows: pd.DataFrame, *columns: str) -> None:
        """Remember that these values of `rows`, models by their id, were read."""
        for model_id, row in rows.iterrows():
            self.model(model_id)
            self.cells += [
                ("releases", row.release_id, column)
                if column in self.record.releases.columns
                else ("models", model_id, column)
                for column in columns
                if pd.notna(row[column])
            ]

    def techniques(self, model_id: str) -> pd.DataFrame:
        """The technique labels of a model."""
        self.model(model_id)
        labels = self.record.techniques[self.record.techniques.model_id == model_id]
        self.cells += [
            ("techniques", f"{model_id}/{technique}", "technique") for technique in labels.technique
        ]
        return labels

    def event(self, event_id: str) -> pd.Timestamp:
        """The day of an event.

        Raises
        ------
        NotHere
            If it is not there.
        """
        row = self.record.events[self.record.events.event_id == event_id]
        if row.empty or row.date.iloc[0] > self.as_of:
            raise NotHere(event_id)
        self.cells.append(("events", event_id, "date"))
        return row.date.iloc[0]

    def score(self, subject: str, metric: str, measured_on: str | None = None) -> float:
        """A score of a model by the name its list gives it, the last unless a day is given.

        Raises
        ------
        NotHere
            If there is none.
        """
        scores = self.record.capabilities
        own = scores[(scores.subject == subject) & (scores.metric == metric)]
        if measured_on is not None:
            own = own[own.measured_on == pd.Timestamp(measured_on)]
        if own.empty:
            raise NotHere(f"the {metric} score of {subject}")
        row = own.sort_values("measured_on").iloc[-1]
        self.cells.append(
            ("capabilities", f"{subject}/{metric}/{row.measured_on:%Y-%m-%d}", "value")
        )
        return float(row.value)


Finding = tuple[str, bool | None]
Check = Callable[[Reader], Finding]


def verdict(parts: Iterable[Part]) -> str:
    """The verdict that the rule gives, or `UNDECIDED` where parts that are not here leave it open.

    Raises
    ------
    ValueError
        If there is no part.
    """
    parts = [part for part in parts if part.role != "note"]
    if not parts:
        raise ValueError("a claim without parts has no verdict")
    if all(part.role not in DECIDING for part in parts):
        opinion = all(part.role == "opinion" for part in parts)
        return "opinion" if opinion else "outside the record"
    either = [
        (True, False) if part.holds is None and part.role in DECIDING else (part.holds,)
        for part in parts
    ]
    # a handful of parts are open at most, so all ways of closing them are few
    found = {_decided(parts, ways) for ways in product(*either)}
    return found.pop() if len(found) == 1 else UNDECIDED


def _decided(parts: list[Part], ways: tuple[bool | None, ...]) -> str:
    holds = {
        role: [way for part, way in zip(parts, ways, strict=True) if part.role == role]
        for role in (*DECIDING, "opinion", "beyond")
    }
    if holds["claim"] and not any(holds["claim"]):
        return "wrong"
    if not all(holds["claim"]):
        return "overstated"
    if not all(holds["today"]):
        return "superseded"
    declared = holds["opinion"] or holds["beyond"]
    return "supported with caveat" if any(holds["caveat"]) or declared else "supported"


def _with(parts: tuple[Part, ...], one: Part, holds: bool) -> list[Part]:
    return [replace(part, holds=holds) if part is one else part for part in parts]


def _with_own(models: pd.DataFrame) -> pd.DataFrame:
    """Models by id with `own`: whether all they were made from is of one organisation.

    The chain of bases is followed to its end; a base that the record does not name cannot count.
    """
    models = models.set_index("model_id", drop=False)
    organisation, base = models.organisation_id, models.base_model_id
    own = pd.Series(True, index=models.index)
    ancestor = base
    while ancestor.notna().any():  # the record has no circles: a base is released no later
        known = ancestor.map(organisation)
        own &= known.isna() | (known == organisation)
        ancestor = ancestor.map(base)
    return models.assign(own=own)


def judge(
    record: Record,
    checks: dict[str, list[tuple[Role, Check]]],
    *,
    as_of: str,
    weeks: int,
    near_trillion_b: float,
) -> list[Verdict]:
    """Every claim of the record with its parts and both verdicts.

    Parameters
    ----------
    record : the record
    checks : the parts of each claim, by its id, as `article.CHECKS` holds them
    as_of, weeks, near_trillion_b : see `Reader`

    Returns
    -------
    list of Verdict
        In the order of `checks`; last those without a check, which are undecided, as are all that
        were made after the last day.
    """
    order = {claim_id: place for place, claim_id in enumerate(checks)}
    claims = record.claims.sort_values(
        "claim_id", key=lambda ids: ids.map(order).fillna(len(order)), kind="stable"
    )
    readers: dict[pd.Timestamp, Reader] = {}
    found = []
    for row in claims.itertuples():
        if row.claim_id not in checks:
            parts = (Part("No check is written for this claim.", None, "claim"),)
        elif row.said_on > pd.Timestamp(as_of):
            ends = f"This edition ends before {day(row.said_on)}, when the claim was made."
            parts = (Part(ends, None, "claim"),)
        else:
            if row.said_on not in readers:
                readers[row.said_on] = Reader(record, row.said_on, as_of, weeks, near_trillion_b)
            parts = tuple(
                _part(readers[row.said_on], role, check) for role, check in checks[row.claim_id]
            )
        found.append(
            Verdict(row.claim_id, row.claim, row.because, row.verdict, verdict(parts), parts)
        )
    return found


def _part(reader: Reader, role: Role, check: Check) -> Part:
    reader.cells, reader.read = [], []
    try:
        words, holds = check(reader)
    except NotHere as lacking:
        return Part(f"Not in this edition: {lacking}.", None, role)
    return Part(
        words,
        None if holds is None else bool(holds),
        role,
        tuple(dict.fromkeys(reader.cells)),
        tuple(reader.read),
    )


def sources(record: Record, verdicts: list[Verdict]) -> pd.DataFrame:
    """The evidence chosen for the values that verdicts rest on, each value once.

    Returns
    -------
    DataFrame
        ``table``, ``row``, ``column``, ``value``, ``grade`` and ``source_url``, in the order read;
        values without evidence are left out.
    """
    read = dict.fromkeys(
        cell for verdict in verdicts for part in verdict.parts for cell in part.cells
    )
    cells = pd.DataFrame(list(read), columns=["table", "row", "column"])
    chosen = [record.evidence.iloc[:0]]
    for (table, column), wanted in cells.groupby(["table", "column"], sort=False):
        frame = getattr(record, table)
        names = row_names(frame, record.schema.tables[table])
        there = names.isin(wanted.row)
        evidence = chosen_evidence(
            names[there], frame.loc[there, column], record.evidence, record.schema, table
        )
        chosen.append(evidence.dropna(subset="source_url"))
    every = pd.concat(chosen)[["table", "row", "column", "value", "confidence", "source_url"]]
    ordered = cells.merge(every, on=["table", "row", "column"])
    return ordered.rename(columns={"confidence": "grade"})


def counts(verdicts: list[Verdict]) -> dict[str, int]:
    """How many claims have each computed verdict, the most frequent first."""
    found = pd.Series([verdict.computed for verdict in verdicts]).value_counts(sort=False)
    return found.sort_values(ascending=False, kind="stable").to_dict()


def summary(verdicts: list[Verdict]) -> str:
    """The counts of verdicts as a sentence, with `{value}` for those that hold in substance."""
    number = counts(verdicts)
    plain, qualified = (number.get(kind, 0) for kind in IN_SUBSTANCE)
    if plain and qualified:
        how = f", {plain} as they stand and {qualified} with a caveat"
    elif qualified:
        how = ", with a caveat" if qualified == 1 else ", all of them with a caveat"
    else:
        how = ""
    others = [
        f"{number[kind]} {'is' if number[kind] == 1 else 'are'} {kind}"
        for kind in OTHERWISE
        if kind in number
    ]
    if UNDECIDED in number:
        others[-1] += " in this edition"
    rest = f"; {listed(others)}" if others else ""
    return f"The record supports {{value}} of {plural(len(verdicts), 'claim')}{how}{rest}."


def difference(verdicts: list[Verdict]) -> str:
    """Whether the verdicts are those recorded, as a sentence."""
    other = [verdict.claim_id for verdict in verdicts if not verdict.agrees]
    if not other:
        return "Every recorded verdict agrees with what the values of this edition give."
    return (
        f"In this edition {len(other)} of {plural(len(verdicts), 'verdict')} "
        f"{'differs' if len(other) == 1 else 'differ'} from those of the record."
    )


def held(
    record: Record, verdicts: list[Verdict], values: pd.DataFrame, level: float
) -> Estimate:
    """How many claims the record supports, as they stand or with a caveat.

    A plain count; its grade is the lowest of all values that the verdicts rest on, and its
    organisations those whose models were read.

    Parameters
    ----------
    record : the record
    verdicts : at least one
    values : as `sources` gives them
    level : for the form of an estimate only, as nothing is sampled
    """
    releases = record.models.set_index("model_id").release_id
    owners = record.releases.set_index("release_id").organisation_id
    read = {model for verdict in verdicts for part in verdict.parts for model in part.models}
    organisations = owners[releases[sorted(read)]].nunique()
    grades = values.grade
    return Estimate(
        value=sum(verdict.computed in IN_SUBSTANCE for verdict in verdicts),
        low=None,
        high=None,
        level=level,
        n=len(verdicts),
        organisations=organisations,
        unit="claims of the article that the record supports, as they stand or with a caveat",
        method="each verdict by one rule from values of the record",
        confidence=grades.max() if len(grades) else "D",
        kind="count",
        exact=True,
    )


def largest_so_far(record: Record, regions: list[str], as_of: str) -> pd.DataFrame:
    """Each region's largest open model by total parameters, day by day of a new one.

    Models made from another organisation's weights are left out, as is what was only announced.

    Returns
    -------
    DataFrame
        ``region``, ``released_on``, ``name``, ``total_params_b`` (billions) and ``model_id``, by
        region and day.
    """
    models = _with_own(record.models_with_release())
    models = models[
        models.own
        & (models.status == "released")
        & (models.released_on <= pd.Timestamp(as_of))
        & models.region.isin(regions)
    ].dropna(subset="total_params_b")
    # of several of one size on a day, the one named as the release's flagship speaks for it
    ordered = models.assign(lesser=models.role != "flagship").sort_values(
        ["region", "released_on", "total_params_b", "lesser"], ascending=[True, True, False, True]
    )
    of_day = ordered.drop_duplicates(["region", "released_on"])
    before = of_day.groupby("region").total_params_b.transform(lambda s: s.cummax().shift())
    steps = of_day[of_day.total_params_b > before.fillna(0)]
    return steps[["region", "released_on", "name", "total_params_b", "model_id"]].reset_index(
        drop=True
    )


def billions(number: float) -> str:
    """Billions of parameters as a page writes them, to four digits at most."""
    return f"{number:,.4g} B"


def day(when: pd.Timestamp) -> str:
    return f"{when:{DAY}}"


def listed(names: Iterable[str]) -> str:
    """Names in a sentence: A, B and C."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def plural(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: no models, 1 model, 2 models."""
    return f"{f'{number:,}' if number else 'no'} {one if number == 1 else many or one + 's'}"
