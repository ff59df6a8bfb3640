"""Which columns drifted, and by how much."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import COLORS, Shown, new_picture, printable

Floats = NDArray[np.float64]
_SHOWN = 20


@dataclass(frozen=True, eq=False, repr=False)
class DriftReport(Shown):
    """Columns of two samples held against each other.

    Attributes:
        names: Names of the columns.
        bits: D(current‖reference) over the cells of each column, less its bias, in bits.
        low: Lower ends of the intervals, in bits.
        high: Upper ends.
        p_values: Of no difference, exact or by permutation where cells are light.
        p_adjusted: The same for many columns (Benjamini and Hochberg).
        drifted: Whether each adjusted value is at most `alpha`.
        alpha: False discovery rate.
        rows: Rows of the reference and of the current sample.
    """

    names: tuple[str, ...]
    bits: Floats
    low: Floats
    high: Floats
    p_values: Floats
    p_adjusted: Floats
    drifted: NDArray[np.bool_]
    alpha: float
    rows: tuple[int, int]

    def plot(self) -> Any:
        """Draw the divergence of the columns with intervals, those that drifted in another color.

        Returns:
            A figure of matplotlib.

        Raises:
            MissingExtraError: Matplotlib is not installed.
        """
        order = np.argsort(self.bits)[-_SHOWN:]
        figure = new_picture(6.0, 1.2 + 0.25 * len(order))
        axis = figure.subplots()
        for place, column in enumerate(order):
            color = COLORS[1] if self.drifted[column] else COLORS[0]
            axis.plot([self.low[column], self.high[column]], [place, place], color=color)
            axis.plot(self.bits[column], place, "o", color=color)
        axis.set_yticks(range(len(order)), [printable(self.names[column], 30) for column in order])
        axis.set_xlabel("D(current‖reference), bits, with 95 % intervals")
        axis.set_title(f"{int(self.drifted.sum())} of {len(self.names)} columns drifted", fontsize=10)
        return figure

    def __str__(self) -> str:
        head = (
            f"{int(self.drifted.sum())} of {len(self.names)} columns drifted (false discovery rate "
            f"{100 * self.alpha:g} %, {self.rows[0]:,} reference and {self.rows[1]:,} current rows, taken as "
            "independent)"
        )
        return "\n".join([head, *(self._line(place) for place in np.argsort(-self.bits)[:_SHOWN].tolist())])

    def _line(self, place: int) -> str:
        return (
            f"  {printable(self.names[place], 30):<30} D(current‖reference) = {self.bits[place]:.4g} bits "
            f"[{self.low[place]:.4g}, {self.high[place]:.4g}], adjusted p = {self.p_adjusted[place]:.3g}"
            + ("  drifted" if self.drifted[place] else "")
        )
