"""The verb that begins to watch."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from kullback._core import InputError
from kullback.decisions.monitoring._reference import read_reference
from kullback.decisions.monitoring._rows import one_per_unit
from kullback.decisions.monitoring._watch import METHODS, Watch
from kullback.decisions.monitoring._watch_columns import WatchColumns, columns_of
from kullback.estimators._options import Rng, check_method, generator


def watch(
    reference: Any,
    /,
    *,
    alpha: float = 0.05,
    method: str = "mixture",
    given: str = "auto",
    cells: int = 8,
    categories: Any = None,
    unit: Any = None,
    run_length: float = 1000.0,
    rng: Rng = None,
) -> Any:
    r"""Watch a stream for rows that no longer follow the reference, looking as often as you like.

    The evidence is the log of an e-process $E_t$: nonnegative, with $E[E_\tau] \le 1$ at every stopping time $\tau$
    as long as nothing changes. So $P(\text{ever } E_t \ge 1/\alpha) \le \alpha$ (Ville), and looking more often
    costs nothing. After a change it grows by about $D(\text{current} \,\|\, \text{reference})$ a row.

    Args:
        reference: Probabilities of outcomes 0, 1, … (an array that adds up to 1, or a mapping from label); any
            distribution object on numbers; counts by label; a sample (array, list, Series); or many columns: a frame,
            or a mapping from name to column.
        alpha: Chance of a false alarm, ever.
        method: "mixture" finds late changes too and promises `alpha`, for about 2 log2(looks) bits more evidence;
            "start" looks for streams that never fitted; "detector" adds up restarts (an e-detector), finds late changes
            sooner, and promises `run_length` in place of `alpha`; it needs a known law.
        given: What the reference is, "probs", "counts" or "sample", where "auto" would guess wrong.
        cells: Categories at most (others share one cell), or stretches between quantiles for numbers.
        categories: All categories, where they are known beforehand; then no rows of a sample are spent on choosing.
        unit: Unit of each row of a sample reference; one row of each is taken.
        run_length: Looks until a false alarm of "detector", on average, at least.
        rng: Seed or generator that deals a sample into rows that choose cells (a quarter, at most 50 a cell) and rows
            that are counted.

    Returns:
        A `Watch`, or a `WatchColumns` for many columns; feed them with `update`.

    Raises:
        InputError: The reference or an option cannot be used.

    Note:
        A sample is not taken for its law: the e-process is valid for every law that the reference may have come from,
        with its own finite size (see `Watch.null`). Its evidence is then bounded by what the reference knows, and it
        begins up to 2 bits below 0. Rows are assumed independent given the law. An update costs
        cells times about a hundred restarts, whatever came before.

    References:
        Ville (1939); Robbins (1970), Annals of Mathematical Statistics 41; Shin, Ramdas and Rinaldo (2023), New England
        Journal of Statistics in Data Science, for e-detectors; Agrawal (2020), IEEE Transactions on Information Theory
        66, and Wasserman, Ramdas and Balakrishnan (2020), PNAS 117, for samples as reference.

    Example:
        >>> from kullback.decisions.monitoring import watch
        >>> monitor = watch({"yes": 0.2, "no": 0.8}, alpha=0.01)
        >>> for day in range(10):
        ...     found = monitor.update(counts={"yes": 40, "no": 80})
        >>> found.alarm, found.alarm_look
        (True, 2)
    """
    _check(alpha, cells, run_length)
    method = check_method(method, METHODS)
    options = {"alpha": float(alpha), "method": method, "run_length": float(run_length)}
    table = columns_of(reference)
    if table is not None:
        if unit is not None or categories is not None:
            raise InputError("unit= and categories= belong to one column, but a table came. Watch columns one by one.")
        watches = {name: _one(column, options, given, int(cells), None, rng) for name, column in table.items()}
        return WatchColumns(watches, alpha=float(alpha))
    if unit is not None:
        reference = one_per_unit(reference, unit, seed=0)
    return _one(reference, options, given, int(cells), categories, rng)


def _one(reference: Any, options: Mapping[str, Any], given: str, cells: int, categories: Any, rng: Rng) -> Watch:
    chosen, null = read_reference(reference, given=given, cells=cells, categories=categories, rng=generator(rng))
    if options["method"] == "detector" and null.counts is not None:
        raise InputError(
            "method = 'detector' promises run lengths only against a known law, and the reference is a sample. Give "
            "probabilities or a law, or use method='mixture', which holds with a sample."
        )
    return Watch(chosen, null, **options)


def _check(alpha: Any, cells: Any, run_length: Any) -> None:
    """Refuse options that are no level, no number of cells, no number of looks."""
    if isinstance(alpha, bool) or not isinstance(alpha, int | float | np.number) or not 0 < alpha < 1:
        raise InputError(f"alpha = {alpha!r} is no chance of a false alarm. A number between 0 and 1 is needed.")
    if isinstance(cells, bool) or not isinstance(cells, int | np.integer) or cells < 2:
        raise InputError(f"cells = {cells!r}. A whole number of at least 2 is needed.")
    if not (isinstance(run_length, int | float | np.number) and 1 < run_length < math.inf):
        raise InputError(f"run_length = {run_length!r}. A number of looks above 1 is needed.")
