"""Two tables side by side, opened and counted: where every deeper look starts from."""

from dataclasses import dataclass

from kullback.tables._results import ColumnResult
from kullback.tables.counts._coding import Coding, code_column
from kullback.tables.counts._columns import ColumnCounts
from kullback.tables.counts._counting import ColumnPlan, Progress
from kullback.tables.counts._units import UnitGroups
from kullback.tables.engines._session import Session
from kullback.tables.engines._table import Table
from kullback.tables.verdicts._statistics import Rules


@dataclass(frozen=True, eq=False)
class Work:
    """What `compare` has in hand once the columns are judged.

    Attributes:
        session: Where DuckDB runs.
        tables: The reference and the current table.
        plans: Place and reading of each compared column.
        columns: The counts of each, in the order of the plans.
        results: What was said of each, in the same order.
        rules: By which verdicts are made.
        groups: How rows are taken together as units; None if they are independent.
        progress: Called while columns are counted.
    """

    session: Session
    tables: tuple[Table, Table]
    plans: tuple[ColumnPlan, ...]
    columns: tuple[ColumnCounts, ...]
    results: tuple[ColumnResult, ...]
    rules: Rules
    groups: UnitGroups | None = None
    progress: Progress | None = None

    def codings(self, most: int, /) -> dict[str, Coding]:
        """Columns that have a distribution as at most `most` cells each, by name."""
        coded = (
            code_column(column, plan.positions, factors=self.rules.factors, most=most)
            for column, plan in zip(self.columns, self.plans, strict=True)
        )
        return {coding.column.name: coding for coding in coded if coding is not None}
