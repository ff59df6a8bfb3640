"""Wald's sequential probability ratio test."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from scipy import special

from kullback._core import InputError, Shown, percent
from kullback.decisions.hypotheses._inputs import check_level, check_rows
from kullback.decisions.hypotheses._neyman_pearson import short
from kullback.decisions.hypotheses._outcomes import Floats
from kullback.decisions.hypotheses._row_ratios import row_ratios
from kullback.decisions.hypotheses._stein import divergence_and_variance
from kullback.decisions.hypotheses._walkers import walkers_of
from kullback.decisions.hypotheses._walks import TIE, Walk

CONTINUE, REJECT, ACCEPT = "continue", "reject null", "accept null"
_NAMES = ("null", "alternative")
# Rows of a list whose ratios are computed together.
_BLOCK = 64


class SequentialRun(Shown):
    """A sequential test under way: what has been seen of the rows is their log likelihood ratio.

    Attributes:
        rows: Rows seen.
        log_ratio: Sum of log(alternative/null) over them, in nats.
        decision: "continue", "reject null" or "accept null".
    """

    def __init__(self, test: "SequentialTest", /) -> None:
        """Begin with no rows."""
        self._test = test
        self.rows = 0
        self.log_ratio = 0.0
        self.decision = CONTINUE

    def update(self, row: Any, /) -> str:
        """Take one more row.

        Args:
            row: Label, index or point.

        Returns:
            The decision: "continue", "reject null" or "accept null".

        Raises:
            InputError: The test has ended, or neither hypothesis allows the row.
        """
        if self.decision != CONTINUE:
            raise InputError(f"The test ended after {self.rows} rows: {self.decision}. Start another one.")
        self.take(float(self._test.ratios([row])[0]))
        return self.decision

    def take(self, step: float, /) -> None:
        """Take a row whose log likelihood ratio is known.

        Args:
            step: log(alternative/null) of the row in nats.
        """
        self.rows += 1
        self.log_ratio += step
        slack = TIE * max(1.0, abs(step) if math.isfinite(step) else 1.0)
        if self.log_ratio >= self._test.upper - slack:
            self.decision = REJECT
        elif self.log_ratio <= self._test.lower + slack:
            self.decision = ACCEPT
        elif self._test.truncate == self.rows:
            self.decision = REJECT if self.log_ratio > 0 else ACCEPT

    def __str__(self) -> str:
        test = self._test
        return (
            f"{self.decision} after {self.rows:,} rows: log(alternative/null) = {self.log_ratio:.6g} nats, "
            f"bounds {test.lower:.6g} and {test.upper:.6g}"
        )


@dataclass(frozen=True, eq=False, repr=False)
class SequentialTest(Shown):
    """A sequential probability ratio test and what it does.

    Attributes:
        null: The null hypothesis, in words.
        alternative: The alternative.
        alpha: Chance of rejecting a true null hypothesis that was asked for.
        beta: Chance of accepting a false one that was asked for.
        upper: The null hypothesis is rejected where the log likelihood ratio reaches this, log((1 - β)/α) nats.
        lower: It is accepted where the ratio falls to this, log(β/(1 - α)) nats.
        truncate: Rows after which the sign of the ratio decides; None for no end.
        under_null: What becomes of the test under the null hypothesis: error chance, mean rows, and how computed.
        under_alternative: The same under the alternative.
        divergence: D(null‖alternative) of one row in nats: minus the drift of the ratio under the null hypothesis.
        reverse: D(alternative‖null): its drift under the alternative.
        fixed_rows: Rows that a test of fixed size with the same two chances needs in the limit of many rows, by the
            normal approximation of the ratio.
    """

    null: str
    alternative: str
    alpha: float
    beta: float
    upper: float
    lower: float
    truncate: int | None
    under_null: Walk
    under_alternative: Walk
    divergence: float
    reverse: float
    fixed_rows: float
    ratios: Callable[[Any], Floats] = field(repr=False)
    along: Callable[[float], tuple[Walk | None, Walk | None]] = field(repr=False)

    def start(self) -> SequentialRun:
        """The test before its first row; give rows to its `update` one by one."""
        return SequentialRun(self)

    def run(self, rows: Iterable[Any], /) -> SequentialRun:
        """Take rows until a decision, or until there are no more.

        Args:
            rows: Labels, indices or points, in the order in which they came; an iterator is
                not read on after the decision.

        Returns:
            The run, with its decision and how many rows it took.
        """
        run = self.start()
        for step in self._steps(rows):
            run.take(step)
            if run.decision != CONTINUE:
                break
        return run

    def _steps(self, rows: Iterable[Any]) -> Iterator[float]:
        """Log ratios row by row: of what has a length by blocks, of what comes one by one as it comes."""
        if not hasattr(rows, "__len__"):
            yield from (float(self.ratios([row])[0]) for row in rows)
            return
        listed: Any = rows if hasattr(rows, "__getitem__") else list(rows)
        for start in range(0, len(listed), _BLOCK):
            yield from self.ratios(listed[start : start + _BLOCK]).tolist()

    def operating_characteristic(self, position: float, /) -> Walk:
        """What becomes of the test if neither hypothesis is true, but a law between them.

        Args:
            position: t of the law proportional to null^(1-t) · alternative^t, from 0, the null, to 1, the alternative.

        Returns:
            Chance of rejecting, mean rows, and how they were computed: exactly where they can be, else by Wald.
        """
        if not 0.0 <= position <= 1.0:
            raise InputError(f"position = {position!r} is not between the null (0) and the alternative (1).")
        return _either(self.along(float(position)))

    def plot(self) -> Any:
        """Operating characteristic and mean number of rows along the laws from null to alternative.

        Returns:
            A `matplotlib.figure.Figure`.
        """
        from kullback.decisions.hypotheses._sequential_picture import draw_sequential  # noqa: PLC0415 - where drawn

        return draw_sequential(self)

    def __str__(self) -> str:
        end = "" if self.truncate is None else f", at the latest after {self.truncate:,} rows"
        null, other = self.under_null, self.under_alternative
        return (
            f"Sequential test of null {self.null} against alternative {self.alternative}{end}\n"
            f"  reject the null at log(alternative/null) >= {self.upper:.6g} nats, accept it at <= {self.lower:.6g}\n"
            f"  under the null: rejects {percent(null.reject)}, {null.rows:.5g} rows on average ({null.method})\n"
            f"  under the alternative: accepts the null {percent(1 - other.reject)}, {other.rows:.5g} rows on average\n"
            f"  drift of a row: -D(null‖alternative) = {-self.divergence:.6g} and D(alternative‖null) = "
            f"{self.reverse:.6g} nats; a fixed sample needs about {self.fixed_rows:.5g} rows"
        )


def sprt(
    null: Any, alternative: Any, /, *, alpha: float = 0.05, beta: float = 0.05, truncate: int | None = None
) -> SequentialTest:
    r"""Wald's sequential probability ratio test.

    Rows are taken one at a time until the log likelihood ratio log(alternative/null) leaves the interval from
    log(β/(1 - α)) to log((1 - β)/α). Both error chances are then below α/(1 - β) and β/(1 - α), and their sum below
    α + β. No test with the same chances needs fewer rows on average, under either hypothesis. By Wald's identity

    $$ E_0 N \approx \frac{(1-α) \log\frac{1-α}{β} + α \log\frac{α}{1-β}}{D(\text{null} \,\|\, \text{alternative})} $$

    which is a binary divergence of the decisions over the divergence of a row.

    Args:
        null: Row of probabilities (labelled or not), or a law.
        alternative: The same.
        alpha: Chance of rejecting a true null hypothesis.
        beta: Chance of accepting a false one; together below 1.
        truncate: Rows after which the sign of the ratio decides; left out, the test goes on. A test cut short has
            larger error chances, which are exact for finite outcomes.

    Returns:
        The test: bounds, exact error chances and mean rows where they can be computed, `start`, `run`,
        `operating_characteristic` and `plot`.

    Raises:
        InputError: The laws cannot be compared or do not differ, or levels are none.

    Note:
        Chances and mean rows are exact for outcomes that can be listed (a recursion over the values of the ratio, right
        to about 1e-12) and for normal laws of one scale (an integral equation). For others, and where the recursion
        would have too many states, they are Wald's approximations, which ignore by how much the last row oversteps the
        bound: true error chances are smaller, true mean rows larger. `method` says which.

    References:
        Wald (1947), Sequential Analysis; Wald and Wolfowitz (1948), Annals of Mathematical Statistics 19.

    Example:
        >>> from kullback.decisions.hypotheses import sprt
        >>> test = sprt([0.5, 0.5], [0.2, 0.8], alpha=0.05, beta=0.05)
        >>> round(test.under_null.rows, 3), round(test.under_null.reject, 4)
        (13.809, 0.0368)
        >>> test.run([1] * 20).rows
        7
    """
    alpha, beta = check_level(alpha, "alpha"), check_level(beta, "beta")
    if alpha + beta >= 1:
        raise InputError(f"alpha + beta = {alpha + beta:g}. Their sum must be below 1, else no rows are needed.")
    end = None if truncate is None else check_rows(truncate, "truncate")
    divergence, spread = divergence_and_variance(null, alternative, _NAMES)
    reverse, spread_back = divergence_and_variance(alternative, null, (_NAMES[1], _NAMES[0]))
    if divergence == 0:
        raise InputError("null and alternative are equal, so no number of rows tells them apart. Give two laws.")
    bounds = math.log(beta / (1 - alpha)), math.log((1 - beta) / alpha)
    walkers = walkers_of(null, alternative)
    if end is not None and not walkers.listed:
        raise InputError("truncate needs outcomes that can be listed. Give arrays of probabilities (bins).")
    along = partial(walkers.at, bounds=bounds, truncate=end)
    ends = [along(position) for position in (0.0, 1.0)]
    return SequentialTest(
        null=short(null),
        alternative=short(alternative),
        alpha=alpha,
        beta=beta,
        upper=bounds[1],
        lower=bounds[0],
        truncate=end,
        under_null=_either(ends[0]),
        under_alternative=_either(ends[1]),
        divergence=divergence,
        reverse=reverse,
        fixed_rows=_fixed(alpha, beta, (divergence, reverse), (spread, spread_back)),
        ratios=row_ratios(null, alternative),
        along=along,
    )


def _either(walks: tuple[Walk | None, Walk | None]) -> Walk:
    """The exact walk, else Wald's."""
    approximate, exact = walks
    found = exact or approximate
    if found is None:
        raise InputError(
            "One hypothesis forbids rows that the other allows, and outcomes cannot be listed: Wald's theory says "
            "nothing of such pairs. Give arrays of probabilities (bins)."
        )
    return found


def _fixed(
    alpha: float, beta: float, drifts: tuple[float, float], variances: tuple[float | None, float | None]
) -> float:
    """Rows of a test of fixed size, the ratio taken as normal with its own variance under each hypothesis."""
    if math.isinf(sum(drifts)):
        return 0.0
    if variances[0] is None or variances[1] is None:
        raise InputError(
            "The variance of the log ratio of this pair is not known. Give arrays of probabilities (bins)."
        )
    quantiles = special.ndtri(1 - alpha) * math.sqrt(variances[0]) + special.ndtri(1 - beta) * math.sqrt(variances[1])
    return float(quantiles / sum(drifts)) ** 2
