"""What the page of organisations shows: an index by region, and each organisation in short."""

import html
from dataclasses import dataclass
from urllib.parse import quote

import pandas as pd

from almanac.charts.theme import REGION_NAMES
from almanac.measures.organisations import First, Mark, Profile
from almanac.measures.writing import DAY, many

PRECISIONS = {"day": DAY, "month": "%B %Y", "year": "%Y"}  # a quarter has no sign of its own


@dataclass(frozen=True, repr=False)
class Index:
    """Links to all organisations, by region, each region folded away.

    Parameters
    ----------
    profiles : as `organisations.profiles` gives them
    """

    profiles: list[Profile]

    def __repr__(self) -> str:
        return f"Index of {many(len(self.profiles), 'organisation')}"

    def _repr_html_(self) -> str:
        parts = []
        for region, name in REGION_NAMES.items():
            there = [one for one in self.profiles if one.region == region]
            links = "".join(
                f'<li><a href="#{html.escape(one.organisation_id)}">{html.escape(one.name)}</a>'
                "</li>"
                for one in there
            )
            if there:
                parts.append(
                    f'<details class="organisation-index"><summary>{name} ({len(there):,})'
                    f"</summary><ul>{links}</ul></details>"
                )
        return f'<nav aria-label="Organisations by region">{"".join(parts)}</nav>'


@dataclass(frozen=True, repr=False)
class Cards:
    """Each organisation as a section with an anchor of its id, all in the order given.

    Parameters
    ----------
    profiles : as `organisations.profiles` gives them
    """

    profiles: list[Profile]

    def __repr__(self) -> str:
        return many(len(self.profiles), "organisation")

    def _repr_html_(self) -> str:
        return f'<div class="organisations">{"".join(map(_card, self.profiles))}</div>'


def country(code: str) -> str:
    """The English name of a country; its code if it has none."""
    from babel import Locale

    return Locale("en").territories.get(code, code)


def _card(one: Profile) -> str:
    key, name = html.escape(one.organisation_id), html.escape(one.name)
    where = [html.escape(country(one.country))]
    region = REGION_NAMES.get(one.region, one.region)
    if region != where[0]:
        where.append(f"counted as {html.escape(region)}")
    parent = f"Part of {html.escape(one.parent)}. " if one.parent else ""
    note = f" {html.escape(one.region_note)}" if one.region_note else ""
    every = many(one.models, "model") + " in " + many(one.releases, "release")
    if one.unreleased:
        every += f", and {many(one.unreleased, 'model')} announced or withdrawn"
    facts = {
        "First release": _release(one.first),
        "Latest release": _release(one.last),
        "First MoE": _first(one.first_moe, one.models),
        "First reasoning model": _first(one.first_reasoning, one.models),
        "Largest model": _largest(one),
    }
    listed = "".join(f"<div><dt>{label}</dt><dd>{text}</dd></div>" for label, text in facts.items())
    return (
        f'<section id="{key}" aria-labelledby="{key}_name">'
        f'<h3 id="{key}_name"><a href="#{key}">{name}</a></h3>'
        f"<p>{parent}{', '.join(where)}.{note}</p>"
        f'<p><a href="record.html?organisation={quote(one.organisation_id)}">{every}</a></p>'
        + (f"<dl>{listed}</dl>" if one.models else "")
        + "</section>"
    )


def _day(mark: Mark) -> str:
    if mark.date_precision == "quarter":
        return f"{pd.Timestamp(mark.released_on):%Y} Q{mark.released_on.quarter}"
    return f"{mark.released_on:{PRECISIONS.get(mark.date_precision, DAY)}}"


def _link(mark: Mark, text: str) -> str:
    return f'<a href="record.html#{html.escape(mark.model_id)}">{html.escape(text)}</a>'


def _release(mark: Mark | None) -> str:
    return "none" if mark is None else f"{_link(mark, mark.release)}, {_day(mark)}"


def _first(first: First, models: int) -> str:
    """The first of a kind in words: that there is none is said only where it is known."""
    if first.mark is None:
        if not first.unknown:
            return "none so far"
        of = f"{first.unknown:,} of {many(models, 'model')}"
        return f"undisclosed: none is known, of {of} nobody says"
    earlier = f" (of {many(first.unknown, 'earlier model')} nobody says)" if first.unknown else ""
    return f"{_link(first.mark, first.mark.name)}, {_day(first.mark)}{earlier}"


def _largest(one: Profile) -> str:
    if one.largest is None:
        return "undisclosed"
    unsized = f" (of {many(one.unsized, 'model')} nobody says)" if one.unsized else ""
    size = f"{one.largest.total_params_b:,.4g}&nbsp;B"
    return f"{_link(one.largest, one.largest.name)}, {size}{unsized}"
