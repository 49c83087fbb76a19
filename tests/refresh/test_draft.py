"""Draft rows for new models that somebody asked for by name."""

import pytest

from almanac.record import validate
from almanac.refresh import tables, write
from almanac.refresh.draft import DraftError, drafts
from almanac.refresh.propose import propose


@pytest.fixture
def told(read_record, said, says):
    """Drafts of some Hub ids, from statements."""

    def make(hub_ids, *statements):
        before = read_record()
        return before, drafts(propose(said(statements), before), hub_ids, before)

    return make


def facts(says, hub_id, day="2026-11-01", total="12", **other):
    given = {
        "listed_in": "hub",
        "hub_created_on": day,
        "total_params_b": total,
        "licence": "MIT",
        "pipeline": "text-generation",
        "model_type": "acme",
        **other,
    }
    return [says("hub", hub_id, column, value) for column, value in given.items() if value]


def test_a_draft_makes_a_valid_record(record, told, says):
    statements = [*facts(says, "acme/New_7B"), *facts(says, "acme/New-Mini", total="1")]
    kept, taken_back = write.write(*told(["acme/new_7b", "acme/New-Mini"], *statements))
    assert taken_back == []
    assert validate(record) == []
    rows = tables.read(record).rows
    model = rows["models"]["new-7b",]
    assert (model["role"], model["architecture"], model["licence_class"]) == (
        "flagship",
        "dense",
        "4",
    )
    assert (model["reasoning"], model["listed_in"]) == ("undisclosed", "hub")
    assert rows["models"]["new-mini",]["release_id"] == "new-7b", "one day, one release"
    assert rows["models"]["new-mini",]["role"] == "size"
    assert rows["releases"]["new-7b",]["released_on"] == "2026-11-01"
    notes = [row["note"] for row in rows["evidence"].values() if row["column"] == "released_on"]
    assert "Hub creation date; weights may have become public later" in notes


def test_a_stated_day_comes_before_the_hubs(told, says):
    stated = says("atom", "acme/New-7B", "released_on", "2026-11-03")
    _, (change,) = told(["acme/New-7B"], *facts(says, "acme/New-7B"), stated)
    (release,) = [e.cells for e in change.edits if e.table == "releases"]
    assert (release["released_on"], release["hub_created_on"]) == ("2026-11-03", "2026-11-01")


def test_a_name_that_is_taken_gets_its_namespace(record, told, says):
    before, (change,) = told(["acme/ACME_1"], *facts(says, "acme/ACME_1"))
    assert change.row == "acme-acme-1"


@pytest.mark.parametrize(
    "hub_id, given, why",
    [
        ("acme/Unknown", None, "is not among the proposed new models"),
        ("acme/Acme-1", {}, "is not among the proposed new models"),
        ("acme/N", {"hub_created_on": ""}, "no source states a day"),
        ("acme/N", {"model_type": "unheard"}, "dense or moe"),
        ("acme/N", {"pipeline": "any-to-any"}, "tells no modality"),
    ],
)
def test_what_cannot_be_drafted(told, says, hub_id, given, why):
    statements = [] if given is None else facts(says, hub_id, **given)
    with pytest.raises(DraftError, match=why):
        told([hub_id], *statements)


def test_an_organisation_must_be_there_first(told, says):
    listed = says("atom", "other/N", "listed_in", "atom")
    with pytest.raises(DraftError, match="no organisation of the record publishes as other"):
        told(["other/N"], listed, *facts(says, "other/N"))
