"""The site as a folder: what is added to Sphinx's pages, and how it replaces the last one."""

import importlib.resources
import json
import os
import re
import shutil
from pathlib import Path

from almanac.book import seal
from almanac.book.errors import BuildError

KEY = "site.key"  # file in the build folder: the fingerprint of the site there


def vega_bundle(folder: Path) -> Path:
    """Make Vega as one script, unless `folder` has it whole: the file.

    It comes out of the pinned package vl-convert, so there is nothing to vendor.
    """
    import vl_convert

    from almanac.charts.theme import VEGALITE

    bundle = folder / f"vega-{VEGALITE}-{vl_convert.__version__}.js"
    if not seal.is_sealed(bundle):
        # wrapped, because its top-level names would clash with other scripts
        script = "(()=>{" + vl_convert.javascript_bundle(vl_version=VEGALITE) + "})();\n"
        part = bundle.with_suffix(f".{os.getpid()}")
        part.write_text(script, encoding="utf-8")
        os.replace(part, bundle)
        seal.seal(bundle)
    return bundle


def add_assets(static: Path, bundle: Path) -> None:
    """Put the libraries that pages load on demand into the site: no other host is asked.

    Parameters
    ----------
    static : folder of the site's scripts and styles
    bundle : the file that `vega_bundle` made, which draws the charts; DataTables, for the table
        of the record, comes out of the pinned package itables
    """
    shutil.copyfile(bundle, static / "vega.bundle.js")
    tables = importlib.resources.files("itables") / "html" / "dt_bundle.js"
    script = as_plain_script(tables.read_text("utf-8"), "DataTable")
    (static / "datatables.bundle.js").write_text(script, encoding="utf-8")


def as_plain_script(module: str, name: str) -> str:
    """A module's text as a plain script that makes its default export the global `name`.

    Modules are not read from a folder (`file:`), plain scripts are.

    Raises
    ------
    BuildError
        If the module has another shape than a bundle with all its exports at its end.
    """
    found = re.search(r"export\s*\{([^{}]*)\};?\s*(/\*.*\*/)?\s*$", module, re.DOTALL)
    default = found and re.search(r"([\w$]+) as default\b", found[1])
    if not default or re.search(r"^import\b", module, re.MULTILINE):
        raise BuildError(f"the script of {name} is no module with one list of exports at its end")
    licences = found[2] or ""
    body = module[: found.start()] + f"globalThis.{name}={default[1]};"
    return "(()=>{" + body + "})();\n" + licences + "\n"


def write_json(path: Path, value: object) -> None:
    """Write JSON the same way every time: sorted keys, one line a row of a list."""
    if isinstance(value, list):
        rows = ",\n".join(json.dumps(row, sort_keys=True, ensure_ascii=False) for row in value)
        text = f"[\n{rows}\n]\n"
    else:
        text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8")


def replace(site: Path, finished: Path) -> None:
    """Put the finished site in the place of the last one, whole.

    Two renames: a reader finds the old site or the new one, for an instant none, never half.
    """
    old = site.with_name(f"{site.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if site.exists():
        os.rename(site, old)
    os.rename(finished, site)
    shutil.rmtree(old, ignore_errors=True)


def recover(site: Path) -> None:
    """Bring back the last site if a build was killed between the two renames of `replace`."""
    old = site.with_name(f"{site.name}.old")
    if old.exists() and not (site / "index.html").exists():
        shutil.rmtree(site, ignore_errors=True)
        os.rename(old, site)


def is_current(folder: Path, fingerprint: str) -> bool:
    """Whether the site in the build folder `folder` was made from just this."""
    key = folder / KEY
    return (
        (folder / "html" / "index.html").exists()
        and key.exists()
        and key.read_bytes() == fingerprint.encode()
    )
