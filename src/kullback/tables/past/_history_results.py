"""The records of a comparison with past windows."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from kullback._core import printable
from kullback.tables._results import ColumnResult, short_bits
from kullback.tables.formats._plain import plain_number

State = Literal["normal", "unusual", "undecided"]
AlertState = Literal["new", "ongoing", "accepted", "resolved"]


@dataclass(frozen=True, eq=False)
class HistoryColumn:
    """Today's divergence of a column among those of past windows.

    Attributes:
        name: Column name.
        state: `unusual` where the p-value is at most alpha, `normal` where it is not, `undecided` without enough past.
        bits: D(current‖past) of today over the cells of the history, with ½ added to each, in bits; None if undefined.
        percentile: Percentage of the past figures that lie below it.
        p_value: Rank of today's figure among the past ones: (1 + those at least as large) / (1 + all).
        p_adjusted: The same with regard to all columns at once: its rank among the largest of all columns.
        past: Figures of the past windows, each against the windows before it, oldest first, in bits.
        windows: Names of these windows.
        left_out: Past windows that were left out because an alert has been open since.
        summary: All of it in a sentence.
        reference: The column beside the fixed reference, if there is one; its rows are taken as independent.
    """

    name: str
    state: State
    bits: float | None
    percentile: float | None
    p_value: float | None
    p_adjusted: float | None
    past: tuple[float, ...]
    windows: tuple[str, ...]
    left_out: int
    summary: str
    reference: ColumnResult | None = None

    def to_dict(self) -> dict[str, Any]:
        """The record as plain data."""
        fixed = self.reference
        return {
            "name": self.name,
            "state": self.state,
            "bits": plain_number(self.bits),
            "percentile": self.percentile,
            "p_value": self.p_value,
            "p_adjusted": self.p_adjusted,
            "past": list(self.past),
            "windows": list(self.windows),
            "left_out": self.left_out,
            "summary": self.summary,
            "reference": None
            if fixed is None
            else {
                "bits": plain_number(fixed.bits),
                "interval": None if fixed.interval is None else [plain_number(bound) for bound in fixed.interval],
                "verdict": fixed.verdict,
                "headline": fixed.headline,
            },
        }


@dataclass(frozen=True)
class Alert:
    """One event of one column: from its first unusual window until three windows in a row are not.

    Attributes:
        column: The column.
        state: `new` in the window in which it began, `ongoing` after it, `accepted` once somebody said why, `resolved`
            when it is over.
        opened: The window in which it began.
        last: The last unusual window.
        windows: Windows since it began, the first one included.
        alarms: Unusual windows among them.
        quiet: Windows since the last unusual one.
        bits: D(current‖past) of the last unusual window, in bits.
        summary: What was said of that window.
        reason: Why it was accepted.
        resolved: The window in which it ended.
        cause: Why it ended: `quiet` windows, or because the past has `moved` on to it.
    """

    column: str
    state: AlertState
    opened: str
    last: str
    windows: int
    alarms: int
    quiet: int
    bits: float
    summary: str
    reason: str | None = None
    resolved: str | None = None
    cause: Literal["quiet", "moved"] | None = None

    @property
    def message(self) -> str:
        """The event in a line."""
        name = printable(self.column)
        if self.state == "resolved":
            why = (
                f"{self.quiet} quiet windows"
                if self.cause == "quiet"
                else f"the past has moved on after {self.windows}"
            )
            return f"resolved: {name}, open since {printable(self.opened)} ({why})"
        if self.state == "new":
            return f"new: {name}, {printable(self.summary)}"
        said = f", reason: {printable(self.reason)}" if self.reason else ""
        return (
            f"{self.state}: {name}, since {printable(self.opened)}, {self.alarms} of {self.windows} windows unusual, "
            f"last D(current‖past) = {short_bits(self.bits)} bits{said}"
        )

    def to_dict(self) -> dict[str, Any]:
        """The record as plain data."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class HistoryResult:
    """Today beside past windows.

    Attributes:
        window: What today is called.
        windows: Number of past windows there are.
        unit: What a window is, by the names: `days`, `hours`, `weeks`, `months` or `windows`.
        pool: Names of the windows that together are today's past.
        season: `weekday`, `hour` or `month`, if windows are held against their own season.
        season_value: The season of today.
        least: Past figures that it takes to rank today.
        expected_alarms: Columns that chance alone makes unusual, on average, in a window like all others.
        p_value: The smallest adjusted p-value: how unusual the table is as a whole.
        reference: Name of the fixed reference, if there is one.
        columns: A record for each column that has a distribution, in the order of the comparison.
        alerts: Events that began or ended in this window; None where the window was not recorded.
        open_alerts: Events that are open now, likewise.
    """

    window: str
    windows: int
    unit: str
    pool: tuple[str, ...]
    season: str | None
    season_value: str | None
    least: int
    expected_alarms: float
    p_value: float | None
    reference: str | None
    columns: tuple[HistoryColumn, ...]
    alerts: tuple[Alert, ...] | None = None
    open_alerts: int | None = None

    def __getitem__(self, name: str) -> HistoryColumn:
        """The record of the column of that name."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"no column {name!r} was held against the past")

    def to_dict(self) -> dict[str, Any]:
        """The record as plain data."""
        return {
            "window": self.window,
            "windows": self.windows,
            "unit": self.unit,
            "pool": list(self.pool),
            "season": self.season,
            "season_value": self.season_value,
            "least": self.least,
            "expected_alarms": self.expected_alarms,
            "p_value": self.p_value,
            "reference": self.reference,
            "columns": [column.to_dict() for column in self.columns],
            "alerts": None if self.alerts is None else [alert.to_dict() for alert in self.alerts],
            "open_alerts": self.open_alerts,
        }
