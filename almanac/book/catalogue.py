"""The record as readers explore it: a table in the page's own HTML, sources in pieces beside it.

The rows stand in the page once. Without JavaScript they are a plain table; the explorer
(`_static/catalogue.js`) reads them from there. What sources say is ten times as much, so it is
read when a model is opened: in scripts of `RUN` models each, in the order of the rows, which are
named by their number. A page from a folder may load scripts, but no other file.
"""

import html
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from almanac.charts.theme import REGION_NAMES
from almanac.measures.licences import CLASSES
from almanac.record import Record
from almanac.record.tables import typed

PAGE = "record"  # the notebook that shows the table, in the place of its cell `PLACE`
PLACE = "explorer"
MOST = 5000  # models on the page: the newest
RUN = 64  # models whose sources one script holds; catalogue.js reckons with it (data-run)
USED, AGREES, OTHERWISE = range(3)  # what a source says of a value, as the scripts give it

ARCHITECTURES = {"moe": "MoE", "dense": "dense"}
REASONING = {"always": "always", "optional": "optional", "none": "none",
             "undisclosed": "undisclosed"}  # fmt: skip
LICENCE_CLASSES = {**CLASSES, 0: "none or unclear"}

# Field of the explorer, heading, and how its column is sorted: as text, or as `known` values,
# numbers or days, the largest first and the unknown last in either direction.
COLUMNS = (
    ("name", "model", "text"),
    ("organisation", "organisation", "text"),
    ("region", "region", "text"),
    ("released", "released", "known"),
    ("total", "total (B)", "known"),
    ("active", "active (B)", "known"),
    ("architecture", "MoE or dense", "text"),
    ("experts", "experts", "text"),
    ("context", "context (tokens)", "known"),
    ("reasoning", "reasoning", "text"),
    ("licence", "licence", "text"),
    ("class", "licence class", "text"),
)
# Columns of the record, as the panel of a model calls them; others lose their underscores.
LABELS = {
    "released_on": "released on",
    "announced_on": "announced on",
    "hub_created_on": "repository created on the Hub",
    "total_params_b": "total parameters (B)",
    "active_params_b": "active parameters (B)",
    "n_routed_experts": "routed experts",
    "n_shared_experts": "shared experts",
    "context_tokens": "context (tokens)",
    "base_model_id": "trained from",
    "training_tokens_b": "training tokens (B)",
}
OPTIONAL = {"announced_on", "hub_created_on"}  # whose absence says nothing of a model
OF_EXPERTS = {"n_routed_experts", "n_shared_experts", "experts_per_token"}


def newest(record: Record, most: int = MOST) -> pd.DataFrame:
    """The models that the page shows.

    Returns
    -------
    DataFrame
        Models with their release and organisation, the newest first, those of one day by name,
        what is not released last; at most `most`.
    """
    models = record.models_with_release()
    order = ["released_on", "name", "model_id"]
    shown = models.sort_values(order, ascending=[False, True, True], na_position="last")
    return shown.head(most).reset_index(drop=True)


def fill(notebook, record: Record) -> None:
    """Put the explorer into the executed notebook of its page."""
    import nbformat

    shown = nbformat.v4.new_output("display_data", {"text/html": explorer(record)})
    notebook.cells = [
        # MyST-NB passes over a cell without source
        nbformat.v4.new_code_cell(
            "# " + PLACE, id=PLACE, outputs=[shown], metadata={"tags": ["remove-input"]}
        )
        if cell.id == PLACE
        else cell
        for cell in notebook.cells
    ]


def explorer(record: Record, most: int = MOST) -> str:
    """The filters and the table with a row a model, as HTML that needs no script.

    Each row has its model's id for an anchor. Everything of the record is escaped; there are no
    styles and no handlers in it, which a strict Content-Security-Policy forbids.
    """
    models, held = newest(record, most), len(record.models)
    what = "Models of the record"
    if len(models) < held:
        what = f"The newest {len(models):,} of {held:,} models; the others are under Download"
    head = "".join(
        f'<th scope="col" data-field="{field}" data-kind="{kind}">{title}</th>'
        for field, title, kind in COLUMNS
    )
    rows = "\n".join(map(_row, models.itertuples(index=False), _former_ids(record, models)))
    return (
        f"{_filters(models)}\n"
        '<div class="table-scroll explorer-scroll" role="region" tabindex="0" '
        'aria-label="Models of the record">\n'
        f'<table class="catalogue" data-run="{RUN}">\n'
        f"<caption>{what}; a blank is not stated or does not apply</caption>\n"
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table></div>"
    )


def _row(model, former: list[str]) -> str:
    place = _escaped(model.model_id)
    anchors = "".join(f'<span id="{_escaped(key)}"></span>' for key in former)
    organisation = _escaped(model.organisation_id)
    cells = (
        f'<a href="organisations.html#{organisation}">{_escaped(model.organisation_name)}</a>',
        *map(
            _escaped,
            (
                REGION_NAMES.get(model.region, model.region),
                _released(model),
                _number(model.total_params_b),
                _number(model.active_params_b),
                ARCHITECTURES.get(model.architecture, model.architecture),
                _experts(model),
                _number(model.context_tokens),
                REASONING.get(model.reasoning, model.reasoning),
                model.licence,
                LICENCE_CLASSES.get(model.licence_class, ""),
            ),
        ),
    )
    return (
        f'<tr id="{place}"><th scope="row">{anchors}<a href="#{place}">{_escaped(model.name)}</a>'
        f"</th><td>{'</td><td>'.join(cells)}</td></tr>"
    )


def _former_ids(record: Record, models: pd.DataFrame) -> list[list[str]]:
    """The keys that each model once had, whose anchors must still lead to it."""
    renamed = record.renamed[record.renamed["table"] == "models"]
    now = dict(zip(renamed.old_key, renamed.new_key, strict=True))
    held, former = set(record.models.model_id), defaultdict(list)
    for old in sorted(set(now) - held):
        new, seen = now[old], {old}
        while new in now and new not in seen:  # renamed again
            seen.add(new)
            new = now[new]
        former[new].append(old)
    return [former[model_id] for model_id in models.model_id]


def _released(model) -> str:
    """The day, with what it is worth where that is less than a day; or that there is none."""
    if pd.isna(model.released_on):
        return "only announced" if model.status == "announced" else ""
    notes = [] if model.date_precision == "day" else [model.date_precision]
    notes += [] if model.status == "released" else [model.status]
    return _said(model.released_on) + (f" ({', '.join(notes)})" if notes else "")


def _experts(model) -> str:
    if model.architecture != "moe":
        return ""
    if pd.isna(model.n_routed_experts):
        return "undisclosed"
    chosen = "" if pd.isna(model.experts_per_token) else f"{model.experts_per_token} of "
    shared = model.n_shared_experts
    also = f" + {shared} shared" if pd.notna(shared) and shared > 0 else ""
    return f"{chosen}{model.n_routed_experts}{also}"


def _number(value) -> str:
    """A number in full, thousands apart."""
    return "" if pd.isna(value) else f"{value:,.12g}"


def _escaped(text: object) -> str:
    """Text of the record in HTML, on one line; nothing for a blank."""
    return "" if pd.isna(text) else html.escape(" ".join(str(text).split()))


def _filters(models: pd.DataFrame) -> str:
    """What narrows the table, each control named as the address of the page names it."""
    by_name = models.drop_duplicates("organisation_id").sort_values(
        "organisation_name", key=lambda names: names.str.casefold(), kind="stable"
    )
    licences = sorted(models.licence.dropna().unique(), key=lambda name: (name.casefold(), name))
    there = {column: set(models[column].dropna()) for column in
             ("region", "architecture", "reasoning", "licence_class")}  # fmt: skip

    def some(names: dict, column: str) -> list[tuple[object, str]]:
        return [(key, name) for key, name in names.items() if key in there[column]]

    sizes = ' min="0" step="any"'
    controls = [
        _choice("organisation", "Organisation",
                zip(by_name.organisation_id, by_name.organisation_name, strict=True)),
        _choice("region", "Region", some(REGION_NAMES, "region")),
        _choice("architecture", "MoE or dense", some(ARCHITECTURES, "architecture")),
        _choice("reasoning", "Reasoning", some(REASONING, "reasoning")),
        _choice("class", "Licence class", some(LICENCE_CLASSES, "licence_class")),
        _choice("licence", "Licence", ((name, name) for name in licences)),
        _range("Released", "date", "", ("from", "to")),
        _range("Total parameters (B)", "number", sizes, ("min", "max")),
        _range("Active parameters (B)", "number", sizes, ("active-min", "active-max")),
    ]  # fmt: skip
    return (
        '<form class="explorer-controls" role="search" aria-label="Models">\n'
        '<label class="explorer-search">Search models '
        '<input type="search" name="search" autocomplete="off" spellcheck="false"></label>\n'
        '<details class="explorer-filters" open><summary>Filters</summary>\n'
        f'<div class="explorer-fields">\n{"".join(controls)}</div>\n'
        '<p class="explorer-hint">A model whose day or size is not stated is in no range of it.'
        "</p>\n</details>\n"
        '<div class="explorer-bar">'
        f'<p class="explorer-count" role="status">{len(models):,} models</p>\n'
        '<button type="reset">Clear filters</button>\n'
        '<button type="button" data-does="csv">Download these rows (CSV)</button>\n'
        '<button type="button" data-does="copy">Copy link to this view</button>\n'
        '<p class="explorer-note" role="status"></p></div>\n</form>'
    )


def _choice(name: str, label: str, options) -> str:
    listed = "".join(
        f'<option value="{_escaped(value)}">{_escaped(text)}</option>' for value, text in options
    )
    return (
        f'<label>{label} <select name="{name}"><option value="">all</option>{listed}</select>'
        "</label>\n"
    )


def _range(label: str, kind: str, also: str, names: tuple[str, str]) -> str:
    ends = " ".join(
        f'<label>{end} <input type="{kind}" name="{name}"{also}></label>'
        for end, name in zip(("from", "to"), names, strict=True)
    )
    return f"<fieldset><legend>{label}</legend><div>{ends}</div></fieldset>\n"


def sources(record: Record, models: pd.DataFrame) -> list[list]:
    """Where each value of each model and of its release comes from.

    Parameters
    ----------
    models : as `newest` gives them

    Returns
    -------
    list
        For each of `models`: its id, the addresses of its release and of its weights (empty where
        there is none), its values, and which are not stated. A value is its label, the text of it
        (empty if blank) and its sources; a source is what it says, grade, kind, address, note,
        and `USED`, `AGREES` or `OTHERWISE`: of those that say what the record holds the one of the
        best grade is used, and comes first.
    """
    said = _evidence(record, models)
    techniques = dict(list(record.techniques.groupby("model_id")))
    return [
        _sources_of(model, record, said, techniques) for model in models.itertuples(index=False)
    ]


def _sources_of(model, record: Record, said: dict, techniques: dict) -> list:
    values, missing = [], []
    for table, key in (("releases", model.release_id), ("models", model.model_id)):
        described = record.schema.tables[table]
        for field in described.fields:
            column, label = field.name, LABELS.get(field.name, field.name.replace("_", " "))
            cell = getattr(model, column, None)
            if found := said.get((table, key, column)):
                values.append([label, _said(cell), _ranked(found)])
            elif (
                column in described.evidenced
                and column not in OPTIONAL
                and not (column in OF_EXPERTS and model.architecture == "dense")
                and (pd.isna(cell) or cell == "undisclosed")
            ):
                missing.append(label)
    if model.model_id in techniques:
        for row in techniques[model.model_id].itertuples():
            found = said.get(("techniques", f"{row.model_id}/{row.technique}", "technique"), [])
            detail = [text for text in (row.algorithm, row.teacher) if pd.notna(text)]
            text = row.technique + (f" ({', '.join(detail)})" if detail else "")
            values.append(["reasoning technique", text, _ranked(found)])
    address = "" if pd.isna(model.url) else _address(model.url)
    weights = "" if pd.isna(model.hub_id) else f"https://huggingface.co/{model.hub_id}"
    return [model.model_id, address, weights, values, missing]


def _evidence(record: Record, models: pd.DataFrame) -> dict[tuple[str, str, str], list]:
    """The evidence of models, their releases and techniques, by table, row and column.

    Each row of it comes with whether it says what the record holds, as `agrees`.
    """
    techniques = record.techniques.assign(
        row=record.techniques.model_id + "/" + record.techniques.technique
    )
    held = {
        "releases": record.releases.set_index("release_id").loc[models.release_id.unique()],
        "models": record.models.set_index("model_id").loc[models.model_id],
        "techniques": techniques[techniques.model_id.isin(models.model_id)].set_index("row"),
    }
    evidence = record.evidence[record.evidence["table"].isin(list(held))]
    said = defaultdict(list)
    for (table, column), rows in evidence.groupby(["table", "column"]):
        rows = rows[rows["row"].isin(held[table].index)]
        if rows.empty or column not in held[table]:
            continue
        cells = held[table][column].reindex(rows["row"]).array
        values = typed(rows["value"], record.schema.tables[table].field(column).type, "coerce")
        agrees = (values == cells).fillna(False).astype(bool)
        for row in rows.assign(agrees=agrees).itertuples():
            said[table, row.row, column].append(row)
    return said


def _ranked(found: list) -> list[list]:
    """Sources of a value: the one used, those that agree, those that say otherwise."""
    ordered = sorted(found, key=lambda row: (not row.agrees, row.confidence))
    return [
        [
            *(row.value, row.confidence, row.source_kind.replace("_", " ")),
            _address(row.source_url),
            "" if pd.isna(row.note) else str(row.note),
            (OTHERWISE if not row.agrees else AGREES if place else USED),
        ]
        for place, row in enumerate(ordered)
    ]


def _said(value: object) -> str:
    """A value of the record as text; empty for a blank."""
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return str(value) if isinstance(value, str) else f"{value:.12g}"


def _address(text: str) -> str:
    """An address that a link may have; nothing for one of another kind, as `javascript:`."""
    return text if text.startswith(("https://", "http://")) else ""


def pieces(entries: list[list]) -> Iterator[str]:
    """The scripts with the sources, `RUN` models each.

    Each calls a function of the explorer with its number and its models.
    """
    for number, start in enumerate(range(0, len(entries), RUN)):
        lines = ",\n".join(
            json.dumps(entry, ensure_ascii=False, separators=(",", ":"))
            for entry in entries[start : start + RUN]
        )
        yield f"almanacSources({number}, [\n{lines}\n]);\n"


def write(folder: Path, record: Record) -> None:
    """Write the scripts into `folder`, which is made: ``000.js``, ``001.js`` and so on."""
    folder.mkdir()
    for number, script in enumerate(pieces(sources(record, newest(record)))):
        (folder / f"{number:03}.js").write_text(script, encoding="utf-8")
