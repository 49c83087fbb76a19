"""A record whose every free text holds what some part of a site might take for more than text.

It is the small frozen record with attacks beside the words of each cell that its schema leaves
free, and valid: validation refuses line breaks and blanks at the ends of a cell, so neither a tab
nor a carriage return can begin one, and what begins a line of Markdown does so only where a cell
begins one. Each kind of attack meets each column in some row, the longest word apart, which
stands in the charts by itself.

Whatever ran would set `window.ran`, and whatever were fetched would come from `HOST`.
"""

import csv
import json
from dataclasses import replace
from pathlib import Path

import earlier

from almanac.record import difference, previous, read_schema
from almanac.record.schema import Field, Schema, Table

RECORD = Path(__file__).parent / "fixtures" / "record"
HOST = "host.example"  # nobody's: a request to it is an attack that got through

# What begins with one of these is a formula to a spreadsheet: first in every other row.
FORMULAS = (
    f'=HYPERLINK("http://{HOST}/f","open")',
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
)
ATTACKS = (
    # HTML: elements, ends of those that a text stands in, comments, entities, attributes
    "<script>window.ran=1</script>",
    f"<img src=//{HOST}/i onerror=window.ran=1>",
    '"><svg onload=window.ran=1>',
    "'><svg/onload=window.ran=1>",
    "</script><script>window.ran=1</script>",
    "</textarea></title></style><img src=x onerror=window.ran=1>",
    f"</td></tr></table><iframe src=//{HOST}/></iframe>",
    "</text></svg><script>window.ran=1</script>",
    "<!-- <p>",
    "]]><![CDATA[<script>window.ran=1</script>",
    "&lt;b&gt;bold&lt;/b&gt; &amp;amp; &#60;i&#62;",
    '" onmouseover="window.ran=1" x="',
    "' onfocus='window.ran=1' autofocus='",
    f"<base href=//{HOST}/><form action=//{HOST}/><input name=search>",
    "<details open ontoggle=window.ran=1>",
    # Markdown and MyST
    "[x](javascript:window.ran=1)",
    f"![x](http://{HOST}/m.png)",
    "**bold** __strong__ `code` ~~gone~~",
    "| a | b |",
    "# Heading",
    "- [ ] task",
    "{glue:text}`moe.ipynb::moe-share:s`",
    "```{raw} html",
    "{{ 7*7 }} {% include '_config.yml' %} {# x #}",
    ":::{note}",
    "(target)=",
    "$x^2$ \\(y^2\\) $$z^2$$",
    "% comment",
    "```{eval-rst}",
    f"<http://{HOST}/a> www.{HOST} [^1] [@key]",
    # Sphinx and Python's formats
    ":ref:`genindex` :math:`x^2` |version| .. raw:: html",
    "{value} {interval} {0} {name!r} %s %(x)s",
    "${HOME} $(id) `id`",
    # Vega's expressions and fields
    "', window.ran = 1, '",
    "datum['x'] \" + signal + \" + datum.name",
    "\\'); window.ran = 1; //",
    "a.b[0]\\.c || event",
    # what is looked for in pictures
    'id="a" url(#b) href="#c" font-family="d" currentColor aria-label="e"',
    # letters that are none
    "turned \u202e round \u202c and \u2066 on",
    "\x01\x08\x1b[31m\x7f\ufffe control",
    "tab\there",
    "zero\u200bwidth\ufeff \U0001f9ff \u0301combined",
    "W" * 300,
)
# In the place of an address, whose form the schema leaves open after its "https://".
ADDRESSES = (
    f'https://{HOST}/"><script>window.ran=1</script>',
    f"https://{HOST}/'onmouseover='window.ran=1",
    f"https://{HOST}/)[x](javascript:window.ran=1)",
    "https://javascript:window.ran=1@host.example/<img/src=x/onerror=window.ran=1>",
)
BLANKS = 3  # one of as many blank cells stays blank; `undisclosed`, which says so, stays too


def free(table: Table, field: Field) -> bool:
    """Whether a column holds whatever its writer likes."""
    if field.type != "string" or {"enum", "pattern"} & set(field.constraints):
        return False
    keys = {column for key in table.foreign_keys for column in key.columns}
    # these columns name tables, rows and columns, for which validation looks
    names = {"table", "row", "column", "new_key"}
    return field.name not in keys | names


def address(field: Field) -> bool:
    """Whether a column holds addresses."""
    return "http" in field.constraints.get("pattern", "")


def cell(words: str, place: int, column: int, rows: int) -> str:
    """The text of a cell, with its share of the attacks: all of them in a column of `rows`.

    Parameters
    ----------
    words : what stood there, which stays at its end, so that names stay what they are
    place, column : numbers of the row and of the column
    """
    some = -(-len(ATTACKS) // rows)  # so many in a row that each is in some row
    start = place * some + column
    chosen = [ATTACKS[number % len(ATTACKS)] for number in range(start, start + some)]
    if place % 2:
        chosen.insert(0, FORMULAS[(place // 2 + column) % len(FORMULAS)])
    return " ".join([*chosen, words]).strip()


def attacked(rows: list[dict], table: Table, number: int) -> list[dict]:
    """The rows of a table with attacks in its free columns and addresses."""
    rows = [dict(row) for row in rows]
    for column, field in enumerate(table.fields, start=number):
        if free(table, field):
            filled = [
                row
                for place, row in enumerate(rows)
                if (row[field.name] or place % BLANKS) and row[field.name] != "undisclosed"
            ]
            # a text that many rows share stays one, as a licence or a family
            texts = list(dict.fromkeys(row[field.name] for row in filled))
            shared = "" not in texts and len(texts) < len(ATTACKS) < len(filled)
            for place, row in enumerate(filled):
                at, held = (texts.index(row[field.name]), texts) if shared else (place, filled)
                row[field.name] = cell(row[field.name], at, column, len(held))
        elif address(field):
            for place, row in enumerate(rows):
                if row[field.name]:
                    attack = ADDRESSES[(place + column) % len(ADDRESSES)]
                    if row.get("source_kind") == "aggregator":  # lists are known by theirs
                        attack = row[field.name] + attack.removeprefix("https:/")
                    row[field.name] = f"{attack}#{place}"
    return rows


# Of a folder: its name is that of the edition too, and so on every page.
NAME = "<img src=x onerror=window.ran=1> \"q\" 'a' {value} $x^2$ **b** `c` &lt;"


def write(folder: Path) -> Path:
    """Write the record into `folder`, valid by its own schema, whose words are attacks too."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "datapackage.json").write_text(json.dumps(_package()), "utf-8")
    schema = read_schema(folder)
    rows = {name: _read(RECORD / table.path) for name, table in schema.tables.items()}
    rows |= _history(rows["models"])
    evidence = rows.pop("evidence")
    made = {
        name: attacked(rows[name], schema.tables[name], number * 7)
        for number, name in enumerate(rows)
    }
    made["evidence"] = _evidence(evidence, rows, made, schema)
    for name, table in schema.tables.items():
        made[name].sort(key=lambda row, table=table: [row[key] for key in table.primary_key])
        with (folder / table.path).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, table.columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(made[name])
    _keep(folder)
    (folder / "CHANGELOG.md").write_text(
        f"## 2026-11-01\n\n{ATTACKS[0]}\n\n[x](javascript:window.ran=1)\n", "utf-8"
    )
    return folder


def _keep(folder: Path) -> None:
    """Keep an edition before it, whose values, keys and headlines were attacks as well."""
    now = difference.read(folder)
    models = now.tables["models"]
    models = models.assign(name=models["name"].iloc[::-1].to_numpy()).iloc[len(ATTACKS) :]
    results = earlier.results()
    results["parameters"] = {"unit": NAME, ATTACKS[0]: 1}
    results["results"] += [
        earlier.RESULT | {"id": attack, "text": attack, "chapter": attack, "value": 1.0,
                          "low": None, "high": None}
        for attack in ATTACKS
    ]  # fmt: skip
    previous.keep(folder, replace(now, tables={**now.tables, "models": models}), results)


def _read(path: Path) -> list[dict]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _history(models: list[dict]) -> dict[str, list[dict]]:
    """Rows of the tables that are empty in the small record."""
    number = range(len(ATTACKS))
    return {
        "corrections": [
            {"corrected_on": f"2026-10-{1 + n % 3:02}", "table": "models",
             "row": models[n]["model_id"], "column": "licence", "was": f"was {n}",
             "is_now": f"now {n}", "wrong_since": "2026-09-01", "affects": "all", "why": "so"}
            for n in number
        ],
        "renamed": [
            {"table": "models", "old_key": f"{n}", "new_key": models[n]["model_id"],
             "renamed_on": "2026-10-01", "why": "so"}
            for n in number
        ],
        "aliases": [
            {"list": "atom", "listed_id": f"{n}", "model_id": models[n]["model_id"],
             "reason": "", "note": ""}
            for n in number
        ],
    }  # fmt: skip


def _evidence(
    evidence: list[dict], before: dict[str, list], after: dict[str, list], schema: Schema
) -> list[dict]:
    """Evidence for the cells as they are now, and for what no cell holds."""
    keys, cells = {}, {}
    for name, rows in before.items():
        table = schema.tables[name]
        for old, new in zip(rows, after[name], strict=True):
            was, now = (
                "/".join(row[column] for column in table.primary_key) for row in (old, new)
            )
            keys[name, was] = now
            for column in table.columns:
                cells[name, was, column, old[column]] = new[column]
    attacked_rows = attacked(evidence, schema.tables["evidence"], 0)
    for old, new in zip(evidence, attacked_rows, strict=True):
        at = old["table"], old["row"], old["column"]
        new["row"] = keys.get(at[:2], old["row"])
        field = schema.tables[old["table"]].field(old["column"])
        if (*at, old["value"]) in cells:  # or the cell were without its source
            new["value"] = cells[*at, old["value"]]
        elif field.type != "string" or {"enum", "pattern"} & set(field.constraints):
            new["value"] = old["value"]
    models = after["models"]
    return attacked_rows + [
        {"table": "models", "row": models[number]["model_id"], "column": column,
         "value": cell("otherwise", number, place, len(ATTACKS)),
         "source_url": f"{ADDRESSES[number % len(ADDRESSES)]}#{column}",
         "source_kind": "aggregator", "accessed_on": "2026-11-01", "confidence": "C",
         "note": attack}
        for number, attack in enumerate(ATTACKS)
        for place, column in enumerate(("licence", "reasoning", "total_params_b"))
    ]  # fmt: skip


def _package() -> dict:
    """The schema of the small record, its words attacks."""
    package = json.loads((RECORD / "datapackage.json").read_text("utf-8"))
    words = iter(range(10**6))

    def more(text: str) -> str:
        return f"{ATTACKS[next(words) % len(ATTACKS)]} {text}"

    package |= {name: more(package[name]) for name in ("title", "description")}
    package["refreshed"] = more(package["refreshed"])
    package["licenses"] = [
        {"name": "CC-BY-4.0", "title": more("licence"), "path": "javascript:window.ran=1"}
    ]
    for source in package["sources"]:
        source |= {name: more(source[name]) for name in ("title", "license")}
    package["sources"][1]["path"] = f'http://{HOST}/"><script>window.ran=1</script>'
    for resource in package["resources"]:
        resource |= {name: more(resource[name]) for name in ("title", "description")}
        for field in resource["schema"]["fields"]:
            field["description"] = more(field["description"])
    return package
