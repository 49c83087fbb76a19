import shutil

import altair as alt
import IPython.display
import myst_nb
import pytest

from almanac import notebook
from almanac.charts.theme import MIME
from almanac.measures.claims import Part, Verdict
from almanac.measures.estimate import Estimate
from almanac.notebook import BUILDING, PROJECT, RESULT, VERDICTS

SHARE = Estimate(
    value=0.45, low=0.4, high=0.5, level=0.9, n=20, organisations=7, unit="releases",
    method="cluster bootstrap", confidence="B", kind="share",
)  # fmt: skip


@pytest.fixture
def published(monkeypatch):
    """What is displayed and glued."""
    displayed, glued = [], {}
    monkeypatch.setattr(
        IPython.display, "display", lambda data, raw: displayed.append((data, raw))
    )
    monkeypatch.setattr(
        myst_nb, "glue", lambda name, value, display: glued.update({name: (value, display)})
    )
    return displayed, glued


def test_a_headline_is_displayed_as_data_and_can_be_quoted(published):
    displayed, glued = published
    notebook.headline("moe-share", SHARE, "It is {value} ({interval}); {value}.")
    sentence = "It is 45% (90% interval: 40% to 50%); 45%."
    ((data, raw),) = displayed
    assert raw
    assert data["text/plain"] == sentence
    assert data[RESULT] == {"id": "moe-share", "text": sentence, **SHARE.as_dict()}
    assert glued == {
        "moe-share": (sentence, False),
        "moe-share-value": ("45%", False),
        "moe-share-interval": ("90% interval: 40% to 50%", False),
        "moe-share-brief": ("45%", False),
        "moe-share-short": ("It is 45%; 45%.", False),
        "moe-share-basis": (SHARE.basis(), False),
    }


def test_where_there_is_no_headline_all_that_is_quoted_of_it_is_there(published):
    _, glued = published
    notebook.headline("one", SHARE, "{value}")
    notebook.no_headline("two", "Too few models.")
    names = {name.removeprefix("one") for name in glued if name.startswith("one")}
    assert names == {name.removeprefix("two") for name in glued if name.startswith("two")}
    assert glued["two"] == glued["two-short"] == ("Too few models.", False)


def test_a_name_with_braces_or_markup_stays_as_it_is(published):
    displayed, _ = published
    notebook.headline("largest", SHARE, "{value} by {x} <script> {0} {")
    assert displayed[0][0][RESULT]["text"] == "45% by {x} <script> {0} {"


def test_a_name_that_reads_as_a_place_for_a_number_stays_a_name(published):
    _, glued = published
    name = "{value} {interval} {name}"
    notebook.headline("largest", SHARE, "{name} has {value} ({interval}).", name=name)
    assert glued["largest"][0] == f"{name} has 45% (90% interval: 40% to 50%)."
    assert glued["largest-short"][0] == f"{name} has 45%."


@pytest.mark.parametrize("bound", ["value", "low", "high"])
@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_json_cannot_hold_is_refused(published, bound, number):
    facts = {**SHARE.as_dict(), "kind": "share", bound: number}
    with pytest.raises(ValueError, match=r"result moe-share holds (nan|inf)"):
        notebook.headline("moe-share", Estimate(**facts), "{value}")
    assert published == ([], {})


def test_open_bounds_are_none(published):
    facts = {**SHARE.as_dict(), "kind": "share", "low": None, "high": None}
    notebook.headline("moe-share", Estimate(**facts), "{value} ({interval})")
    result = published[0][0][0][RESULT]
    assert result["low"] is result["high"] is None


def test_numbers_of_numpy_are_quoted_as_plain_ones(published):
    import numpy

    notebook.quote(a=numpy.float64(0.5), b=numpy.int64(3), c="text")
    assert published[1] == {"a": (0.5, False), "b": (3, False), "c": ("text", False)}
    assert [type(value) for value, _ in published[1].values()] == [float, int, str]


@pytest.mark.parametrize("building", [True, False])
def test_charts_are_kept_as_data_in_the_build_alone(monkeypatch, building):
    registries = (alt.theme._themes, alt.renderers, alt.data_transformers)
    before = [(registry, registry.active) for registry in registries]
    if building:
        monkeypatch.setenv(BUILDING, "1")
    else:
        monkeypatch.delenv(BUILDING, raising=False)
    try:
        notebook.start()
        chart = alt.Chart({"values": [{"n": 1}]}).mark_point().encode(x="n:Q")
        data, *_ = chart._repr_mimebundle_()
        assert (MIME in data) is building
    finally:
        for registry, name in before:
            registry.enable(name)


def test_a_relative_folder_is_one_of_the_project(monkeypatch, tmp_path, frozen_record):
    monkeypatch.chdir(tmp_path)
    relative = notebook.read_record(str(frozen_record.relative_to(PROJECT)))
    absolute = notebook.read_record(str(frozen_record))
    assert relative.models.equals(absolute.models)


def test_a_row_for_each_model_with_names_and_a_grade(frozen_record):
    record = notebook.read_record(str(frozen_record))
    models = notebook.models_of(record, ["released_on", "total_params_b"])
    assert sorted(models.model_id) == sorted(record.models.model_id)
    assert {"release", "organisation", "grade"} <= set(models.columns)
    assert set(models.organisation) <= set(record.organisations.name)
    assert set(models.release) <= set(record.releases.name)
    assert set(models.grade.dropna()) <= set("ABCD")


@pytest.mark.parametrize(
    "wrong", [{"level": 1.5}, {"level": 0.0}, {"bootstrap_size": 1}, {"seed": -1}]
)
def test_settings_out_of_range_are_named(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=f"^{name} is "):
        notebook.draws(**({"bootstrap_size": 200, "seed": 1, "level": 0.9} | wrong))


def test_settings_reach_the_measures():
    assert notebook.draws(200, 1, 0.9) == {"size": 200, "seed": 1, "level": 0.9}


def test_verdicts_are_displayed_as_data(published):
    displayed, glued = published
    part = Part("It is 7.", False, "claim")
    notebook.verdicts([Verdict("one", "One", "so", "supported", "wrong", (part,))])
    ((data, raw),) = displayed
    assert raw and glued == {}
    assert data[VERDICTS] == {
        "verdicts": [
            {
                "claim_id": "one",
                "recorded": "supported",
                "computed": "wrong",
                "turned": ["does not hold: It is 7."],
            }
        ]
    }


def test_a_record_is_read_again_only_once_it_has_changed(tmp_path, frozen_record):
    folder = shutil.copytree(frozen_record, tmp_path / "record")
    first = notebook.read_record(str(folder))
    assert notebook.read_record(str(folder)) is first
    models = folder / "models.csv"
    models.write_text("".join(models.read_text("utf-8").splitlines(True)[:-1]), "utf-8")
    assert len(notebook.read_record(str(folder)).models) == len(first.models) - 1
