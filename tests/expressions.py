"""What Vega runs in a chart: expressions, which are code, and the names of fields it looks up."""

# Where Vega-Lite takes an expression; `filter`, `test`, `on` and `sort` may be something else.
RUN = {"calculate", "filter", "test", "expr", "labelExpr", "signal", "update", "init", "on"}


def expressions(part, inside=""):
    """Every expression of a specification, its data left aside."""
    if isinstance(part, str):
        return {part} if inside in RUN else set()
    if isinstance(part, list):
        return {found for one in part for found in expressions(one, inside)}
    if not isinstance(part, dict):
        return set()
    return {
        found
        for name, one in part.items()
        if name not in ("datasets", "values")
        for found in expressions(one, inside if name in ("and", "or", "not") else name)
    }


def fields(part):
    """Every field that a specification looks up in its data."""
    if isinstance(part, list):
        return {found for one in part for found in fields(one)}
    if not isinstance(part, dict):
        return set()
    own = {part["field"]} if isinstance(part.get("field"), str) else set()
    return own.union(*(fields(v) for name, v in part.items() if name not in ("datasets", "values")))
