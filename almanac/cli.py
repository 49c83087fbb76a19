"""The command `almanac`."""

import io
import json
import os
import sys
from contextlib import nullcontext, redirect_stdout
from pathlib import Path

import click


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="open-weights-almanac")
def main():
    """The Open-Weights Almanac: validate its record, build its editions.

    Exit codes: 0 done, 1 the data or an output is wrong, 2 the command line is wrong.
    """


@main.command()
@click.option("--data", type=click.Path(path_type=Path), help="Folder of the record [data].")
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
@click.option("--data", type=click.Path(path_type=Path), help="Folder of the record [data].")
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

    names = [name for name, _ in parameters]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise click.UsageError(f"parameter {', '.join(twice)} is set twice")
    for name, value in parameters:
        os.environ[PREFIX + name.upper()] = value
    if data:
        os.environ[f"{PREFIX}DATA"] = str(data.absolute())
    folder = (out or ROOT).absolute() / "_build"
    made = edition(os.environ)
    if site.is_current(folder, fingerprint(made)):
        if not quiet:
            click.echo("Nothing has changed: the site is up to date.")
            click.echo(folder / "html" / "index.html")
        return
    command = ["build", str(ROOT), *(["-q"] if quiet else [])]
    if out:
        command += ["--path-output", str(out.absolute())]
    from jupyter_book.cli.main import main as jupyter_book

    # Jupyter Book's own banner ignores -q; what is wrong goes to stderr
    silence = redirect_stdout(io.StringIO()) if quiet else nullcontext()
    try:
        with silence:
            jupyter_book(command, standalone_mode=False)
    except SystemExit as end:
        if end.code:
            sys.exit(1)
    if not quiet:
        click.echo(folder / "html" / "index.html")


if __name__ == "__main__":
    main()
