"""Charts of what models cost to run, two of them with controls that readers move.

The charts with controls compute in the browser: their data are the constants of
`anatomy.parts`, their formulas those of `measures.cost` as Vega expressions, and a test holds the
two together. The page draws the same chart at its first settings where no script runs.
"""

import altair as alt
import pandas as pd

from almanac.charts.encodings import (
    Chart,
    architecture_colour,
    finished,
    named_architectures,
    points_of,
    tooltips,
)
from almanac.charts.theme import BLUE, GREEN, GREY, ORANGE, PURPLE
from almanac.measures.anatomy import KINDS
from almanac.measures.cost import Conditions

CONTEXTS = tuple(2**power for power in range(9, 19))  # tokens
BATCHES = tuple(sorted({n * 2**power for power in range(9) for n in (2, 3)} | {1}))  # sequences
READING, GENERATING = "reading a prompt", "generating"
ALONE, WITH_CACHES = "weights alone", "with caches"
KIND_COLOURS = dict(zip(KINDS.values(), (GREY, BLUE, GREEN, ORANGE, PURPLE), strict=True))
PARTS = {"weights_ms": "reading weights", "cache_ms": "reading caches",
         "arithmetic_ms": "arithmetic beyond that"}  # fmt: skip

CONSTANTS = ["fixed_b", "routed_b", "expert_share", "cache_growing", "cache_window", "cache_state",
             "window"]  # fmt: skip
ARITHMETIC = ["matmul_b", "generate_growing", "generate_window"]


def _weights_gb(batch: str, bits: str) -> str:
    """`cost.weights_read_gb` of a row of constants, as a Vega expression."""
    touched = f"(1 - pow(1 - datum.expert_share, {batch}))"
    return f"(datum.fixed_b + datum.routed_b * {touched}) * {bits} / 8"


def _cache_gb(context: str, bits: float) -> str:
    """`cost.cache_gb` of a row of constants, as a Vega expression."""
    window = f"datum.cache_window * min({context}, datum.window)"
    return f"(datum.cache_growing * {context} + {window} + datum.cache_state) * {bits} / 8 / 1e9"


def _gflops(context: str) -> str:
    """`cost.gflops` when generating, of a row of constants, as a Vega expression."""
    window = f"datum.generate_window * min({context}, datum.window)"
    attended = f"datum.generate_growing * {context} + {window} + 4 * datum.cache_state"
    return f"(2 * datum.matmul_b + ({attended}) / 1e9)"


def _slider(name: str, value: float, low: float, high: float, step: float, label: str):
    """A number that readers set with a slider."""
    bind = alt.binding_range(min=low, max=high, step=step, name=label)
    return alt.param(name=name, value=value, bind=bind)


def _choice(name: str, value: float, label: str):
    """Bits of a weight, which readers choose from a list."""
    options = sorted({4, 8, 16, value}, reverse=True)
    return alt.param(name=name, value=value, bind=alt.binding_select(options=options, name=label))


def _series(whats: dict[str, list[str]]) -> dict:
    """Colour by model and dashes by what is shown of it, in one legend.

    Parameters
    ----------
    whats : what is shown of each of the two models, the full line first; the field ``series``
        holds model and what, with a comma between
    """
    domain = [f"{name}, {what}" for name, shown in whats.items() for what in shown]
    lines = [(colour, dash) for colour, shown in zip((ORANGE, BLUE), whats.values(), strict=True)
             for dash, _ in zip(([1, 0], [5, 4]), shown, strict=False)]  # fmt: skip
    colours, dashes = (list(column) for column in zip(*lines, strict=True))
    legend = alt.Legend(symbolType="stroke", labelLimit=300)
    return {
        "color": alt.Color("series:N", sort=domain, legend=legend,
                           scale=alt.Scale(domain=domain, range=colours)),
        "strokeDash": alt.StrokeDash("series:N", sort=domain, legend=legend,
                                     scale=alt.Scale(domain=domain, range=dashes)),
    }  # fmt: skip


def arithmetic(table: pd.DataFrame, title: str, description: str) -> Chart:
    """GFLOPs a token by context, both scales logarithmic, a colour a model.

    Parameters
    ----------
    table : context (tokens), model, how (`READING` or `GENERATING`) and gflops
    """
    rows = table[["model", "how", "context", "gflops"]]
    axis = alt.Axis(
        values=list(CONTEXTS),
        labelExpr="datum.value < 1024 ? datum.value : datum.value / 1024 + 'k'",
    )
    models = rows.groupby("model", sort=False)
    ways = {model: list(dict.fromkeys(some.how)) for model, some in models}
    base = alt.Chart(rows).encode(
        x=alt.X("context:Q", title="tokens of context, 1k = 1,024 (log scale)",
                scale=alt.Scale(type="log", base=2), axis=axis),
        y=alt.Y("gflops:Q", title="GFLOPs a token (log scale)",
                scale=alt.Scale(type="log", nice=False)),
        **_series(ways),
    )  # fmt: skip
    points = points_of(base, "model", "how", "context", alt.Tooltip("gflops", format=",.0f"))
    chart = alt.layer(base.mark_line(), points).transform_calculate(
        "series", "datum.model + ', ' + datum.how"
    )
    return finished(chart, rows, title, description)


def _log() -> dict:
    """A logarithmic axis with some room at its ends."""
    return {"scale": alt.Scale(type="log", nice=False, padding=12),
            "axis": alt.Axis(format="~g")}  # fmt: skip


def _named(rows: pd.DataFrame, names: list[str], x: str, y: str) -> alt.LayerChart:
    """The names of some dots: of the first below it, of others above."""
    return alt.layer(
        *(
            alt.Chart(rows[rows["name"] == name])
            .mark_text(dy=15 if place == 0 else -12)
            .encode(x=x, y=y, text=alt.Text("name:N"))
            for place, name in enumerate(names)
            if (rows["name"] == name).any()
        )
    )


def arithmetic_by_weights(
    table: pd.DataFrame, named: list[str], title: str, description: str
) -> Chart:
    """Models by weights to hold and GFLOPs a token, both scales logarithmic.

    Parameters
    ----------
    table : name, weights_b (billions), gflops and architecture (`dense` or `moe`)
    named : models whose names are written beside them
    """
    rows = table.assign(architecture=named_architectures(table.architecture == "moe"))
    rows = rows[["name", "architecture", "weights_b", "gflops"]].round(
        {"weights_b": 3, "gflops": 3}
    )
    chart = (
        alt.Chart(rows)
        .mark_circle(size=55, opacity=0.8)
        .encode(
            x=alt.X("weights_b:Q", title="weights to hold, billions (log scale)", **_log()),
            y=alt.Y("gflops:Q", title="GFLOPs a token, without context (log scale)", **_log()),
            color=architecture_colour(),
            tooltip=tooltips("name", alt.Tooltip("weights_b", format=",.1f"),
                     alt.Tooltip("gflops", format=",.1f"), "architecture"),
        )
    )  # fmt: skip
    chart += _named(rows, named, "weights_b:Q", "gflops:Q")
    return finished(chart, rows, title, description)


def caches(table: pd.DataFrame, named: list[str], what: str, title: str, description: str) -> Chart:
    """Models by total parameters and gigabytes of cache of one sequence, by kind of attention.

    Parameters
    ----------
    table : name, weights_b (billions), cache_gb and attention_kind
    named : models whose names are written beside them
    what : title of the axis of caches
    """
    rows = table[["name", "attention_kind", "weights_b", "cache_gb"]].round(
        {"weights_b": 3, "cache_gb": 4}
    )
    kinds = [kind for kind in KIND_COLOURS if (rows.attention_kind == kind).any()]
    scale = alt.Scale(domain=kinds, range=[KIND_COLOURS[kind] for kind in kinds])
    chart = (
        alt.Chart(rows)
        .mark_point(size=55, filled=True, opacity=0.85)
        .encode(
            x=alt.X("weights_b:Q", title="total parameters, billions (log scale)", **_log()),
            y=alt.Y("cache_gb:Q", title=what, **_log()),
            color=alt.Color("attention_kind:N", scale=scale, sort=kinds),
            shape=alt.Shape("attention_kind:N", scale=alt.Scale(domain=kinds), sort=kinds),
            tooltip=tooltips("name", alt.Tooltip("weights_b", format=",.1f"),
                     alt.Tooltip("cache_gb", format=",.3f"), "attention_kind"),
        )
    )  # fmt: skip
    chart += _named(rows, named, "weights_b:Q", "cache_gb:Q")
    return finished(chart, rows, title, description)


def bytes_by_batch(
    table: pd.DataFrame, constants: pd.DataFrame, given: Conditions, title: str, description: str
) -> Chart:
    """Gigabytes that a step reads by batch, of two models, with controls.

    Readers set the bits of a weight of each model and the context.

    Parameters
    ----------
    table : model, batch, weights_gb and total_gb as `given` has them; only models and batches
        are drawn, the numbers are for readers of the table
    constants : one row a model, in the order of the legend: model and the columns of
        `anatomy.parts`
    given : the first settings
    """
    rows = table[["model", "batch", "weights_gb", "total_gb"]].round(1)
    names = list(constants.model)
    fixed = constants[["model", *CONSTANTS]].assign(place=range(len(names)))
    first, second = (f"bits_{place}" for place in range(2))
    cache = _cache_gb("context", given.cache_bits)
    base = alt.Chart(rows).encode(
        x=alt.X("batch:Q", title="sequences generated at once (log scale)",
                scale=alt.Scale(type="log", base=2),
                axis=alt.Axis(values=[2**power for power in range(13)], format="d")),
        y=alt.Y("gb:Q", title="gigabytes read a step"),
        **_series(dict.fromkeys(names, [WITH_CACHES, ALONE])),
    )  # fmt: skip
    points = points_of(base, "model", "batch", "what:N", alt.Tooltip("gb:Q", format=",.1f"))
    chart = (
        alt.layer(base.mark_line(), points)
        .transform_lookup("model", alt.LookupData(fixed, "model", [*CONSTANTS, "place"]))
        .transform_calculate("bits", f"datum.place == 0 ? {first} : {second}")
        .transform_calculate(ALONE, _weights_gb("datum.batch", "datum.bits"))
        .transform_calculate(WITH_CACHES, f"datum['{ALONE}'] + datum.batch * {cache}")
        .transform_fold([ALONE, WITH_CACHES], ["what", "gb"])
        .transform_calculate("series", "datum.model + ', ' + datum.what")
        .add_params(
            _choice(first, given.bits, f"Bits a weight of {names[0]}"),
            _choice(second, given.bits, f"Bits a weight of {names[1]}"),
            _slider("context", given.context, 0, 131072, 1024, "Tokens of context"),
        )
    )
    return finished(chart, rows, title, description)


def step_times(table: pd.DataFrame, given: Conditions, title: str, description: str) -> Chart:
    """Shortest time of a step of each model, by what takes it, with controls.

    Readers set the batch, the context, the bits of a weight and the machine.

    Parameters
    ----------
    table : models from top to bottom: name, the constants of `anatomy.parts`, and weights_gb,
        cache_gb and tokens_per_s as `given` has them, which are for readers of the table
    given : the first settings
    """
    said = ["name", "weights_gb", "cache_gb", "tokens_per_s"]
    rows = table[[*said, *CONSTANTS, *ARITHMETIC]].round(dict.fromkeys(said[1:], 2))
    reading = "(datum.weights + datum.caches) / bandwidth"
    y = alt.Y("name:N", sort=list(rows.name), title=None,
              axis=alt.Axis(labelLimit=130, labelFontSize=11))  # fmt: skip
    base = (
        alt.Chart(rows)
        .transform_calculate("weights", _weights_gb("batch", "bits"))
        .transform_calculate("caches", f"batch * {_cache_gb('context', given.cache_bits)}")
        .transform_calculate("calculating", f"batch * {_gflops('context')} / peak / 1e3")
        .transform_calculate("weights_ms", "datum.weights / bandwidth")
        .transform_calculate("cache_ms", "datum.caches / bandwidth")
        .transform_calculate("arithmetic_ms", f"max(0, datum.calculating - {reading})")
        .transform_calculate("step_ms", f"max(datum.calculating, {reading})")
        .transform_calculate("rate", "1000 / datum.step_ms")
    )
    names = list(PARTS.values())
    label = " : ".join(f"datum.part == '{part}' ? '{name}'" for part, name in PARTS.items())
    bars = (
        base.transform_fold(list(PARTS), ["part", "ms"])
        .transform_calculate("takes", f"{label} : ''")
        .mark_bar()
        .encode(
            x=alt.X("ms:Q", axis=alt.Axis(titleAnchor="end", title=[
                "milliseconds a step, at least;", "beside the bar: tokens a second"])),
            y=y,
            color=alt.Color("takes:N", sort=names,
                            scale=alt.Scale(domain=names, range=[BLUE, GREEN, ORANGE])),
            order=alt.Order("color_takes_sort_index:Q"),
            tooltip=tooltips("name", "takes:N", alt.Tooltip("ms:Q", format=",.2f"),
                     alt.Tooltip("rate:Q", format=",.0f", title="tokens a second")),
        )
    )  # fmt: skip
    numbers = base.mark_text(align="left", dx=4, fontSize=11).encode(
        x=alt.X("step_ms:Q"), y=y, text=alt.Text("rate:Q", format=",.0f")
    )
    chart = alt.layer(bars, numbers).add_params(
        _slider("batch", given.batch, 1, 256, 1, "Sequences at once (batch)"),
        _slider("context", given.context, 0, 131072, 1024, "Tokens of context"),
        _choice("bits", given.bits, "Bits a weight"),
        _slider("bandwidth", given.bandwidth_tb_s, 0.1, 64, 0.1, "Memory bandwidth, TB a second"),
        _slider("peak", given.peak_pflop_s, 0.1, 40, 0.1, "Arithmetic, PFLOPs a second"),
    )
    return finished(chart, rows[said], title, description, 21 * len(rows) + 10)
