"""The site as a folder: what is added to Sphinx's pages, and how it replaces the last one."""

import importlib.resources
import json
import os
import shutil
from pathlib import Path

KEY = "site.key"  # file in the build folder: the fingerprint of the site there


def add_assets(static: Path) -> None:
    """Put the libraries that pages load on demand into the site: no other host is asked.

    Vega draws the charts, DataTables the table of the record. Both come out of pinned Python
    packages, so there is nothing to vendor.
    """
    import altair
    import vl_convert

    version = ".".join(altair.VEGALITE_VERSION.split(".")[:2])
    # wrapped, because its top-level names would clash with other scripts
    bundle = "(()=>{" + vl_convert.javascript_bundle(vl_version=version) + "})();\n"
    (static / "vega.bundle.js").write_text(bundle, encoding="utf-8")
    tables = importlib.resources.files("itables") / "html"
    for suffix in ("js", "css"):
        content = (tables / f"dt_bundle.{suffix}").read_text("utf-8")
        (static / f"datatables.bundle.{suffix}").write_text(content, encoding="utf-8")


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
        and key.read_text() == fingerprint
    )
