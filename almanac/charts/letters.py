"""Letters that XML cannot hold, and with it no picture and no feed."""

import re

NOT_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def for_xml(text: str) -> str:
    """The text with the sign for an unknown letter in the place of each such one."""
    return NOT_XML.sub("\ufffd", text)
