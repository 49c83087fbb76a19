"""A number with its interval and what it rests on."""

from dataclasses import asdict, dataclass

FORMATS = {"share": "{:.0%}", "points": "{:+.0f} points", "count": "{:,.0f}", "ratio": "{:.2f}"}


@dataclass(frozen=True)
class Estimate:
    """One result.

    Attributes:
        value: the estimate; shares run from 0 to 1, differences of shares are in points.
        low, high: the ends of the interval; None where nothing is sampled or an end is open.
        level: coverage the interval aims at, for example 0.9.
        n: how many rows of the unit of counting it rests on, at least 1.
        organisations: how many organisations published them.
        unit: what `value` counts or measures, in words.
        method: how the interval was made, in words.
        confidence: the lowest grade (A to D) of the evidence behind it.
        kind: how it is written: a key of `FORMATS`.
        exact: true where the value is a plain count of the record, without sampling.
    """

    value: float
    low: float | None
    high: float | None
    level: float
    n: int
    organisations: int
    unit: str
    method: str
    confidence: str
    kind: str = "ratio"
    exact: bool = False

    def __post_init__(self):
        if self.n < 1:
            raise ValueError(f"an estimate of {self.unit!r} rests on no rows")
        if not self.unit:
            raise ValueError("an estimate needs a unit")
        if self.kind not in FORMATS:
            raise ValueError(f"kind is {self.kind!r}, expected one of {sorted(FORMATS)}")
        if self.exact and (self.low is not None or self.high is not None):
            raise ValueError("an exact value has no interval")

    def show(self) -> str:
        """The value as readers see it."""
        return _write(self.kind, self.value)

    def show_interval(self) -> str:
        """The interval in words, with its level and kind; empty for an exact value."""
        if self.exact:
            return ""
        level = f"{self.level:.0%} interval"
        if self.low is None:
            return f"{level}: at most {_write(self.kind, self.high)}"
        if self.high is None:
            return f"{level}: at least {_write(self.kind, self.low)}"
        low, high = _write(self.kind, self.low), _write(self.kind, self.high)
        return f"{level}: {low} to {high}"

    def basis(self) -> str:
        """Unit, n, organisations, method and grade of evidence, in one phrase."""
        return (
            f"{self.unit}; n = {self.n:,} from {self.organisations:,} organisations; "
            f"{self.method}; lowest grade of evidence {self.confidence}"
        )

    def as_dict(self) -> dict:
        """The estimate as `results.json` holds it, rounded to what the data can carry."""
        facts = asdict(self)
        for name in ("value", "low", "high"):
            if facts[name] is not None:
                facts[name] = float(f"{facts[name]:.6g}")
        return {name: value for name, value in facts.items() if name != "kind"}


def _write(kind: str, number: float) -> str:
    return FORMATS[kind].format(number).replace("-", "\N{MINUS SIGN}")
