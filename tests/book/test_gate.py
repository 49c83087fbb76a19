import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from almanac.book.edition import ROOT
from almanac.book.gate import turned
from almanac.book.page import verdicts
from almanac.measures import article, claims
from almanac.notebook import VERDICTS
from almanac.record import load

HOLDS = {"claim_id": "one", "recorded": "supported", "computed": "supported", "turned": []}


def test_nothing_is_said_where_all_verdicts_are_as_recorded():
    assert turned([]) == ""
    assert turned([HOLDS, HOLDS]) == ""


def test_a_turned_verdict_is_named_with_its_parts_and_what_to_do():
    other = {**HOLDS, "claim_id": "two", "computed": "wrong", "turned": ["does not hold: It is 7."]}
    said = turned([HOLDS, other])
    first, second, *_ = said.splitlines()
    assert first == "claims.csv, two: recorded is 'supported', the record gives 'wrong'"
    assert second == "    does not hold: It is 7."
    assert "edit its verdict and because in data/claims.csv" in said
    assert "one" not in first + second


@pytest.fixture
def published(monkeypatch):
    """A notebook that publishes what it is given, as the page of claims does."""
    import IPython.display

    from almanac import notebook

    def publish(found):
        outputs = []
        monkeypatch.setattr(
            IPython.display,
            "display",
            lambda data, raw: outputs.append(nbformat.v4.new_output("display_data", data)),
        )
        notebook.verdicts(found)
        return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=outputs)])

    return publish


def judged(record):
    return claims.judge(
        record, article.CHECKS, as_of="2026-10-31", weeks=8, near_trillion_b=900.0
    )


def test_the_real_record_passes_and_one_with_another_maverick_does_not(published):
    record = load(ROOT / "data")
    notebook = published(judged(record))
    assert VERDICTS in str(notebook)
    assert len(verdicts(notebook)) == len(record.claims)
    assert turned(verdicts(notebook)) == ""

    models = record.models.copy()
    models.loc[models.name == "Llama 4 Maverick", "total_params_b"] = 700.0
    said = turned(verdicts(published(judged(replace(record, models=models)))))
    _, _, small = said.partition("claims.csv, us-models-small: ")
    assert small.startswith("recorded is 'overstated', the record gives 'supported with caveat'\n")
    assert "\n    holds: None of all" in small
    assert "claims.csv, llama-4-best-us: recorded is 'supported with caveat'" in said
    assert "Llama 4 Maverick has 700 B parameters" in said
    assert "phi-4-rl" not in said


@pytest.fixture(scope="module")
def project(tmp_path_factory, frozen_record):
    """The project with the notebook of claims alone and with the small record for its own."""
    folder = tmp_path_factory.mktemp("project")
    hidden = shutil.ignore_patterns(".*")
    # with what Python has compiled, which three processes would do again
    shutil.copytree(ROOT / "almanac", folder / "almanac", ignore=hidden)
    shutil.copytree(ROOT / "_static", folder / "_static", ignore=hidden)
    shutil.copytree(frozen_record, folder / "data", ignore=hidden)
    (folder / "book").mkdir()
    for name in (
        "_config.yml", "_toc.yml", "CITATION.cff", "requirements.txt", "book/claims.ipynb"
    ):  # fmt: skip
        shutil.copyfile(ROOT / name, folder / name)
    return folder


def test_a_build_of_the_default_edition_stops_at_a_turned_verdict(project):
    usual = {name: value for name, value in os.environ.items() if not name.startswith("ALMANAC_")}
    done = subprocess.run(
        [Path(sys.executable).parent / "almanac", "build"],
        cwd=project,
        env={**usual, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "claims.ipynb: executed in" in done.stdout
    said = "claims.csv, us-models-small: recorded is 'overstated', the record gives 'wrong'\n    "
    assert f"{said}does not hold: Of 8 US models" in done.stderr
    assert done.stderr.endswith("The site stays as it was.\n")
    assert "Traceback" not in done.stderr
    assert not (project / "_build" / "html").exists()
