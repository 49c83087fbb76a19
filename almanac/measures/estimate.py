"""A number with its interval and what it rests on."""

from dataclasses import asdict, dataclass
from typing import Literal

from almanac.measures.writing import MINUS, many

FORMATS = {"share": "{:.0%}", "points": "{:z.0f}", "count": "{:,.0f}", "ratio": "{:.2f}"}
Side = Literal["above", "below", "unclear"]
UNITS = {"points": " percentage points"}  # said once after a number or an interval
BRIEF = {"points": " points", "ratio": "×"}  # after a number that stands alone


@dataclass(frozen=True)
class Estimate:
    """One result.

    Attributes
    ----------
    value : the estimate; shares run from 0 to 1, differences of shares are in points
    low, high : the ends of the interval; None where nothing is sampled or an end is open
    level : coverage the interval aims at, as in 0.9
    n : how many rows of the unit of counting it rests on, at least 1
    organisations : how many organisations published them
    unit : what `value` counts or measures, in words
    method : how the interval was made, in words
    confidence : the lowest grade (A to D) of the evidence behind it
    kind : how it is written, a key of `FORMATS`
    exact : true where the value is a plain count of the record, without sampling
    vendor_share : share (0 to 1) of the rows that rest on vendors' own files and words alone
    neutral : the value at which there is nothing to announce (0 for a difference, 1 for a ratio, or
        a figure that is tested); None where the estimate tests nothing

    Raises
    ------
    ValueError
        If `n` is below 1, `unit` empty, `kind` unknown, or an exact value has an interval.
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
    vendor_share: float | None = None
    neutral: float | None = None

    def __post_init__(self):
        if self.n < 1:
            raise ValueError(f"an estimate of {self.unit!r} rests on no rows")
        if not self.unit:
            raise ValueError("an estimate needs a unit")
        if self.kind not in FORMATS:
            raise ValueError(f"kind is {self.kind!r}, expected one of {sorted(FORMATS)}")
        if self.exact and (self.low is not None or self.high is not None):
            raise ValueError("an exact value has no interval")

    @property
    def side(self) -> Side:
        """Where the interval lies as a whole: ``above`` or ``below`` the neutral value, or
        ``unclear`` where it includes it. An open end reaches without bound.

        Raises
        ------
        ValueError
            If there is no neutral value.
        """
        if self.neutral is None:
            raise ValueError(f"the estimate of {self.unit!r} has no neutral value to lie beside")
        low, high = (self.value, self.value) if self.exact else (self.low, self.high)
        if low is not None and low > self.neutral:
            return "above"
        if high is not None and high < self.neutral:
            return "below"
        return "unclear"

    def show(self) -> str:
        """The value as readers see it."""
        return self.written(self.value) + UNITS.get(self.kind, "")

    def brief(self) -> str:
        """The value where it stands alone, in large figures: a ratio says that it is one."""
        return self.written(self.value) + BRIEF.get(self.kind, "")

    def show_interval(self) -> str:
        """The interval in words, with its level; empty for an exact value."""
        if self.exact:
            return ""
        unit = "" if self.low is None and self.high is None else UNITS.get(self.kind, "")
        return f"{self.level:.0%} interval: {ends(self.low, self.high, self.kind)}{unit}"

    def basis(self) -> str:
        """Unit, n, organisations, method and grade of evidence, in one phrase."""
        vendors = (
            "" if self.vendor_share is None
            else f"{self.vendor_share:.0%} rest on vendors' own words alone (grades A and B), "
        )
        return (
            f"{self.unit[0].upper()}{self.unit[1:]}; "
            f"n = {self.n:,} from {many(self.organisations, 'organisation')}; "
            f"{self.method}; {vendors}lowest grade of evidence {self.confidence}"
        )

    def as_dict(self) -> dict:
        """The estimate as ``results.json`` holds it, its numbers to six significant digits."""
        facts = asdict(self)
        for name in ("value", "low", "high", "neutral"):
            if facts[name] is not None:
                facts[name] = float(f"{facts[name]:.6g}")
        return facts

    def written(self, number: float) -> str:
        """A number as this estimate writes its own, without its unit."""
        return written(number, self.kind)


def written(number: float, kind: str) -> str:
    """A number as estimates of a kind write theirs, without its unit."""
    return FORMATS[kind].format(number).replace("-", MINUS)


def ends(low: float | None, high: float | None, kind: str) -> str:
    """The ends of an interval in words, without their unit; None is an open one."""
    if low is None and high is None:
        return "open at both ends"
    if low is None:
        return f"at most {written(high, kind)}"
    if high is None:
        return f"at least {written(low, kind)}"
    return f"{written(low, kind)} to {written(high, kind)}"
