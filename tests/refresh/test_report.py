"""A proposal in words."""

import json

from almanac.refresh import propose, report
from almanac.sources.statements import Dropped


def proposal(read_record, said, says, **failures):
    statements = [
        says("atom", "acme/Acme-2", "total_params_b", "30"),
        says("hub", "acme/Acme-1", "licence", "Apache-2.0"),
        says("hub", "acme/New-7B", "hub_created_on", "2026-11-01"),
        says("hub", "acme/Acme-1", "likes", "99"),
        says("epoch", "", "listed_in", "epoch", listed_id="Some`Name"),
    ]
    offered = propose.propose(said(statements), read_record())
    offered.dropped.append(Dropped("atom", "models.csv", "line 3", "x\x1b[2J`", "a Hub id"))
    offered.failures = failures
    return offered


def test_text_says_what_whose_word_and_where(read_record, said, says):
    text = report.text(proposal(read_record, said, says, hub="Hub: down"))
    lines = text.splitlines()
    assert lines[0] == "Proposal; nothing is written without --write."
    assert "FAILED hub: Hub: down" in lines
    assert (
        "  models acme-2 total_params_b: blank -> 30 (atom, 2026-11-25)"
        " https://github.com/Interconnects-AI/tracked-models" in lines
    )
    assert (
        "  models acme-1 licence: MIT (B vendors), but hub says Apache-2.0"
        " https://huggingface.co/acme/Acme-1" in lines
    )
    assert "  acme/New-7B (2026-11-01, no size, acme; hub)" in lines
    assert "Counts of adoption: 1 (hub 1)" in lines
    assert "Names that no model has (aliases.csv says what they are): epoch 1" in lines
    assert all(line.isprintable() for line in lines), "no upstream steers a terminal"


def test_long_sections_are_cut_and_say_so(read_record, said, says):
    names = [says("hub", f"acme/New-{n}", "likes", "1") for n in range(99)]
    text = report.text(propose.propose(said(names), read_record()))
    assert "  ... and 59 more (--json lists all)" in text.splitlines()


def test_markdown_is_one_block_that_nothing_ends(read_record, said, says):
    body = report.markdown(proposal(read_record, said, says), written=[])
    assert body.startswith("```text\nWritten: 0 of ")
    assert body.count("`") == 6
    many = [says("hub", f"acme/{'x' * 180}-{n}", "licence", "MIT") for n in range(3)]
    assert len(report.markdown(propose.propose(said(many), read_record()))) < 65_000


def test_json_has_everything(read_record, said, says):
    offered = proposal(read_record, said, says)
    values = json.loads(json.dumps(report.as_dict(offered)))
    assert len(values["changes"]) == len(offered.changes)
    assert values["new_models"][0]["says"][0]["column"] == "hub_created_on"
    assert values["dropped"][0]["where"] == "line 3"
    assert values["written"] is None


def test_what_the_rule_leaves_out_is_named(read_record, said, says):
    names = [f"acme/New-{n}B-GGUF" for n in range(1, 9)]
    offered = propose.propose(said([says("hub", n, "likes", "1") for n in names]), read_record())
    assert report.as_dict(offered)["out_of_scope"] == {"quantisation": names}
    assert f"  quantisation: {', '.join(names[:5])} and 3 more" in report.text(offered).splitlines()
