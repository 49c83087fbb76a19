import itertools
import re
import sys
from pathlib import Path

import altair as alt
import nbformat
import numpy as np
import pandas as pd
import pytest
import vl_convert
from colorspacious import cspace_convert

from almanac.charts import theme
from almanac.record import read_schema

ROOT = Path(__file__).parents[2]
SCHEMA = read_schema(ROOT / "data")
LIGHT, DARK = "#ffffff", "#14181e"  # backgrounds of the page


@pytest.fixture(autouse=True)
def restored():
    """Altair's settings are global: leave them as they were."""
    registries = (alt.theme._themes, alt.renderers, alt.data_transformers)
    before = [(registry, registry.active) for registry in registries]
    yield
    for registry, name in before:
        registry.enable(name)


def luminance(colour):
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    darker, lighter = sorted([luminance(one), luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


def drawn_colours():
    categories = theme._config()["config"]["range"]["category"]
    return sorted({*theme.REGIONS.values(), *theme.ARCHITECTURES.values(), *categories})


def test_contrast_is_wcags():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # the known near miss


@pytest.mark.parametrize("colour", drawn_colours())
@pytest.mark.parametrize("page", [LIGHT, DARK])
def test_marks_stand_out_in_light_and_dark(colour, page):
    assert contrast(colour, page) >= 3


VISIONS = [None, "protanomaly", "deuteranomaly", "tritanomaly"]  # at full severity: no such cones
PALETTES = {
    "regions": list(theme.REGIONS.values()),
    "kinds": list(theme.ARCHITECTURES.values()),
    "categories": theme._config()["config"]["range"]["category"],
}


def seen(colour, vision):
    """A colour in CAM02-UCS (lightness first) as seen without one kind of cones (Machado 2009)."""
    shown = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    if vision:
        space = {"name": "sRGB1+CVD", "cvd_type": vision, "severity": 100}
        shown = np.clip(cspace_convert(shown, space, "sRGB1"), 0, 1)
    return cspace_convert(shown, "sRGB1", "CAM02-UCS")


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("palette", PALETTES)
def test_any_two_colours_are_far_apart_for_every_kind_of_eyes(palette, vision):
    """A distance of 1 is just noticed side by side; 15 is told apart in small marks, too."""
    for one, other in itertools.combinations(PALETTES[palette], 2):
        assert np.linalg.norm(seen(one, vision) - seen(other, vision)) > 15, (one, other)


@pytest.mark.parametrize("palette", PALETTES)
def test_no_two_colours_are_one_grey_in_print(palette):
    greys = sorted(seen(colour, None)[0] for colour in PALETTES[palette])
    assert min(np.diff(greys)) > 4


def test_regions_and_architectures_are_the_schemas():
    regions = SCHEMA.tables["organisations"].field("region").constraints["enum"]
    assert list(theme.REGIONS) == list(theme.REGION_NAMES) == regions
    kinds = SCHEMA.tables["models"].field("architecture").constraints["enum"]
    assert list(theme.ARCHITECTURES) == list(theme.ARCHITECTURE_NAMES) == kinds


def test_no_two_regions_share_a_colour_or_a_name():
    assert len(set(theme.REGIONS.values())) == len(set(theme.REGION_NAMES.values())) == 4


def chart():
    rows = pd.DataFrame({"x": range(6000), "y": 1})  # more rows than Altair allows by itself
    return alt.Chart(rows).mark_point().encode(x="x:Q", y="y:Q").properties(title="A finding")


def test_the_build_keeps_a_chart_as_its_specification():
    theme.enable(as_data=True)
    bundle = chart()._repr_mimebundle_(None, None)
    assert bundle["text/plain"] == "Chart: A finding"
    spec = bundle[theme.MIME]
    assert theme.MIME.endswith("+json")
    assert spec["background"] == "transparent"
    assert spec["config"]["axis"]["labelColor"] == "currentColor"
    assert {mark: spec["config"][mark]["color"] for mark in ("text", "title", "rule")} == {
        "text": "currentColor", "title": "currentColor", "rule": "currentColor",
    }  # fmt: skip


def test_jupyterlab_gets_what_it_draws_by_itself():
    theme.enable(as_data=False)
    long = chart().properties(width="container", title="A finding of many words " * 9)
    bundle, metadata = long._repr_mimebundle_(None, None)
    assert set(bundle) == {theme.LAB_MIME, "text/plain"}  # no script, and no address of any
    spec = bundle[theme.LAB_MIME]
    assert spec["$schema"] == theme.LAB_SCHEMA and spec["width"] == theme.LAB_WIDTH
    assert spec["background"] == "transparent"  # in the same theme
    assert " ".join(spec["title"]) == bundle["text/plain"].removeprefix("Chart: ").strip()
    assert max(map(len, spec["title"])) <= theme.LAB_LINE
    assert metadata == {theme.LAB_MIME: {"embed_options": {"renderer": "svg"}}}


def test_colab_which_draws_no_such_thing_gets_altairs_own(monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", object())
    theme.enable(as_data=False)
    assert alt.renderers.active == "default"


@pytest.mark.soak
def test_the_vega_lite_that_jupyterlab_carries_draws_every_chart_alike():
    """Of what vl-convert has, 5.8 is the next to the 5.6 of JupyterLab."""
    from almanac.book.page import charts
    from almanac.book.pictures import settled

    different = {}
    for path in sorted((ROOT / "tests" / "reference").glob("*.ipynb")):
        for figure_id, spec, _, _ in charts(nbformat.read(path, as_version=4), path.stem):
            spec = settled(spec, theme.LAB_WIDTH)
            ours, labs = (
                re.sub(r"-?\d+\.?\d*", "", vl_convert.vegalite_to_svg(made, vl_version=version))
                for version, made in (
                    (theme.VEGALITE, spec), ("5.8", spec | {"$schema": theme.LAB_SCHEMA})
                )
            )  # fmt: skip
            if ours != labs:  # but for where things are, which differs by half a pixel
                different[figure_id] = len(ours), len(labs)
    assert different == {}
