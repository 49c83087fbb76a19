"""The command `almanac`."""

import io
import json
import os
import sys
from contextlib import nullcontext, redirect_stdout
from pathlib import Path

import click

RECORD = click.Path(path_type=Path, exists=True, file_okay=False)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="open-weights-almanac")
def main():
    """The Open-Weights Almanac: validate its record, build its editions.

    Exit codes: 0 done, 1 the data or an output is wrong, 2 the command line is wrong.
    """


@main.command()
@click.option("--data", type=RECORD, help="Folder of the record [data].")
@click.option("as_json", "--json", is_flag=True, help="Print the faults as JSON, for machines.")
def validate(data: Path | None, as_json: bool):
    """List every fault of a record: table.csv:LINE column: what is wrong, what was found."""
    from almanac import record
    from almanac.book.edition import ROOT

    faults = record.validate(data or ROOT / "data")
    if as_json:
        click.echo(json.dumps([fault.as_dict() for fault in faults], indent=1, ensure_ascii=False))
    else:
        for fault in faults:
            click.echo(str(fault))
    sys.exit(1 if faults else 0)


@main.command()
@click.option("--data", type=RECORD, help="Folder of the record [data].")
@click.option(
    "-p", "parameters", nargs=2, multiple=True, metavar="NAME VALUE", help="Set a parameter."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to build in; the site is in its _build/html [the project].",
)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but what is wrong.")
def build(data: Path | None, parameters, out: Path | None, quiet: bool):
    """Build an edition of the book, with other data or parameters.

    The record is validated, the notebooks are executed and checked, and only a finished site
    takes the place of the last one.
    """
    from almanac.book import site
    from almanac.book.edition import PREFIX, ROOT, edition, fingerprint
    from almanac.book.errors import BuildError

    given = [*parameters, *([("data", str(data.absolute()))] if data else [])]
    names = [name.lower() for name, _ in given]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise click.UsageError(f"parameter {', '.join(twice)} is set twice")
    if odd := [name for name in names if not name.isidentifier()]:
        raise click.UsageError(f"{odd[0]!r} is not the name of a parameter")
    for name, value in given:
        os.environ[PREFIX + name.upper()] = value
    folder = (out or ROOT).absolute() / "_build"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.BadParameter(f"{folder}: {error.strerror}", param_hint="--out") from None
    try:
        current = site.is_current(folder, fingerprint(edition(os.environ)))
        if not current:
            from almanac.book import pipeline

            # kernels import their libraries while this process imports Jupyter Book
            with pipeline.warmed():
                _check_parameters({name.lower(): value for name, value in given})
                _jupyter_book(["--path-output", str(folder.parent)], quiet)
    except BuildError as error:
        raise click.ClickException(str(error)) from None
    if current and not quiet:
        click.echo("Nothing has changed: the site is up to date.")
    if not quiet:
        click.echo(folder / "html" / "index.html")


def _check_parameters(given: dict[str, str]) -> None:
    """Judge what the command line sets, and that alone: what is wrong elsewhere is no misuse."""
    from almanac.book import parameters
    from almanac.book.edition import ROOT

    notebooks = sorted((ROOT / "book").glob("*.ipynb"))
    try:
        parameters.settle({n.stem: parameters.declared(n) for n in notebooks}, given)
    except parameters.ParameterError as error:
        raise click.UsageError(str(error)) from None


def _jupyter_book(options: list[str], quiet: bool) -> None:
    """Run Jupyter Book in this process; exit with code 1 if it fails."""
    from almanac.book.edition import ROOT
    from jupyter_book.cli.main import main as jupyter_book

    command = ["build", str(ROOT), *options, *(["-q"] if quiet else [])]
    # its own banner ignores -q; what is wrong goes to stderr
    silence = redirect_stdout(io.StringIO()) if quiet else nullcontext()
    try:
        with silence:
            jupyter_book(command, standalone_mode=False)
    except SystemExit as end:
        if end.code:
            sys.exit(1)
    except RuntimeError as error:  # its way to say that Sphinx, which has said why, failed
        raise click.ClickException(str(error).strip()) from None


if __name__ == "__main__":
    main()
