"""How validation, a whole book and its pages grow with the record, from 1,000 models to 100,000.

The records are generated, each with its evidence, in a folder that is removed afterwards. Seconds
are of this machine; the growth, and the ratio to the real record's book, are what to keep. The
curves go to FOLDER as a picture.

    python benchmarks/scale.py FOLDER [MODELS ...]
"""

import sys
import tempfile
from pathlib import Path

import altair as alt
import pandas as pd
import vl_convert

from generated import ROOT, generate
from memory import measured

ALMANAC = Path(sys.executable).with_name("almanac")
SIZES = (1_000, 3_000, 10_000, 30_000, 100_000)


def pages(site: Path) -> float:
    """The largest of a site's pages, in MB."""
    return max(page.stat().st_size for page in (site / "book").glob("*.html")) / 1e6


def main(folder: Path, sizes: list[int]) -> None:
    """Print and draw what each size takes."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        for models in (None, *sizes):
            record, out = ROOT / "data", work / f"out-{models}"
            count = len(pd.read_csv(record / "models.csv", usecols=["model_id"]))
            if models is not None:
                record = work / f"record-{models}"
                count = generate(models, record)
            validation, _ = measured(ALMANAC, "validate", "--data", record)
            book, memory = measured(ALMANAC, "build", "-q", "--data", record, "--out", out)
            site = out / "_build" / "html"
            rows.append(
                {
                    "record": "real" if models is None else "generated",
                    "models": count,
                    "validation, s": round(validation, 1),
                    "whole book, s": round(book, 1),
                    "memory, GB": round(memory, 2),
                    "largest page, MB": round(pages(site), 2),
                }
            )
            print(rows[-1], flush=True)
    table = pd.DataFrame(rows)
    table["book / real"] = (table["whole book, s"] / table["whole book, s"].iloc[0]).round(2)
    print(table.to_string(index=False))
    generated = table[table.record == "generated"]
    long = generated.melt("models", generated.columns[2:6], "what", "value")
    log = alt.Scale(type="log")
    chart = (
        alt.Chart(long)
        .mark_line(point=True)
        .encode(
            x=alt.X("models:Q", scale=log, title="models"),
            y=alt.Y("value:Q", scale=log, title=None),
            color=alt.Color("what:N", title=None),
        )
        .properties(width=480, height=300, title="Growth with the number of models")
    )
    folder.mkdir(parents=True, exist_ok=True)
    svg = vl_convert.vegalite_to_svg(chart.to_dict(), vl_version="6.4")
    (folder / "scale.svg").write_text(svg, "utf-8")
    print(folder / "scale.svg")


if __name__ == "__main__":
    main(Path(sys.argv[1]), [int(text) for text in sys.argv[2:]] or list(SIZES))
