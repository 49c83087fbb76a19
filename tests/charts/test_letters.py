from xml.etree import ElementTree

import pytest

from almanac.charts.letters import for_xml


@pytest.mark.parametrize("letter", ["\x00", "\x01", "\x0b", "\x1b", "\ud800", "\ufffe", "\uffff"])
def test_what_xml_cannot_hold_is_shown_as_unknown(letter):
    assert for_xml(f"a{letter}b") == "a\ufffdb"


def test_all_else_stays():
    text = "tab\t line\n <>&\"' é \u202e \ufffd \U0001f9ff"
    assert for_xml(text) == text
    assert ElementTree.fromstring(f"<a>{text[:11]}</a>").text == text[:11]
