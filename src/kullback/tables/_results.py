"""The records of which the answer of `compare` is made: columns, cells, sides."""

import math
from dataclasses import dataclass
from typing import Literal

from kullback._core import printable

Verdict = Literal["shifted", "similar", "inconclusive", "key", "constant", "undefined"]
VERDICTS: tuple[Verdict, ...] = ("shifted", "inconclusive", "similar", "key", "constant", "undefined")


@dataclass(frozen=True, eq=False, slots=True)
class Cell:
    """A cell: the rows (or weight) of each side that it holds, and what it adds to D(current‖reference) in bits.

    Attributes:
        label: What is in it.
        reference: Rows or weight of the reference.
        current: Rows or weight of the current table.
        contribution: Its summand of D(current‖reference).
        low: Smallest value in it: a number; a date as days since 1970-01-01; a datetime, time or duration as
            microseconds (since 1970-01-01 or midnight). None for what has no order.
        high: Largest value in it, likewise.
    """

    label: str
    reference: float
    current: float
    contribution: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, eq=False, slots=True)
class ValueShare:
    """A value that occurs on one side only: its rows (or weight) there and its share of that side.

    Attributes:
        value: The value; None for the remainder beyond the fifty heaviest.
        count: Rows or weight.
        share: Share of its side.
        interval: Bounds of the share at the confidence of the comparison.
    """

    value: str | None
    count: float
    share: float
    interval: tuple[float, float]


@dataclass(frozen=True, eq=False)
class ColumnResult:
    """What is said of one column. Divergences are in bits, D is D(current‖reference).

    Attributes:
        name: Column name.
        kind: What the values are: numeric, category, boolean, date, datetime, time, duration or unsupported.
        verdict: shifted, similar, inconclusive, key, constant or undefined.
        plugin: D of the observed shares over `cells`; `inf` where the reference lacks a cell of the current side.
        plugin_reverse: D(reference‖current) likewise.
        debiased: D over `interval_cells` with ½ added to each, less its bias; None where `plugin` is infinite.
        smoothed: The same figure whether or not `plugin` is infinite: finite by the ½ added to each cell.
        interval: Bounds of D over `interval_cells`.
        jensen_shannon: Jensen-Shannon divergence of the observed shares (not its root).
        p_value: Test of D = 0, for information.
        margin: Bits up to which it counts as similar; None where nothing is held against it.
        p_margin: Test of D ≤ margin, on which the verdict stands.
        p_adjusted: `p_margin` after Benjamini-Hochberg over all columns: shifted where it is at most alpha.
        headline: What changed most, in words.
        could_have_seen: For inconclusive columns the divergence that would have been called shifted with chance 0.8.
        uncertainty: Where counts are known up to a few rows (profiles of different cells), by how many bits D over
            `interval_cells` may lie below and above `smoothed`; the interval allows for it.
        design_effect: With units, how many times wider chance spreads than for as many independent rows.
        new: Values that only the current side holds, heaviest first, with a remainder.
        gone: Values that only the reference holds, likewise.
        new_mass: All rows of the current side with values that the reference lacks, as one share.
        gone_mass: All rows of the reference with values that the current side lacks, as one share.
        cells: The cells of the plug-in figures; the last may stand for many light ones.
        interval_cells: The cells of `debiased` and `interval`.
        method: How the figures were made.
        notes: Remarks.
    """

    name: str
    kind: str
    verdict: Verdict
    plugin: float | None = None
    plugin_reverse: float | None = None
    debiased: float | None = None
    smoothed: float | None = None
    interval: tuple[float, float] | None = None
    jensen_shannon: float | None = None
    p_value: float | None = None
    margin: float | None = None
    p_margin: float | None = None
    p_adjusted: float | None = None
    headline: str = ""
    could_have_seen: float | None = None
    uncertainty: tuple[float, float] | None = None
    design_effect: float | None = None
    new: tuple[ValueShare, ...] = ()
    gone: tuple[ValueShare, ...] = ()
    new_mass: ValueShare | None = None
    gone_mass: ValueShare | None = None
    cells: tuple[Cell, ...] = ()
    interval_cells: tuple[Cell, ...] = ()
    method: str = ""
    notes: tuple[str, ...] = ()

    @property
    def bits(self) -> float | None:
        """D(current‖reference) in bits: the debiased figure, or infinity, or None where there is none."""
        return self.plugin if self.debiased is None else self.debiased

    @property
    def nats(self) -> float | None:
        """The same in nats."""
        return None if self.bits is None else self.bits * math.log(2)

    def __repr__(self) -> str:
        """One line that spells the direction and the unit out."""
        figure = f"D(current‖reference) = {short_bits(self.bits)} bits {short_bounds(self.interval)}"
        return f"<{printable(self.name)}: {self.verdict}, {figure}>"


@dataclass(frozen=True, eq=False)
class Structure:
    """How the two tables differ as tables.

    Attributes:
        added: Columns of the current table alone.
        removed: Columns of the reference alone.
        retyped: Columns whose kind changed, as (name, type in the reference, type in the current table).
        duplicated: Names that a table holds more than once.
        unsupported: Columns of nested or binary types.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    retyped: tuple[tuple[str, str, str], ...] = ()
    duplicated: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether columns came, went, or changed their kind."""
        return bool(self.added or self.removed or self.retyped)


@dataclass(frozen=True)
class Side:
    """A table in the comparison: what it was called, its rows, and its effective rows if they are weighted."""

    name: str
    rows: int
    effective_rows: float | None = None


@dataclass(frozen=True)
class Units:
    """What was taken as independent in place of rows.

    Attributes:
        columns: The columns that together name a unit.
        reference: Number of units in the reference.
        current: Number of units in the current table.
        shared: Units that both tables hold.
    """

    columns: tuple[str, ...]
    reference: int
    current: int
    shared: int


def short_bits(bits: float | None, /) -> str:
    """A divergence in three digits."""
    if bits is None:
        return "undefined"
    return "inf" if math.isinf(bits) else f"{bits:.3g}"


def short_bounds(interval: tuple[float, float] | None, /) -> str:
    """An interval in three digits a bound."""
    return "" if interval is None else f"[{short_bits(interval[0])}, {short_bits(interval[1])}]"
