"""What the workflows of the repository may do, and that they look up known vulnerabilities."""

import re
from pathlib import Path

import pytest
import yaml

WORKFLOWS = Path(__file__).parents[1] / ".github" / "workflows"
FILES = sorted(WORKFLOWS.glob("*.yml"))
# What a job may write, and nothing else may: workflow, job.
WRITES = {
    ("book", "publish"): {"pages", "id-token"},  # the site
    ("refresh", "refresh"): {"contents", "pull-requests"},  # its branch, and the proposal
}


def read(path):
    return yaml.safe_load(path.read_text("utf-8"))


def jobs():
    return [(path.stem, name, job) for path in FILES for name, job in read(path)["jobs"].items()]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_workflow_may_only_read(path):
    assert read(path)["permissions"] == {"contents": "read"}


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
    texts = [path.read_text("utf-8") for path in FILES]
    assert not any("pull_request_target" in text for text in texts)


def test_known_vulnerabilities_of_the_lock_are_looked_up_each_week():
    audit = read(WORKFLOWS / "audit.yml")
    on = audit[True]  # YAML 1.1 reads `on` so
    assert len(on["schedule"]) == 1 and on["schedule"][0]["cron"].split()[-1].isdigit()
    assert "requirements.lock" in on["pull_request"]["paths"]
    (command,) = [step["run"] for step in audit["jobs"]["audit"]["steps"] if "run" in step]
    assert re.search(r"\bpip-audit==[\d.]+ .*--requirement requirements\.lock\b", command)
