"""What upstreams say beside what the record holds: fills, changes, conflicts and new models.

A value that rests on confidence A or B is never touched, and neither is one that rests on another
upstream: what differs is a conflict for a reviewer. Only a source's own earlier word, of confidence
C, gives way to its new one. Each proposal carries its evidence.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import pandas as pd

from almanac.record import CLOSE, cell_judges, upstreams
from almanac.refresh.match import ABOUT, about, match, settled
from almanac.refresh.scope import out_of_scope
from almanac.refresh.tables import Key, Row, Tables
from almanac.sources.source import Wanted
from almanac.sources.statements import LISTED, METRICS, Dropped, EngineName, Said, Statement

# Which source fills a blank first (see the sources' own notes): a model's configuration, then
# lists checked by hand, then the Hub's counts.
PRECEDENCE = ("config", "atom", "recipes", "epoch", "llmstats", "modelsdev", "hub", "ollama")
RELEASE = ("released_on", "hub_created_on")
MODEL = (
    *("total_params_b", "active_params_b", "n_routed_experts", "experts_per_token"),
    *("context_tokens", "licence", "reasoning", "training_tokens_b"),
)
EXPERTS = ("n_routed_experts", "experts_per_token")
# A note on evidence of these explains a count that differs from the configuration's (see
# `almanac.record.rules`), so a machine writes none.
UNNOTED = ("total_params_b", "active_params_b")
LISTS = ("atom", "hub", "modelsdev", "epoch", "recipes")
CANDIDATES = ("atom", "hub", "recipes", "llmstats")  # whose Hub ids are ids, not names of their own
GRADE = "C"
LONGEST_NOTE = 300
APART = 27  # days between counts of one thing: downloads are of 30 days, so closer ones overlap
FAR = 31  # days: a release day that moves further is a slip upstream until somebody has looked


@dataclass(frozen=True)
class Edit:
    """A row to be written, or taken out where `cells` is None."""

    table: str
    key: Key
    cells: Mapping[str, str] | None


@dataclass(frozen=True)
class Change:
    """Something proposed, with the edits that make it so.

    Attributes
    ----------
    kind : filled, changed, adoption, engine, listed, evidence, or model
    table, row, column : the cell
    old, new : its value before and after
    source : name of the source whose word it is
    address : public page that states it
    stated_on : day of the snapshot (ISO date)
    note : what a reader should know
    edits : what writing it does
    """

    kind: str
    table: str
    row: str
    column: str
    old: str
    new: str
    source: str
    address: str
    stated_on: str
    note: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True)
class Conflict:
    """A value that stays although a source says otherwise.

    It is `known` if the record has the source's word as a rival already, and `weak` if the source
    is not good enough to fill the cell at all.
    """

    table: str
    row: str
    column: str
    holds: str
    rests_on: str
    says: str
    source: str
    address: str
    known: bool
    weak: bool = False


@dataclass(frozen=True)
class NewModel:
    """A repository that is none of the record's models and may be one."""

    hub_id: str
    organisation_id: str
    sources: tuple[str, ...]
    day: str
    total_params_b: str
    statements: tuple[Statement, ...] = field(repr=False)


@dataclass
class Proposal:
    """All that a refresh proposes, and what it leaves out."""

    changes: list[Change] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    new_models: list[NewModel] = field(default_factory=list)
    agreeing: int = 0
    dropped: list[Dropped] = field(default_factory=list)
    unmatched: dict[str, list[str]] = field(default_factory=dict)
    left_out: Counter = field(default_factory=Counter)
    failures: dict[str, str] = field(default_factory=dict)
    taken_back: list[tuple[Change, str]] = field(default_factory=list)
    out_of_scope: dict[str, list[str]] = field(default_factory=dict)


def wanted(tables: Tables) -> Wanted:
    """What of the record decides which documents are worth reading."""
    namespaces = {
        space
        for row in tables.rows["organisations"].values()
        for space in row["hub_namespaces"].split(";")
        if space
    }
    lacking = [
        row["hub_id"]
        for row in tables.rows["models"].values()
        if row["hub_id"]
        and (
            not row["context_tokens"]
            or (row["architecture"] == "moe" and not all(row[column] for column in EXPERTS))
        )
    ]
    names: dict[str, set[str]] = {}
    for row in tables.rows["engine_support"].values():
        names.setdefault(f"{row['engine']}/{row['kind']}", set()).add(row["name"])
    return Wanted(
        tuple(sorted(namespaces, key=str.lower)),
        tuple(sorted(lacking)),
        {kind: frozenset(of) for kind, of in names.items()},
    )


def propose(said: Said, tables: Tables) -> Proposal:
    """Compare what sources say with the record.

    Parameters
    ----------
    said : all statements, engine names and dropped rows
    tables : the record as text; it is not changed
    """
    return _Comparison(said, tables).proposal


class _Comparison:
    """The record as it would become, while sources are gone through in their order."""

    def __init__(self, said: Said, tables: Tables):
        self.tables = tables.copy()
        self.proposal = Proposal(dropped=list(said.dropped))
        self.judges = cell_judges(tables.schema)
        self.evidence = _evidence_by_cell(self.tables)
        self.classes = licence_classes(self.tables)
        self.counted: dict[Key, list[str]] = {}
        for model_id, metric, day in self.tables.rows["adoption"]:
            self.counted.setdefault((model_id, metric), []).append(day)
        self.by_release: dict[str, list[Row]] = {}
        for row in self.tables.rows["models"].values():
            self.by_release.setdefault(row["release_id"], []).append(row)
        matched = match(said.statements, self.tables)
        self.proposal.left_out = matched.left_out
        order = {name: place for place, name in enumerate(PRECEDENCE)}
        releases: dict[tuple[str, str], list[tuple[Row, Statement]]] = {}
        pulls: dict[str, list[tuple[Row, Statement]]] = {}
        values: list[tuple[int, Row, Statement]] = []
        for (model_id, source), statements in sorted(matched.statements.items()):
            model = self.tables.rows["models"][model_id,]
            for column, ones in settled(statements).items():
                for statement in ones:
                    if column in ABOUT or not self._sound(statement):
                        continue
                    if column == LISTED:
                        self._listed(model, statement)
                    elif column in RELEASE:
                        releases.setdefault((model["release_id"], source), []).append(
                            (model, statement)
                        )
                    elif column == "ollama_pulls":
                        pulls.setdefault(model["release_id"], []).append((model, statement))
                    elif column in METRICS:
                        self._adoption(model, statement)
                    else:
                        kind = "config" if statement.source_kind == "config" else source
                        values.append((order.get(kind, len(order)), model, statement))
        for _, model, statement in sorted(values, key=lambda v: (v[0], v[1]["model_id"], v[2])):
            self._value(model, statement)
        for (release_id, _), of in sorted(
            releases.items(), key=lambda item: (order.get(item[0][1], 99), item[0])
        ):
            self._release(release_id, of)
        for release_id, of in sorted(pulls.items()):
            self._pulls(release_id, of)
        for names in _by_engine_key(said.engines).values():
            self._engine(names)
        self._unmatched(matched.unmatched)

    # Models and releases

    def _sound(self, statement: Statement) -> bool:
        """Whether the record's own constraints admit the value; if not, it is left out."""
        table = _table_of(statement.column)
        expected = self._expected(table, statement)
        if expected:
            self.proposal.dropped.append(
                Dropped(
                    *(statement.source, statement.listed_id, statement.column),
                    *(statement.value, expected),
                )
            )
        return not expected

    def _expected(self, table: str, statement: Statement) -> str:
        column = "value" if table == "adoption" else statement.column
        if statement.column == "reasoning" and statement.value == "yes":
            return ""
        problem = self.judges[table, column](statement.value)
        if problem:
            return problem.removeprefix("expected ").partition(": correct")[0]
        if statement.column in RELEASE and statement.value > statement.stated_on:
            return f"a day no later than {statement.stated_on}, when it was said"
        return ""

    def _value(self, model: Row, statement: Statement) -> None:
        column, cell = statement.column, model[statement.column]
        fills = statement.fills and statement.value != "yes"
        extra: list[Edit] = []
        if column in EXPERTS and model["architecture"] == "dense":
            if int(statement.value) <= 1:
                return
            fills = False
        if cell in ("", "undisclosed") and fills:
            extra = self._entailed(model, statement)
            fills = extra is not None
        self._compare("models", model, statement, fills, extra or [])

    def _entailed(self, model: Row, statement: Statement) -> list[Edit] | None:
        """What else must change so that the value fits; None if it does not fit."""
        if statement.column == "licence":
            known = self.classes.get(statement.value)
            if known is None:
                return None
            licence_class, flags = known
            cells = {"licence_class": licence_class, "licence_flags": flags}
            return [_edit_cells(self.tables, "models", model, cells)]
        if statement.column == "reasoning":
            taught = [k for k in self.tables.rows["techniques"] if k[0] == model["model_id"]]
            if statement.value == "none":
                return None if taught else []
            if not taught:
                row = {"model_id": model["model_id"], "technique": "undisclosed"}
                key = self.tables.key("techniques", row)
                return [Edit("techniques", key, row)]
        return []

    def _release(self, release_id: str, of: list[tuple[Row, Statement]]) -> None:
        """A release's day in one source's words: the flagship's, else the earliest."""
        release = self.tables.rows["releases"][release_id,]
        for column in RELEASE:
            said = [(model, one) for model, one in of if one.column == column]
            if not said:
                continue
            first = min(said, key=lambda pair: (pair[1].value, pair[0]["model_id"]))
            flagship = next((pair for pair in said if pair[0]["role"] == "flagship"), first)
            model, statement = first if column == "hub_created_on" else flagship
            if column == "hub_created_on" and _later_copy(statement.value, release):
                self.proposal.agreeing += 1
                continue
            if column == "released_on" and release["status"] != "released":
                continue
            note = statement.note or f"of {model['hub_id'] or model['model_id']}"
            self._compare("releases", release, statement._replace(note=note), statement.fills, [])

    def _compare(
        self, table: str, row: Row, statement: Statement, fills: bool, extra: list[Edit]
    ) -> None:
        """Compare one value with its cell, and propose what follows."""
        column, cell = statement.column, row[statement.column]
        name = self.tables.key(table, row)[0]
        known = self.evidence.get((table, name, column), [])
        upstream = _upstream(self.tables, statement)
        own = [e for e in known if e["upstream"] == upstream]
        told = any(_same(column, e["value"], statement.value) for e in own)
        unknown = cell in ("", "undisclosed")
        change = ""
        if unknown:
            # a blank beside this very word, or beside a source read in vain, was left so on purpose
            left = told or any(e["value"] == "undisclosed" for e in known)
            change = "filled" if fills and not left else ""
        elif _same(column, cell, statement.value):
            self.proposal.agreeing += 1
        elif fills and self._gives_way(column, cell, known, upstream, statement):
            change = "changed"
        else:
            chosen = _chosen(known, cell)
            rests = f"{chosen['confidence']} {chosen['upstream']}" if chosen else "no evidence"
            self.proposal.conflicts.append(
                Conflict(
                    *(table, name, column, cell, rests, statement.value),
                    *(statement.source, statement.source_url, told, not statement.fills),
                )
            )
        page = [e for e in own if e["source_url"] == statement.source_url]
        edits: list[Edit] = []
        if change:
            exact = any(e["value"] == statement.value for e in own)
            edits += [self._gone(e) for e in page if e["value"] != statement.value]
            edits += [] if exact else [evidence_edit(self.tables, table, name, column, statement)]
            edits += [_edit_cells(self.tables, table, row, {column: statement.value}), *extra]
        elif not told and (statement.fills or not page):
            # what the page said before goes, unless the cell rests on it
            edits += [
                self._gone(e)
                for e in page
                if e["confidence"] in ("C", "D") and not _same(column, e["value"], cell)
            ]
            edits.append(evidence_edit(self.tables, table, name, column, statement))
        if edits:
            kind = change or "evidence"
            self._apply(_change(kind, table, name, column, cell, statement, edits))

    def _gives_way(
        self, column: str, cell: str, known: list[Row], upstream: str, statement: Statement
    ) -> bool:
        """Whether a cell rests on an earlier word of the very source that now differs.

        What is inferred (D) is a person's conclusion, not the source's word, and stays.
        """
        chosen = _chosen(known, cell)
        if chosen is None or chosen["confidence"] != "C":
            return False
        if chosen["upstream"] != upstream:
            return False
        if column == "hub_created_on":
            return True  # of a release's repositories the first counts, so pages differ
        if column == "released_on" and _days_apart(cell, statement.value) > FAR:
            return False
        return chosen["source_url"] == statement.source_url

    def _gone(self, evidence: Row) -> Edit:
        return Edit("evidence", self.tables.key("evidence", evidence), None)

    # Lists, counts, engines

    def _listed(self, model: Row, statement: Statement) -> None:
        names = [name for name in model[LISTED].split(";") if name]
        if statement.value in names or statement.value not in LISTS:
            return
        new = ";".join(name for name in LISTS if name in {*names, statement.value})
        edit = _edit_cells(self.tables, "models", model, {LISTED: new})
        row = model["model_id"]
        self._apply(_change("listed", "models", row, LISTED, model[LISTED], statement, [edit], new))

    def _pulls(self, release_id: str, of: list[tuple[Row, Statement]]) -> None:
        """Pulls of a library entry belong to the flagship of the release it is about.

        Where a release has several entries, each belongs to its own model, and of entries about
        one model the one with most pulls counts: pulls of two entries are no sum, as both may
        lead to the same weights.
        """
        entries: dict[str, list[Statement]] = {}
        models: dict[str, Row] = {}
        for model, statement in of:
            entries.setdefault(statement.listed_id, []).append(statement)
            models[statement.listed_id] = model
        flagship = next(m for m in self.by_release[release_id] if m["role"] == "flagship")
        best: dict[str, str] = {}
        for name in sorted(entries, key=lambda name: -max(int(s.value) for s in entries[name])):
            model = models[name] if len(entries) > 1 else flagship
            first = best.setdefault(model["model_id"], name)
            if first != name:
                expected = f"one library entry a model, and {first} has more pulls"
                self.proposal.dropped.append(
                    Dropped(
                        "ollama", name, model["model_id"], f"{len(entries[name])} counts", expected
                    )
                )
                continue
            for statement in entries[name]:
                self._adoption(model, statement)

    def _adoption(self, model: Row, statement: Statement) -> None:
        key = (model["model_id"], statement.column, statement.stated_on)
        name = "/".join(key)
        row = self.tables.rows["adoption"].get(key)
        known = self.evidence.get(("adoption", name, "value"), [])
        evidence = evidence_edit(self.tables, "adoption", name, "value", statement)
        if row is None and self._counted_lately(key):
            self.proposal.left_out[f"counts within {APART} days of another"] += 1
        elif row is None:
            cells = {
                "model_id": key[0],
                "metric": key[1],
                "value": statement.value,
                "measured_on": key[2],
            }
            edits = [Edit("adoption", key, cells), evidence]
            self._apply(_change("adoption", "adoption", name, "value", "", statement, edits))
        elif row["value"] != statement.value:
            told = any(e["value"] == statement.value for e in known)
            self.proposal.conflicts.append(
                Conflict(
                    *("adoption", name, "value", row["value"], "an earlier reading"),
                    *(statement.value, statement.source, statement.source_url, told),
                )
            )
        else:
            self.proposal.agreeing += 1
            if not known:
                said = ("evidence", "adoption", name, "value", row["value"], statement)
                self._apply(_change(*said, [evidence]))

    def _counted_lately(self, key: Key) -> bool:
        days = self.counted.setdefault(key[:2], [])
        if any(_days_apart(day, key[2]) < APART for day in days):
            return True
        days.append(key[2])
        return False

    def _engine(self, names: list[EngineName]) -> None:
        """The first day of a name in an engine: one that is exact, or a vendor's word, stands."""
        said = min(names, key=lambda name: (name.bound != "exact", name.first_on))
        key = (said.engine, said.kind, said.name)
        name = "/".join(key)
        fields = ("engine", "kind", "name", "moe", "first_on", "bound")
        cells = {field: getattr(said, field) for field in fields}
        for column, text in cells.items():
            if problem := self.judges["engine_support", column](text):
                expected = problem.removeprefix("expected ")
                self.proposal.dropped.append(Dropped(said.engine, name, column, text, expected))
                return
        row = self.tables.rows["engine_support"].get(key)
        statement = Statement(
            *(said.engine, said.name, "", "first_on", said.first_on, said.source_url, "vendor"),
            *(max(one.first_on for one in names), True, said.note),
        )
        known = self.evidence.get(("engine_support", name, "first_on"), [])
        old = row["first_on"] if row else ""
        if row is None:
            edits = [Edit("engine_support", key, cells)]
        else:
            if row["bound"] == "exact":
                rests, differs = "an exact day", said.bound == "exact" and said.first_on != old
            else:
                rests, differs = _stands(known, old), said.first_on < old
            settles = row["bound"] != said.bound == "exact" and said.first_on == old
            if rests and differs:
                self.proposal.conflicts.append(
                    Conflict(
                        *("engine_support", name, "first_on", old, rests),
                        *(said.first_on, said.engine, said.source_url, False),
                    )
                )
                return
            if rests or not (differs or settles):
                self.proposal.agreeing += 1
                return
            better = {k: cells[k] for k in ("first_on", "bound") if cells[k] != row[k]}
            edits = [Edit("engine_support", key, better)]
        replaced = [e for e in known if e["source_url"] == said.source_url]
        edits += [Edit("evidence", self.tables.key("evidence", e), None) for e in replaced]
        edits.append(evidence_edit(self.tables, "engine_support", name, "first_on", statement))
        self._apply(_change("engine", "engine_support", name, "first_on", old, statement, edits))

    def _apply(self, change: Change) -> None:
        """Take a change into the record that later statements are compared with."""
        self.proposal.changes.append(change)
        apply(self.tables, [change], self.evidence)

    # What is not in the record

    def _unmatched(self, unmatched: dict[tuple[str, str], list[Statement]]) -> None:
        spaces = {
            space.lower(): row["organisation_id"]
            for row in self.tables.rows["organisations"].values()
            for space in row["hub_namespaces"].split(";")
            if space
        }
        entries: dict[str, list[Statement]] = {}
        names: dict[str, set[str]] = {}
        for (source, listed_id), statements in unmatched.items():
            hub_id = statements[0].hub_id
            if hub_id and source in CANDIDATES:
                entries.setdefault(hub_id.lower(), []).extend(statements)
            else:
                names.setdefault(source, set()).add(listed_id)
        for hub_id, statements in entries.items():
            organisation = spaces.get(hub_id.split("/")[0], "")
            sources = tuple(dict.fromkeys(one.source for one in statements))
            if not organisation and set(sources) <= {"hub"}:
                # the Hub has millions of repositories of people the record does not follow
                self.proposal.left_out["of nobody in the record"] += 1
                continue
            found = about(statements)
            values = {one.column: one.value for one in statements if self._fits(one)}
            day = values.get("released_on") or values.get("hub_created_on", "")
            total = values.get("total_params_b", "")
            reason = out_of_scope(
                hub_id,
                pipeline=found.get("pipeline", ""),
                derived=found.get("derived", ""),
                total_b=float(total) if total else None,
                day=day,
            )
            if reason:
                self.proposal.left_out[reason] += 1
                of = self.proposal.out_of_scope.setdefault(reason, [])
                of.append(statements[0].hub_id)
                continue
            self.proposal.new_models.append(
                NewModel(
                    *(statements[0].hub_id, organisation, sources, day, total),
                    tuple(statements),
                )
            )
        self.proposal.new_models.sort(key=lambda new: (new.day or "9999", new.hub_id.lower()))
        scope = self.proposal.out_of_scope
        self.proposal.out_of_scope = {reason: sorted(of) for reason, of in sorted(scope.items())}
        self.proposal.unmatched = {source: sorted(of) for source, of in sorted(names.items())}

    def _fits(self, statement: Statement) -> bool:
        if statement.column in (*ABOUT, LISTED):
            return False
        return not self._expected(_table_of(statement.column), statement)


def apply(
    tables: Tables,
    changes: Iterable[Change],
    evidence: dict[tuple[str, str, str], list[Row]] | None = None,
) -> None:
    """Make changes in the tables, and in the evidence by cell if it is given."""
    for change in changes:
        for edit in change.edits:
            if edit.cells is None:
                gone = tables.rows[edit.table].pop(edit.key, None)
                if evidence is not None and gone and edit.table == "evidence":
                    cell = (gone["table"], gone["row"], gone["column"])
                    evidence[cell] = [
                        e for e in evidence[cell] if tables.key("evidence", e) != edit.key
                    ]
                continue
            named = dict(zip(tables.schema.tables[edit.table].primary_key, edit.key, strict=True))
            tables.put(edit.table, {**named, **edit.cells})
            if evidence is not None and edit.table == "evidence":
                row = tables.rows["evidence"][edit.key]
                upstream = _upstream_of(tables, row["source_url"], row["source_kind"])
                row = {**row, "upstream": upstream}
                evidence.setdefault((row["table"], row["row"], row["column"]), []).append(row)


def _table_of(column: str) -> str:
    if column in METRICS:
        return "adoption"
    return "releases" if column in RELEASE else "models"


def _later_copy(created: str, release: Row) -> bool:
    """Whether a repository is not the release's first: another was, perhaps one not listed now."""
    if release["hub_created_on"]:
        return created > release["hub_created_on"]
    day = release["released_on"]
    return bool(day) and created > day and _days_apart(created, day) > FAR


def _days_apart(one: str, other: str) -> int:
    return abs((dt.date.fromisoformat(one) - dt.date.fromisoformat(other)).days)


def _same(column: str, one: str, other: str) -> bool:
    """Whether two values of a column agree, as closely as the column is stated.

    A count agrees with itself rounded, so 7 and 7.24 do, and a provider that shows reasoning
    without a switch agrees with both kinds.
    """
    if one == other:
        return True
    if column == "reasoning":
        return {one, other} in ({"yes", "always"}, {"yes", "optional"})
    a, b = _number(one), _number(other)
    if column not in CLOSE or a is None or b is None:
        return column in EXPERTS and a is not None and a == b
    coarse, fine = sorted((a, b), key=lambda value: -value.as_tuple().exponent)
    if column != "context_tokens" and round(fine, -coarse.as_tuple().exponent) == coarse:
        return True
    return abs(a - b) <= Decimal(str(CLOSE[column])) * max(a, b)


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except ArithmeticError:
        return None


def _chosen(known: list[Row], cell: str) -> Row | None:
    """The evidence a cell rests on: that which equals it, the best first."""
    number = _number(cell)
    equal = [
        e
        for e in known
        if e["value"] == cell or (number is not None and _number(e["value"]) == number)
    ]
    return min(equal, key=lambda e: e["confidence"], default=None)


def _stands(known: list[Row], cell: str) -> str:
    """What keeps a machine's hands off a cell: evidence that is not a source's plain word."""
    chosen = _chosen(known, cell)
    if chosen is None or chosen["confidence"] == GRADE:
        return ""
    return f"{chosen['confidence']} {chosen['upstream']}"


def _evidence_by_cell(tables: Tables) -> dict[tuple[str, str, str], list[Row]]:
    rows = list(tables.rows["evidence"].values())
    names = upstreams(pd.DataFrame(rows, columns=["source_url", "source_kind"]), tables.schema)
    by_cell: dict[tuple[str, str, str], list[Row]] = {}
    for row, upstream in zip(rows, names, strict=True):
        cell = (row["table"], row["row"], row["column"])
        by_cell.setdefault(cell, []).append({**row, "upstream": upstream})
    return by_cell


def _upstream(tables: Tables, statement: Statement) -> str:
    return _upstream_of(tables, statement.source_url, statement.source_kind)


def _upstream_of(tables: Tables, address: str, kind: str) -> str:
    """Who says what stands at an address, as the record names it."""
    if (address, kind) not in tables.upstreams:
        frame = pd.DataFrame([{"source_url": address, "source_kind": kind}])
        tables.upstreams[address, kind] = upstreams(frame, tables.schema).iloc[0]
    return tables.upstreams[address, kind]


def licence_classes(tables: Tables) -> dict[str, tuple[str, str]]:
    """Class and flags of each licence that the record classes in one way."""
    found: dict[str, set[tuple[str, str]]] = {}
    for row in tables.rows["models"].values():
        found.setdefault(row["licence"], set()).add((row["licence_class"], row["licence_flags"]))
    return {name: next(iter(of)) for name, of in found.items() if len(of) == 1}


def _by_engine_key(names: Iterable[EngineName]) -> dict[Key, list[EngineName]]:
    by_key: dict[Key, list[EngineName]] = {}
    for name in names:
        by_key.setdefault((name.engine, name.kind, name.name), []).append(name)
    return dict(sorted(by_key.items()))


def _edit_cells(tables: Tables, table: str, row: Row, cells: Mapping[str, str]) -> Edit:
    return Edit(table, tables.key(table, row), dict(cells))


def evidence_edit(tables: Tables, table: str, row: str, column: str, statement: Statement) -> Edit:
    """The row of evidence for a statement."""
    cells = {
        "table": table,
        "row": row,
        "column": column,
        "value": statement.value,
        "source_url": statement.source_url,
        "source_kind": statement.source_kind,
        "accessed_on": statement.stated_on,
        "confidence": GRADE,
        "note": "" if column in UNNOTED else " ".join(statement.note.split())[:LONGEST_NOTE],
    }
    return Edit("evidence", tables.key("evidence", cells), cells)


def _change(kind, table, row, column, old, statement, edits, new=None) -> Change:
    return Change(
        *(kind, table, row, column, old, statement.value if new is None else new),
        *(statement.source, statement.source_url, statement.stated_on, statement.note),
        tuple(edits),
    )
