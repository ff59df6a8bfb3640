"""Several points to label at once, chosen for what their labels tell together."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import Figure, InputError
from kullback.decisions.queries._bald import bald
from kullback.decisions.queries._batch_search import chosen, information_of
from kullback.decisions.queries._predictions import plain_predictions
from kullback.estimators._options import Rng, generator

_SHOWN = 12
# So near to all that an ensemble can tell, every further point looks alike.
_FULL = 0.95


@dataclass(frozen=True, eq=False, repr=False)
class Batch(Figure):
    """Points to label together, in the order in which they were chosen; prints as a short text.

    Attributes:
        value: What all their labels tell about the model, I(labels; member), in nats.
        indices: Places of the points in the pool.
        information: What the first, the first two, ... tell together, in nats.
        stderr: Standard error of each of these; 0 where every label configuration was counted.
        scores: What each of them tells alone (BALD), in nats.
        top_indices: The points with the largest scores, which a choice one by one would take.
        top_information: What the first, the first two, ... of those tell together.
        top_stderr: Standard error of each of these.
        members: How many members the ensemble has.
    """

    value: float
    indices: tuple[int, ...]
    information: NDArray[np.float64]
    stderr: NDArray[np.float64]
    scores: NDArray[np.float64]
    top_indices: tuple[int, ...]
    top_information: NDArray[np.float64]
    top_stderr: NDArray[np.float64]
    members: int

    @property
    def double_counted(self) -> float:
        """By how many nats the scores of the points, added up, exceed what they tell together."""
        return float(self.scores.sum()) - self.value

    def __str__(self) -> str:
        listed = ", ".join(map(str, self.indices[:_SHOWN])) + (", …" if len(self.indices) > _SHOWN else "")
        top = f"the {len(self.indices)} largest scores tell {_figure(self.top_information, self.top_stderr)}"
        together = f"I(labels; model) = {_figure(self.information, self.stderr)}"
        twice = f"{float(self.scores.sum()):.4g} nats, {self.double_counted:.2g} of it counted twice"
        lines = [
            f"{len(self.indices)} points: {listed}",
            f"  {together}; their scores add up to {twice}",
            f"  {top} together",
        ]
        if self.value > _FULL * math.log(self.members):
            lines.append(
                f"  no labels tell more than log {self.members} = {math.log(self.members):.4g} nats about "
                f"{self.members} members: the last points are arbitrary; use more members or a smaller batch"
            )
        return "\n".join(lines)

    def plot(self) -> Any:
        """Draw what the labels tell together, point by point, beside the largest scores and the sum of the scores.

        Returns:
            A figure of matplotlib.

        Raises:
            MissingExtraError: Matplotlib is not installed.
        """
        from kullback.decisions.queries._batch_picture import drawn  # noqa: PLC0415 - drawing needs an extra

        return drawn(self)


def _figure(joint: NDArray[np.float64], stderr: NDArray[np.float64]) -> str:
    error = f" ± {stderr[-1]:.2g}" if stderr[-1] > 0 else ""
    return f"{joint[-1]:.4g}{error} nats"


def batch_bald(probs: Any, /, size: int, *, given: str = "probs", configurations: int = 1000, rng: Rng = None) -> Batch:
    r"""Choose points whose labels together tell most about the model, one after the other.

    $$ I(y_1, \dots, y_b; m) = \sum_i I(y_i; m \mid y_1, \dots, y_{i-1}) $$

    The best single points are often alike: the second repeats the first. Here each point is chosen for what it adds.

    Args:
        probs: Predictions of shape ``(members, points, classes)`` of any array library, computed in NumPy.
        size: Points to choose, at most as many as there are.
        given: What the predictions are: "probs", "log_probs" or "logits".
        configurations: Label configurations to count at most. Where a batch has more, so many are drawn.
        rng: Seed or generator of the draws.

    Returns:
        The points with their joint information, and what the points with the largest scores would have told.

    Raises:
        InputError: They are no predictions, or the size or the number of configurations is out of range.

    Note:
        Joint information is submodular, so the greedy batch tells at least 1 − 1/e = 63 % of what the best batch of
        the size does, where every configuration is counted: that is as long as all points but the last have no more
        label configurations than `configurations` (batches of 4 with ten classes, of 10 with two). Beyond it the joint
        information is a mean over drawn configurations with a standard error, from draws other than those that chose
        the points, so it is without bias. Each step costs configurations × members × points × classes.

    References:
        Kirsch, van Amersfoort and Gal (2019), BatchBALD, NeurIPS 32, algorithm 1; Nemhauser, Wolsey and Fisher (1978),
        Mathematical Programming 14, for the guarantee.

    Example:
        >>> import numpy as np
        >>> first, second = [0.9, 0.1, 0.9, 0.1], [0.8, 0.8, 0.2, 0.2]
        >>> ones = np.array([first, first, second]).T  # four members, three points, two of them the same
        >>> batch_bald(np.stack([ones, 1 - ones], axis=2), size=2).indices
        (0, 2)
    """
    pool = plain_predictions(probs, given)
    size = _whole("size", size, pool.shape[1], "points in the pool")
    most = _whole("configurations", configurations, 10_000_000, "configurations that can be held")
    source = generator(rng)
    scores = bald(pool)
    places = chosen(pool, size, most, source)
    top = np.argsort(-scores, kind="stable")[:size]
    found, alone = (information_of(pool[:, order], most, source) for order in (np.asarray(places), top))
    return Batch(
        value=float(found.joint[-1]),
        indices=tuple(places),
        information=found.joint,
        stderr=found.stderr,
        scores=scores[places],
        top_indices=tuple(top.tolist()),
        top_information=alone.joint,
        top_stderr=alone.stderr,
        members=len(pool),
    )


def _whole(name: str, value: Any, most: int, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not 1 <= value <= most:
        raise InputError(f"{name} = {value!r} came. A whole number from 1 to {most:,}, the {what}, is needed.")
    return int(value)
