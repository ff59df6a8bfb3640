"""What changed most in a group, in a few words."""

from kullback.tables._messages import Message
from kullback.tables.counts._categories import Categories
from kullback.tables.counts._cells import make_cells
from kullback.tables.counts._columns import ColumnCounts
from kullback.tables.counts._leaves import Leaves
from kullback.tables.verdicts._headline import category_headline, ordered_headline


def pair_headline(column: ColumnCounts, factors: tuple[float, float], /) -> str:
    """What changed most from a group's reference to the group.

    Args:
        column: Both as two sides.
        factors: Effective rows per unit of weight, for each side.
    """
    if column.reading is None or not isinstance(column.body, (Leaves, Categories)):
        return ""
    cells = make_cells(column.body, column.reading, factors=factors)
    if not isinstance(column.body, Leaves):
        return category_headline(cells)
    headline = ordered_headline(column.body, column.reading, cells)
    if isinstance(headline, Message) and headline.parts.get("before") == headline.parts.get("after"):
        # Quantiles are known by cells, which may not tell the two apart: the cell that moved most does.
        return category_headline(cells)
    return headline
