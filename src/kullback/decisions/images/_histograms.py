"""The divergence between the colors of two images."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import COLORS, Figure, InputError, new_picture
from kullback.decisions._options import checked_whole
from kullback.decisions.images._read import pair_of
from kullback.divergences import divergence, jensen_shannon, smooth

_CHANNELS = ("red", "green", "blue", "alpha")


@dataclass(frozen=True, eq=False, repr=False)
class HistogramDivergence(Figure):
    """D(x‖y) of the histograms of two images; prints in bits.

    Attributes:
        value: D(x‖y) of all channels together, in nats, zeros treated by `smoothing`.
        reverse: D(y‖x), likewise.
        plain: D(x‖y) of the shares as they are, infinite where y lacks a color of x.
        jensen_shannon: Of the shares as they are.
        channels: D(x‖y) of each channel by itself.
        counts_x: Pixels of x in each cell, a row for each channel.
        counts_y: Pixels of y, likewise.
        edges: Ends of the cells.
        smoothing: Name of the policy for empty cells.
    """

    value: float
    reverse: float
    plain: float
    jensen_shannon: float
    channels: tuple[float, ...]
    counts_x: NDArray[np.float64]
    counts_y: NDArray[np.float64]
    edges: NDArray[np.float64]
    smoothing: str

    def __str__(self) -> str:
        bit = math.log(2.0)
        lines = [
            f"D(x‖y) of the histograms = {self.bits:.4g} bits, D(y‖x) = {self.reverse / bit:.4g} bits",
            f"  zeros by {self.smoothing}; without smoothing D(x‖y) = {self.plain / bit:.4g} bits",
            f"  Jensen-Shannon {self.jensen_shannon / bit:.4g} bits",
        ]
        if len(self.channels) > 1:
            lines.append(f"  channel by channel: {', '.join(f'{one / bit:.4g}' for one in self.channels)} bits")
        return "\n".join([*lines, "  where the pixels are plays no part: see patch_divergence"])

    def plot(self) -> Any:
        """The histograms of both images, channel by channel; a figure of matplotlib."""
        figure = new_picture(1.0 + 3.4 * len(self.channels), 2.8)
        axes = figure.subplots(1, len(self.channels), squeeze=False)[0]
        names = ("gray",) if len(self.channels) == 1 else _CHANNELS
        for place, axis in enumerate(axes):
            for counts, color, name in ((self.counts_x, COLORS[0], "x"), (self.counts_y, COLORS[1], "y")):
                axis.stairs(counts[place] / counts[place].sum(), self.edges, color=color, label=name)
            axis.set_xlabel(f"{names[place]} level")
            axis.set_title(f"D(x‖y) = {self.channels[place] / math.log(2.0):.3g} bits", fontsize=9)
        axes[0].set_ylabel("share of pixels")
        axes[0].legend(frameon=False, fontsize=8)
        return figure


def histogram_divergence(
    x: Any,
    y: Any,
    /,
    *,
    bins: int | None = None,
    limits: tuple[float, float] | None = None,
    smoothing: str = "jeffreys",
) -> HistogramDivergence:
    """D(x‖y) between the gray levels or colors of two images.

    Args:
        x: Image of shape ``(height, width)`` or ``(height, width, channels)``.
        y: Image with the same channels, of any size.
        bins: Cells for each channel; 64 if None for gray, 16 for several channels (16³ cells together).
        limits: Darkest and brightest level; from the type of the pixels or, for floats, from both images if None.
        smoothing: Policy for empty cells, see `kullback.smooth`.

    Returns:
        The divergences in both directions, with and without smoothing, all channels together and one by one.

    Raises:
        InputError: They are no images of the same channels, or pixels are outside of the limits.

    Note:
        Exact for the cells. Images whose pixels are shuffled have the same histogram, so zero does not mean the same
        picture.

    Example:
        >>> import numpy as np
        >>> from kullback.decisions.images import histogram_divergence
        >>> dark = np.tile(np.arange(0, 128, dtype=np.uint8), (8, 1))
        >>> found = histogram_divergence(dark, dark + 64, bins=4, smoothing="jeffreys")
        >>> round(found.bits, 2), round(found.plain, 2)
        (4.99, inf)
    """
    one, two = pair_of(x, y)
    channels = one.shape[-1]
    cells = bins if bins is not None else (64 if channels == 1 else 16)
    low, high = _limits(x, y, one, two) if limits is None else _given(limits)
    _check(one, two, checked_whole(cells, "bins", least=2, most=65_536), (low, high))
    edges = np.linspace(low, high, cells + 1)
    codes = [np.minimum(((image - low) / (high - low) * cells).astype(np.int64), cells - 1) for image in (one, two)]
    tables = [_counts(code, cells) for code in codes]
    joint = [np.bincount(_joint(code, cells), minlength=cells**channels).astype(np.float64) for code in codes]
    occupied = (joint[0] + joint[1]) > 0
    shares = [counts[occupied] / counts.sum() for counts in joint]
    smoothed = [smooth(counts, method=smoothing).probs for counts in joint]
    apart = [[smooth(row, method=smoothing).probs for row in table] for table in tables]
    return HistogramDivergence(
        value=float(divergence(*smoothed)),
        reverse=float(divergence(*smoothed[::-1])),
        plain=float(divergence(*shares)),
        jensen_shannon=float(jensen_shannon(*shares)),
        channels=tuple(float(divergence(p, q)) for p, q in zip(*apart, strict=True)),
        counts_x=tables[0],
        counts_y=tables[1],
        edges=edges,
        smoothing=smoothing,
    )


def _check(one: NDArray[np.float64], two: NDArray[np.float64], cells: int, limits: tuple[float, float]) -> None:
    channels, (low, high) = one.shape[-1], limits
    if cells**channels > 2**24:
        raise InputError(f"bins = {cells!r} for {channels} channels. At most 2**24 cells together are possible.")
    for name, image in (("x", one), ("y", two)):
        if image.min() < low or image.max() > high or not low < high:
            raise InputError(
                f"{name} has levels from {image.min():g} to {image.max():g}, limits are {low:g} to {high:g}. Widen "
                "the limits."
            )


def _given(limits: Any) -> tuple[float, float]:
    try:
        low, high = (float(end) for end in limits)
    except (TypeError, ValueError):
        raise InputError(f"limits = {limits!r}. Two numbers are needed: the darkest and the brightest level.") from None
    return low, high


def _limits(x: Any, y: Any, one: NDArray[np.float64], two: NDArray[np.float64]) -> tuple[float, float]:
    kinds = [np.asarray(image).dtype for image in (x, y)]
    if all(kind.kind in "ui" for kind in kinds):
        ends = [np.iinfo(kind) for kind in kinds]
        if all(end.max - end.min < 65_536 for end in ends):
            # Whole levels have cells of equal width only if the last one is whole too.
            return float(min(end.min for end in ends)), float(max(end.max for end in ends)) + 1.0
    low, high = float(min(one.min(), two.min())), float(max(one.max(), two.max()))
    return (low, high) if low < high else (low, low + 1.0)


def _counts(codes: NDArray[np.int64], cells: int) -> NDArray[np.float64]:
    return np.stack(
        [np.bincount(codes[..., place].ravel(), minlength=cells) for place in range(codes.shape[-1])]
    ).astype(np.float64)


def _joint(codes: NDArray[np.int64], cells: int) -> NDArray[np.int64]:
    place = np.zeros(codes.shape[:-1], dtype=np.int64)
    for channel in range(codes.shape[-1]):
        place = place * cells + codes[..., channel]
    return place.ravel()
