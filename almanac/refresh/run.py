"""A whole refresh: read the sources, compare, print, and write if asked."""

import datetime as dt
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from almanac.record import SchemaError
from almanac.refresh import copies as saved
from almanac.refresh import draft, propose, report, tables
from almanac.refresh import fetch as fetching
from almanac.refresh import write as writing
from almanac.refresh.fetch import Fetched, Progress
from almanac.sources.source import Source
from almanac.sources.statements import Said, SourceError, unexpected

ADVICE = "The record is unchanged by it. Try later, or read a saved copy with --from DIR."


class RefreshError(Exception):
    """A refresh cannot be done; the message says why and what to do."""


def refresh(
    data: Path,
    sources: list[Source],
    *,
    copies: Path | None,
    save: Path,
    dated: bool,
    named: bool,
    write: bool,
    add: Iterable[str],
    form: str,
) -> bool:
    """Refresh the record in `data`; whether any source failed.

    Parameters
    ----------
    data : folder of the record
    sources : what to read
    copies : folder of saved copies to read instead of the live upstreams, or None
    save : folder that copies of what is fetched go to
    dated : whether they go into a folder there named after the day
    named : whether the sources were asked for by name, so that one without copies is a failure
    write : whether to write
    add : Hub ids of proposed new models to draft
    form : text, json or markdown

    Raises
    ------
    RefreshError
        If the record cannot be read or written.
    """
    try:
        if write:
            if writing.recover(data):
                click.echo("A refresh was cut off while writing: it is finished now.", err=True)
        elif writing.is_cut_off(data):
            raise RefreshError(
                f"a refresh was cut off while writing {data}, which is half old and half new:"
                " refresh with --write, which finishes it first"
            )
        record = tables.read(data)
    except (SchemaError, OSError, ValueError, KeyError, TypeError) as error:
        raise RefreshError(f"the record in {data} cannot be read ({error}): validate it") from None
    except writing.WriteError as error:
        raise RefreshError(str(error)) from None
    fetched = _read(copies, sources, record, save, dated, named)
    said, failures = parsed(sources, fetched)
    proposal = propose.propose(said, record)
    proposal.failures = failures
    try:
        proposal.changes += draft.drafts(proposal, add, record)
    except draft.DraftError as error:
        raise RefreshError(f"{error}. Nothing is written.") from None
    written = None
    if write:
        try:
            written, proposal.taken_back = writing.write(record, proposal.changes)
        except writing.CutOff as error:
            raise RefreshError(str(error)) from None
        except (writing.WriteError, OSError) as error:
            raise RefreshError(f"Nothing is written: {error}") from None
    if form == "json":
        values = report.as_dict(proposal, written)
        click.echo(json.dumps(values, indent=1, default=str))  # ASCII: nothing steers a terminal
    else:
        click.echo({"text": report.text, "markdown": report.markdown}[form](proposal, written))
    for failure in failures.values():
        click.echo(f"{failure}. {ADVICE}", err=True)
    return bool(failures)


def parsed(sources: Iterable[Source], fetched: dict[str, Fetched]) -> tuple[Said, dict[str, str]]:
    """What the sources say, and why those that failed did; of these, nothing is said.

    A source whose documents say nothing at all has changed, however well they could be read.
    """
    said, failures = Said(), {}
    for source in sources:
        into = fetched[source.name]
        own = Said(dropped=sorted(into.dropped))
        failure = into.failure
        # in the order of their names, whatever order they arrived in
        for _, document in sorted(into.documents.items()):
            if failure:
                break
            try:
                own.extend(source.shape(document.file).parse(document))
            except SourceError as error:
                address = into.addresses.get(document.file, document.file)
                what = str(error).removeprefix(f"{source.name}: ")
                failure = f"{source.title}: {address}: {what}"
            except Exception as error:  # what nobody thought of ends one source, not all
                address = into.addresses.get(document.file, document.file)
                failure = f"{source.title}: {address}: {unexpected(error)}"
        if into.documents and not (failure or own.statements or own.engines):
            failure = f"{source.title}: nothing in it is recognised: its schema has changed"
        if failure:
            failures[source.name] = failure
        else:
            said.extend(own)
    return said, failures


def _read(
    copies: Path | None,
    sources: list[Source],
    record: tables.Tables,
    save: Path,
    dated: bool,
    named: bool,
) -> dict[str, Fetched]:
    if copies is not None:
        return _copies(copies, sources, named)
    day = dt.datetime.now(dt.UTC).date()
    wanted = propose.wanted(record)
    with _progress(sources) as progress:
        fetched = fetching.fetch(sources, wanted, day, fetching.LIMITS, progress)
    folder = save / day.isoformat() if dated else save
    for source in sources:
        into = fetched[source.name]
        if not into.failure:
            try:
                saved.save(folder, source, into)
            except SourceError as error:
                into.failure = str(error)
            except OSError as error:
                into.failure = f"{source.title}: no copy can be saved in {folder} ({error})"
    return fetched


def _copies(folder: Path, sources: list[Source], named: bool) -> dict[str, Fetched]:
    fetched = saved.read(folder, sources)
    if not any(of.documents or of.failure for of in fetched.values()):
        raise RefreshError(f"there are no saved copies of any source in {folder}")
    for source in sources:
        into = fetched[source.name]
        if not into.documents and not into.failure:
            if named:
                into.failure = f"{source.title}: there is no saved copy in {folder}"
            else:
                click.echo(f"{source.title}: no saved copy in {folder}, not read", err=True)
    return fetched


@contextmanager
def _progress(sources: list[Source]) -> Iterator[Progress]:
    """A bar a source on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda source, done, known: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks = {source.name: bars.add_task(source.title, total=None) for source in sources}
        yield lambda source, done, known: bars.update(tasks[source], completed=done, total=known)
