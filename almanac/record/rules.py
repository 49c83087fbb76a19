"""Rules of the record that concern more than one cell.

Each rule is a pure function from the tables to findings. Validation calls a rule only with tables
that are whole, so a rule need not ask whether its columns are there; a blank cell, or one that is
not of its type, is missing in the frames and breaks no rule here.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from almanac.record.counter import Count, count
from almanac.record.schema import Schema
from almanac.record.tables import row_names, typed

# How far a count re-derived from hyperparameters may lie from the stated one, as a share.
TOLERANCE = 0.05


class Finding(NamedTuple):
    """A broken rule: the cell at fault, its line as an editor counts it, and what is wrong."""

    table: str
    line: int
    column: str
    problem: str


@dataclass(frozen=True)
class Checked:
    """What rules look at: typed frames by table name, indexed by line number, and the schema.

    Only tables without a structural fault are there, and of rows that share a key only the first.
    """

    schema: Schema
    frames: Mapping[str, pd.DataFrame]


Check = Callable[[Checked], Iterator[Finding]]


@dataclass(frozen=True)
class Rule:
    """A check and the columns it reads, each as ``table.column type``.

    A rule without needs looks at whatever tables are there.
    """

    check: Check
    needs: tuple[str, ...]

    @property
    def tables(self) -> set[str]:
        """Names of the tables the rule cannot do without."""
        return {need.split(".")[0] for need in self.needs}


def active_at_most_total(checked: Checked) -> Iterator[Finding]:
    """No model uses more parameters per token than it has."""
    models = checked.frames["models"]
    broken = models[models["active_params_b"] > models["total_params_b"]]
    for line, total in broken["total_params_b"].items():
        yield Finding(
            "models",
            line,
            "active_params_b",
            f"expected at most total_params_b ({total:g}): correct one of the two",
        )


def mixture_has_experts(checked: Checked) -> Iterator[Finding]:
    """A model is a mixture of experts if and only if it has several routed experts, if known."""
    models = checked.frames["models"]
    experts = models["n_routed_experts"]
    moe = models["architecture"] == "moe"
    for line in models.index[moe & (experts <= 1).fillna(False)]:
        yield Finding(
            "models",
            line,
            "n_routed_experts",
            "expected more than 1, or blank if undisclosed, as architecture is moe",
        )
    for line in models.index[(models["architecture"] == "dense") & (experts > 1).fillna(False)]:
        yield Finding(
            "models",
            line,
            "n_routed_experts",
            "expected blank, 0 or 1 as architecture is dense: correct one of the two",
        )


def top_k_at_most_routed(checked: Checked) -> Iterator[Finding]:
    """No token is sent to more routed experts than there are."""
    models = checked.frames["models"]
    broken = models[(models["experts_per_token"] > models["n_routed_experts"]).fillna(False)]
    for line, experts in broken["n_routed_experts"].items():
        yield Finding(
            "models",
            line,
            "experts_per_token",
            f"expected at most n_routed_experts ({experts}): correct one of the two",
        )


def dates_within_record(checked: Checked) -> Iterator[Finding]:
    """No date lies after the day the record is as of."""
    updated = checked.schema.updated
    for name, frame in checked.frames.items():
        for field in checked.schema.tables[name].fields:
            if field.type != "date":
                continue
            for line in frame.index[frame[field.name] > pd.Timestamp(updated)]:
                yield Finding(
                    name,
                    line,
                    field.name,
                    f"expected a day no later than {updated}, when the record is as of"
                    " (`updated` in datapackage.json)",
                )


def release_day_fits_status(checked: Checked) -> Iterator[Finding]:
    """A released release has a release day and an announced one has none."""
    releases = checked.frames["releases"]
    dated = releases["released_on"].notna()
    for line in releases.index[(releases["status"] == "released") & ~dated]:
        yield Finding(
            "releases",
            line,
            "released_on",
            "expected the day the weights became public, as status is released",
        )
    for line in releases.index[(releases["status"] == "announced") & dated]:
        yield Finding(
            "releases",
            line,
            "released_on",
            "expected blank, as status is announced: clear it or change the status",
        )


def base_released_first(checked: Checked) -> Iterator[Finding]:
    """No model is released before the model it was trained from."""
    models = checked.frames["models"]
    released = checked.frames["releases"].set_index("release_id")["released_on"]
    # not by map, which gives days of an empty table another type
    day = released.reindex(models["release_id"]).set_axis(models.index)
    base_day = day.set_axis(models["model_id"]).reindex(models["base_model_id"])
    base_day = base_day.set_axis(models.index)
    for line in models.index[base_day > day]:
        yield Finding(
            "models",
            line,
            "base_model_id",
            f"expected a model released no later than this one ({day[line]:%Y-%m-%d}), but it"
            f" was released on {base_day[line]:%Y-%m-%d}: correct the base or a date",
        )


def one_flagship(checked: Checked) -> Iterator[Finding]:
    """Each release has exactly one flagship."""
    models, releases = checked.frames["models"], checked.frames["releases"]
    flagships = models[models["role"] == "flagship"]
    for line in releases.index[~releases["release_id"].isin(flagships["release_id"])]:
        yield Finding(
            "releases",
            line,
            "release_id",
            "expected one model with role flagship in models.csv, there is none: name one",
        )
    first = flagships.drop_duplicates("release_id").set_index("release_id")["model_id"]
    surplus = flagships[flagships.duplicated("release_id")]
    for line, release in surplus["release_id"].items():
        yield Finding(
            "models",
            line,
            "role",
            f"expected one flagship in release {release}, which has {first[release]} already:"
            " give one of them another role",
        )


def evidence_names_a_cell(checked: Checked) -> Iterator[Finding]:
    """Evidence is about a table, row and column that exist."""
    evidence, tables = checked.frames["evidence"], checked.schema.tables
    known = evidence["table"].isin(tables.keys())
    for line in evidence.index[~known]:
        names = ", ".join(sorted(tables))
        yield Finding("evidence", line, "table", f"expected the name of a table: one of {names}")
    for name, said in evidence[known].groupby("table"):
        table = tables[name]
        for line in said.index[~said["column"].isin(table.columns)]:
            columns = ", ".join(table.columns)
            yield Finding(
                "evidence", line, "column", f"expected a column of {table.path}: one of {columns}"
            )
        if name not in checked.frames:
            continue
        rows = row_names(checked.frames[name], table)
        for line in said.index[~said["row"].isin(rows)]:
            yield Finding(
                "evidence",
                line,
                "row",
                f"expected the key of a row of {table.path} ({'/'.join(table.primary_key)})",
            )


def history_names_cells(checked: Checked) -> Iterator[Finding]:
    """A renamed key leads from one that is gone to one that exists; a correction names a cell."""
    tables = checked.schema.tables
    renamed, corrections = checked.frames["renamed"], checked.frames["corrections"]
    keys = {
        name: set(row_names(checked.frames[name], tables[name]))
        for name in {*renamed["table"], *corrections["table"]} & checked.frames.keys()
    }
    for line, row in renamed.iterrows():
        if row["table"] not in tables:
            names = ", ".join(sorted(tables))
            yield Finding("renamed", line, "table", f"expected the name of a table: one of {names}")
            continue
        path, known = tables[row["table"]].path, keys.get(row["table"])
        if known is None:
            continue
        if row["old_key"] in known:
            yield Finding(
                "renamed", line, "old_key", f"expected a key that {path} no longer has: drop one"
            )
        if row["new_key"] not in known:
            yield Finding("renamed", line, "new_key", f"expected the key of a row of {path}")
    for line, row in corrections.iterrows():
        if row["table"] not in tables or row["column"] not in tables[row["table"]].columns:
            yield Finding(
                "corrections", line, "column", "expected a column of the table that was corrected"
            )
            continue
        known = keys.get(row["table"])
        if known is not None and pd.notna(row["is_now"]) and row["row"] not in known:
            yield Finding(
                "corrections",
                line,
                "row",
                f"expected the key of a row of {tables[row['table']].path}, or a blank is_now if"
                " the row is gone",
            )
    early = corrections["corrected_on"] < corrections["wrong_since"]
    for line in corrections.index[early]:
        yield Finding(
            "corrections", line, "corrected_on", "expected a day no earlier than wrong_since"
        )


def values_have_evidence(checked: Checked) -> Iterator[Finding]:
    """Each value of an evidenced column equals the value of one of its evidence rows.

    `undisclosed` says that nobody has published the value, so it has no source to name.
    """
    evidence = checked.frames["evidence"]
    for name, frame in checked.frames.items():
        table = checked.schema.tables[name]
        if not table.evidenced:
            continue
        names = row_names(frame, table)
        lines = pd.DataFrame({"row": names, "line": frame.index})
        # for all columns at once: each value that is stated, under the line of its cell
        stated = evidence[evidence["table"] == name].merge(lines, on="row").set_index("line")
        by_column = dict(list(stated.groupby("column")["value"]))
        for column in table.evidenced:
            cells = frame[column]
            said = by_column.get(column, stated["value"][:0])
            equal = typed(said, table.field(column).type, "coerce") == cells.loc[said.index]
            sourced = equal[equal.fillna(False)].index
            bare = cells[cells.notna() & ~cells.index.isin(sourced)]
            for line in bare[bare.astype("str") != "undisclosed"].index:
                values = ", ".join(said[said.index == line])
                has = f"which says {values}" if values else "which has none"
                yield Finding(
                    name,
                    line,
                    column,
                    f"expected an equal value for {names[line]} in evidence.csv, {has}:"
                    " add its source or correct the cell",
                )


def reasoning_has_technique(checked: Checked) -> Iterator[Finding]:
    """A model that reasons has a technique, undisclosed at least; one that does not has none."""
    models = checked.frames["models"]
    taught = models["model_id"].isin(checked.frames["techniques"]["model_id"])
    for line in models.index[models["reasoning"].isin(["optional", "always"]) & ~taught]:
        yield Finding(
            "models",
            line,
            "reasoning",
            "expected a row for the model in techniques.csv, as it reasons: add one (undisclosed"
            " if the organisation does not say)",
        )
    for line in models.index[(models["reasoning"] == "none") & taught]:
        yield Finding(
            "models",
            line,
            "reasoning",
            "expected no row for the model in techniques.csv, as it does not reason: correct one"
            " of the two",
        )


def parameters_follow_from_config(checked: Checked) -> Iterator[Finding]:
    """Stated parameters are within 5 % of those counted from hyperparameters, or noted on."""
    models, configs = checked.frames["models"], checked.frames["configs"]
    experts = ["model_id", "n_routed_experts", "n_shared_experts", "experts_per_token"]
    described = models[experts].reset_index(names="line").merge(configs, on="model_id")
    # Plain objects: reading a cell of an extension array costs more than the counting.
    rows = [dict(zip(described, row, strict=True)) for row in described.to_numpy(object)]
    counts = {int(row["line"]): count(row)[0] for row in rows}
    for column in ("total_params_b", "active_params_b"):
        explained = models["model_id"].isin(_noted(checked.frames["evidence"], column))
        stated = models.loc[models[column].notna() & ~explained, column]
        for line, value in stated.items():
            counted = counts.get(line)
            if counted is None:
                continue
            low, high = _counted(counted, column)
            if not low * (1 - TOLERANCE) <= value <= high * (1 + TOLERANCE):
                yield Finding(
                    "models",
                    line,
                    column,
                    f"expected within 5 % of the {high:.4g} counted from configs.csv: correct the"
                    " value or the configuration, or explain in the note of its evidence",
                )


def _noted(evidence: pd.DataFrame, column: str) -> pd.Series:
    """Models whose `column` has evidence with a note."""
    about = (evidence["table"] == "models") & (evidence["column"] == column)
    return evidence.loc[about & evidence["note"].notna(), "row"]


def _counted(counted: Count, column: str) -> tuple[float, float]:
    """Least and greatest count: vendors leave input embedding and output head out of the active
    ones or not."""
    if column == "total_params_b":
        return counted.total_params_b, counted.total_params_b
    return counted.active_without_head_b, counted.active_params_b


EVIDENCE = (
    "evidence.table string",
    "evidence.row string",
    "evidence.column string",
    "evidence.value string",
    "evidence.confidence string",
    "evidence.note string",
)

RULES = (
    Rule(
        active_at_most_total, ("models.active_params_b number", "models.total_params_b number")
    ),
    Rule(
        mixture_has_experts, ("models.architecture string", "models.n_routed_experts integer")
    ),
    Rule(
        top_k_at_most_routed,
        ("models.experts_per_token integer", "models.n_routed_experts integer"),
    ),
    Rule(dates_within_record, ()),
    Rule(release_day_fits_status, ("releases.status string", "releases.released_on date")),
    Rule(
        base_released_first,
        (
            "models.model_id string",
            "models.release_id string",
            "models.base_model_id string",
            "releases.release_id string",
            "releases.released_on date",
        ),
    ),
    Rule(
        one_flagship,
        (
            "models.model_id string",
            "models.release_id string",
            "models.role string",
            "releases.release_id string",
        ),
    ),
    Rule(evidence_names_a_cell, EVIDENCE),
    Rule(
        history_names_cells,
        (
            "renamed.table string",
            "renamed.old_key string",
            "renamed.new_key string",
            "corrections.table string",
            "corrections.row string",
            "corrections.column string",
            "corrections.is_now string",
            "corrections.corrected_on date",
            "corrections.wrong_since date",
        ),
    ),
    Rule(values_have_evidence, EVIDENCE),
    Rule(
        reasoning_has_technique,
        ("models.model_id string", "models.reasoning string", "techniques.model_id string"),
    ),
    Rule(
        parameters_follow_from_config,
        (
            "models.model_id string",
            "models.total_params_b number",
            "models.active_params_b number",
            "models.n_routed_experts integer",
            "models.n_shared_experts integer",
            "models.experts_per_token integer",
            "configs.model_id string",
            *EVIDENCE,
        ),
    ),
)
