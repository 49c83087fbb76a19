"""An executed notebook as the book shows it."""

import html
from collections.abc import Callable, Iterator

from almanac.book.computed import behind
from almanac.book.execute import INJECTED
from almanac.book.figures import figure, title_of
from almanac.book.parameters import Parameter
from almanac.charts.theme import MIME
from almanac.notebook import RESULT, VERDICTS


def page(
    notebook,
    name: str,
    parameters: dict[str, Parameter],
    source: str,
    cite: Callable[[str, str], str],
    pictures: dict[str, str],
):
    """Turn an executed notebook into a page.

    It gets figures for charts and a table of the parameters used, and its code is folded away.

    Parameters
    ----------
    notebook : the executed notebook, changed and returned
    name : of its file, without suffix
    parameters : what it declares
    source : what to name as the source of its charts
    cite : gives the citation of a chart by its title and its id
    pictures : SVG of each chart, by its id
    """
    import nbformat

    figures = {
        id(output): figure(
            spec, figure_id, computed, source, cite(title_of(spec), figure_id), pictures[figure_id]
        )
        for figure_id, spec, computed, output in charts(notebook, name)
    }
    cells = []
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        if "parameters" in tags:
            continue  # the injected cell says what was used
        if INJECTED in tags:
            table = used(cell.source, name, parameters)
            cells.append(nbformat.v4.new_markdown_cell(table, id=INJECTED))
            continue
        if cell.cell_type == "code":
            kept = []
            for output in cell.outputs:
                data = output.get("data", {})
                if RESULT in data or VERDICTS in data:
                    continue
                if id(output) in figures:
                    output["data"] = {"text/html": figures[id(output)]}
                kept.append(output)
            cell.outputs = kept
            # code that shows nothing would only be in a reader's way; the notebook has it all
            shows = any("text/html" in output.get("data", {}) for output in kept)
            cell.metadata["tags"] = [*tags, "hide-input" if shows else "remove-input"]
        cells.append(cell)
    notebook.cells = cells
    return notebook


def charts(notebook, name: str) -> Iterator[tuple[str, dict, list[str], dict]]:
    """The charts of an executed notebook, in its order.

    Yields
    ------
    tuple
        The chart's id on the site, which stays when other charts come or go; its specification;
        the functions that computed what it draws; and the output that holds it.
    """
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell, computed in zip(code, behind([cell.source for cell in code]), strict=True):
        held = [output for output in cell.outputs if MIME in output.get("data", {})]
        for number, output in enumerate(held, start=1):
            figure_id = f"{name}-{cell.id}" + (f"-{number}" if number > 1 else "")
            yield figure_id, output["data"][MIME], computed, output


def results(notebook) -> list[dict]:
    """The headline results that an executed notebook published, in its order."""
    return _published(notebook, RESULT)


def verdicts(notebook) -> list[dict]:
    """The verdicts on claims that an executed notebook published, in its order."""
    return [verdict for data in _published(notebook, VERDICTS) for verdict in data["verdicts"]]


def _published(notebook, kind: str) -> list[dict]:
    return [
        output["data"][kind]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if kind in output.get("data", {})
    ]


def used(source: str, name: str, parameters: dict[str, Parameter]) -> str:
    """Markdown with this edition's parameters and what they mean, and the notebook itself."""
    rows = []
    for line in source.splitlines():
        parameter, equals, value = line.partition(" = ")
        if equals and parameter in parameters:
            rows.append(
                f"<tr><td><code>{parameter}</code></td><td><code>{html.escape(value)}</code></td>"
                f"<td>{html.escape(parameters[parameter].meaning)}</td></tr>"
            )
    return (
        '<details class="parameters"><summary>Parameters and code of this page</summary>'
        '<div class="table-scroll" role="region" tabindex="0" aria-label="Parameters">'
        "<table><thead><tr><th scope=col>parameter</th><th scope=col>value</th>"
        f"<th scope=col>meaning</th></tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
        f'<p><a href="../_sources/book/{name}.ipynb">This page as a notebook</a>, with all its '
        "code and these parameters.</p></details>"
    )
