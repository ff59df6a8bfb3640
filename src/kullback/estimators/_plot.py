"""A picture of where two samples differ: what every stretch of every column adds to the divergence."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import COLORS, InputError, new_picture, printable, write_picture
from kullback.estimators._columns import named_columns, plain_values
from kullback.estimators._estimate import Estimate
from kullback.estimators._points import Floats

_PANELS, _BINS, _LABELS = 12, 24, 12
_MORE, _LESS, *_ = COLORS


def plot_contributions(found: Estimate, x: Any, /, *, columns: list[str] | None = None) -> Any:
    r"""Draw what the rows of x add to an estimated divergence, column by column.

    Every row adds its log ratio over n. A bar is the sum over the rows of x in one stretch of a column (or with one
    label): the bars of each column add up to the mean log ratio, which is near the estimate.

    Args:
        found: An estimate whose method has log ratios.
        x: The sample of p that it was made from, with the same rows.
        columns: Names of the columns to draw; None draws the first twelve.

    Returns:
        A figure of matplotlib with a panel for each column.

    Raises:
        InputError: The estimate has no log ratios, or they belong to other rows.
        MissingExtraError: Matplotlib is not installed.

    Example:
        >>> import numpy as np
        >>> import kullback as kl
        >>> from kullback.estimators import plot_contributions
        >>> rng = np.random.default_rng(0)
        >>> x, y = rng.normal(0, 1, 500), rng.normal(1, 2, 500)
        >>> figure = plot_contributions(kl.estimate(x, y), x)
        >>> len(figure.axes)
        1
    """
    ratios = found.log_ratios
    if ratios is None:
        raise InputError(f"method {found.method!r} gives no log ratios. Use 'neighbors', 'classifier_ratio' or 'auto'.")
    known = named_columns(x, "x")
    wanted = list(known)[:_PANELS] if columns is None else columns
    for name in wanted:
        if name not in known:
            raise InputError(f"x has no column {name!r}. It has {', '.join(map(repr, list(known)[:10]))}.")
        if len(known[name]) != len(ratios):
            raise InputError(
                f"x has {len(known[name])} rows and the estimate {len(ratios)} log ratios. Give the sample that it was "
                "made from."
            )
    return _drawn(found, ratios, {name: known[name] for name in wanted})


def save_plot(found: Estimate, x: Any, path: str | Path, /) -> None:
    """Write the picture of `plot_contributions` to a file; its ending says the format.

    Args:
        found: An estimate whose method has log ratios.
        x: The sample of p that it was made from.
        path: File to write: .png, .svg, .pdf.

    Raises:
        InputError: As `plot_contributions`, or the format is not known.
    """
    write_picture(plot_contributions(found, x), path)


def _drawn(found: Estimate, ratios: Floats, columns: dict[str, Any]) -> Any:
    across = min(3, len(columns))
    down = -(-len(columns) // across)
    figure = new_picture(4.2 * across, 3.0 * down + 0.4)
    axes = figure.subplots(down, across, squeeze=False).ravel()
    for axis, (name, column) in zip(axes, columns.items(), strict=False):
        known = np.isfinite(ratios)
        labels, sums = _sums(plain_values(column)[known], ratios[known] / known.sum())
        axis.bar(range(len(sums)), sums, color=[_MORE if one >= 0 else _LESS for one in sums.tolist()], width=0.9)
        step = 1 if len(labels) <= _LABELS + 1 else len(labels) // 6
        axis.set_xticks(range(0, len(labels), step), labels[::step], rotation=30, ha="right", fontsize=7)
        axis.axhline(0.0, color="0.4", linewidth=0.8)
        axis.set_title(printable(name, 40) if len(columns) > 1 or name != "0" else "x", fontsize=9, parse_math=False)
        axis.set_ylabel("adds to D, nats", fontsize=8)
        axis.tick_params(labelsize=7)
    for axis in axes[len(columns) :]:
        axis.remove()
    figure.suptitle(f"{found.quantity} = {found.value:.3g} {found.unit}: where the rows of x differ", fontsize=10)
    return figure


def _sums(values: NDArray[Any], parts: Floats) -> tuple[list[str], Floats]:
    """Stretches of a column, and what the rows in each add."""
    if values.dtype.kind in "iuf" and len(np.unique(values[~np.isnan(values)])) > _LABELS:
        known = values[np.isfinite(values)].astype(np.float64)
        edges = np.unique(np.quantile(known, np.linspace(0.0, 1.0, _BINS + 1)))
        places = np.clip(np.searchsorted(edges, values.astype(np.float64), side="right") - 1, 0, len(edges) - 2)
        return [f"{edge:.3g}" for edge in edges[:-1].tolist()], np.bincount(places, parts, len(edges) - 1).astype(
            np.float64
        )
    kinds, codes = np.unique(np.array([str(value) for value in values.tolist()]), return_inverse=True)
    sums: Floats = np.bincount(codes, parts, len(kinds)).astype(np.float64)
    order = np.argsort(-np.abs(sums), kind="stable")[:_LABELS]
    shown, kept = [printable(str(kinds[place]), 16) for place in order], sums[order]
    if len(kinds) > _LABELS:
        shown, kept = [*shown, "(other)"], np.append(kept, sums.sum() - kept.sum())
    return [text.replace("$", r"\$") for text in shown], kept
