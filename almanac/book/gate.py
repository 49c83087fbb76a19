"""What the default edition does not publish: verdicts on claims that its own record contradicts."""


def turned(verdicts: list[dict]) -> str:
    """What to tell and to do where verdicts differ from those recorded; empty where none does.

    Parameters
    ----------
    verdicts : as `page.verdicts` gives them
    """
    lines = []
    for verdict in verdicts:
        if verdict["computed"] == verdict["recorded"]:
            continue
        lines.append(
            f"claims.csv, {verdict['claim_id']}: recorded is {verdict['recorded']!r}, "
            f"the record gives {verdict['computed']!r}"
        )
        lines += [f"    {part}" for part in verdict["turned"]]
    if not lines:
        return ""
    return "\n".join(
        [
            *lines,
            "",
            "The record does not support these verdicts any more. See whether the values above are "
            "right;\nif they are, review the claim and edit its verdict and because in "
            "data/claims.csv.",
        ]
    )
