"""The workflows of GitHub: they call what there is, and may do what they are for and no more."""

import re
import shlex

import click
import pytest
import yaml
from almanac.book.edition import ROOT
from almanac.cli import main
from almanac.compare import report

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
# What a job may write, and nothing else may: workflow, job.
WRITES = {
    ("book", "publish"): {"pages", "id-token"},  # the site
    ("compare", "comment"): {"pull-requests"},
    ("refresh", "refresh"): {"contents", "pull-requests"},  # its branch, and the proposal
}
CALL = re.compile(r"(?:^|[;&|(]\s*)(?:\w+/)?(?:\.venv/bin/)?(make|almanac) ([^>|&;\n]*)", re.M)
ACTION = re.compile(r"actions/[a-z-]+@v\d+")
TARGET = re.compile(r"^([\w./-]+):(?!=)", re.M)


def steps(path):
    workflow = yaml.safe_load(path.read_text("utf-8"))
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def calls(path):
    """What the steps of a workflow call of ours: the program and its arguments."""
    for step in steps(path):
        for found in CALL.finditer(step.get("run", "")):
            yield found[1], shlex.split(found[2])


def wrong(program, arguments):
    """Why a call cannot work; empty if it can be parsed."""
    if program == "make":
        targets = set(TARGET.findall((ROOT / "Makefile").read_text("utf-8")))
        asked = arguments[2:] if arguments[0] == "-C" else arguments
        return "".join(f"no target {name}" for name in asked if name not in targets)
    name, *rest = arguments
    if name not in main.commands:
        return f"no command {name}"
    try:
        main.commands[name].make_context(name, rest)
    except click.UsageError as error:
        return error.format_message()
    return ""


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_calls_what_there_is(path):
    found = list(calls(path))
    assert found or path.stem == "audit", "it calls something"
    assert [(call, wrong(*call)) for call in found if wrong(*call)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_uses_githubs_own_actions_alone(path):
    used = [step["uses"] for step in steps(path) if "uses" in step]
    assert [name for name in used if not ACTION.fullmatch(name)] == []


@pytest.mark.parametrize(
    "program, arguments, why",
    [
        ("make", ["boook"], "no target boook"),
        ("make", ["-C", "base", "book"], ""),
        ("almanac", ["dif"], "no command dif"),
        ("almanac", ["diff", "a"], "Missing argument"),
        ("almanac", ["diff", "a", "b", "--mark"], "No such option"),
        ("almanac", ["diff", "a", "b", "--markdown"], ""),
    ],
)
def test_a_call_of_what_there_is_not_is_seen(program, arguments, why):
    assert why in wrong(program, arguments)
    assert bool(why) == bool(wrong(program, arguments))


@pytest.fixture(scope="module")
def compare():
    return yaml.safe_load((ROOT / ".github/workflows/compare.yml").read_text("utf-8"))


def test_pull_requests_are_compared_by_the_command_of_the_branch(compare):
    ran = [call for call in calls(ROOT / ".github/workflows/compare.yml") if call[0] == "almanac"]
    assert ran == [
        ("almanac", ["diff", "base/_build/html", "head/_build/html", "--markdown"]),
    ]


def test_what_may_write_runs_no_code_of_a_pull_request(compare):
    assert compare[True] == {"pull_request": None}, "`on`, which YAML takes for true"
    assert compare["permissions"] == {}
    writing = {
        name: job for name, job in compare["jobs"].items() if "write" in job["permissions"].values()
    }
    (job,) = writing.values()
    assert job["permissions"] == {"pull-requests": "write"}
    assert "head.repo.full_name == github.repository" in job["if"]
    for step in job["steps"]:
        assert "run" not in step and "checkout" not in step["uses"]


def test_the_comment_is_found_again_by_the_first_line_of_the_comparison(compare):
    assert re.fullmatch(r"<!-- [a-z ]+ -->", report.MARK)
    script = compare["jobs"]["comment"]["steps"][-1]["with"]["script"]
    assert 'body.split("\\n", 1)[0]' in script and "startsWith(mark)" in script


def read(path):
    return yaml.safe_load(path.read_text("utf-8"))


def jobs():
    return [(path.stem, name, job) for path in WORKFLOWS for name, job in read(path)["jobs"].items()]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_only_read(path):
    assert read(path)["permissions"] in ({}, {"contents": "read"})


def test_jobs_write_what_they_are_for_and_no_more():
    written = {
        (workflow, name): {of for of, may in job.get("permissions", {}).items() if may == "write"}
        for workflow, name, job in jobs()
    }
    assert {of: what for of, what in written.items() if what} == WRITES


def test_a_job_that_only_reads_leaves_no_token_behind():
    for workflow, name, job in jobs():
        for step in job["steps"]:
            if "checkout" in step.get("uses", "") and (workflow, name) not in WRITES:
                assert step["with"]["persist-credentials"] is False, (workflow, name)


def test_no_word_of_a_stranger_becomes_part_of_a_command():
    for workflow, name, job in jobs():
        for step in job["steps"]:
            for expression in re.findall(r"\$\{\{(.*?)\}\}", step.get("run", "")):
                assert not re.search(r"github\.(event|head_ref)", expression), (workflow, name)
    # YAML 1.1 reads `on` as true
    assert not any("pull_request_target" in read(path)[True] for path in WORKFLOWS)


def test_known_vulnerabilities_of_the_lock_are_looked_up_each_week():
    audit = read(ROOT / ".github/workflows/audit.yml")
    on = audit[True]  # YAML 1.1 reads `on` so
    assert len(on["schedule"]) == 1 and on["schedule"][0]["cron"].split()[-1].isdigit()
    assert "requirements.lock" in on["pull_request"]["paths"]
    (command,) = [step["run"] for step in audit["jobs"]["audit"]["steps"] if "run" in step]
    assert re.search(r"\bpip-audit==[\d.]+ .*--requirement requirements\.lock\b", command)
