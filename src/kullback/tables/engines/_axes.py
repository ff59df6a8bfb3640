"""Along what the rows of a table are told apart: the cells of one column, as an axis of a table of counts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from kullback.tables.counts._reading import Reading
from kullback.tables.engines._kernel import Values


@dataclass(frozen=True, eq=False)
class OrderedAxis:
    """Cells of an ordered column: cell i is (edges[i - 1], edges[i]], the next one lies above all edges.

    Then follow one cell for each of NULL, NaN, -inf and +inf.
    """

    position: int
    reading: Reading
    edges: Values

    @property
    def width(self) -> int:
        """Number of cells."""
        return len(self.edges) + 5


@dataclass(frozen=True, eq=False)
class ValueAxis:
    """Cells of a column of texts: the given ones, then all others, then NULL."""

    position: int
    reading: Reading
    values: tuple[str, ...]

    @property
    def width(self) -> int:
        """Number of cells."""
        return len(self.values) + 2


@dataclass(frozen=True, eq=False)
class HashAxis:
    """Texts without NULL by the first 32 bits of their MD5, modulo `buckets`: what every engine knows."""

    position: int
    buckets: int

    @property
    def width(self) -> int:
        """Number of cells."""
        return self.buckets


Axis = OrderedAxis | ValueAxis | HashAxis
# Several uses of an axis pay for writing its cells down first; one that all tables share does not count.
_USES = 3


def worth_staging(sets: Sequence[tuple[int, ...]], /) -> bool:
    """Whether tables of counts over these sets of axes use the axes so often that rows are better coded once."""
    uses = Counter(axis for chosen in sets for axis in chosen)
    return any(count > _USES for _, count in uses.most_common()[1:])
