"""The divergence of a law from its neighbor: the quadratic form of the Fisher information beside the exact figures."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import Figure, InputError, numbers
from kullback.divergences import divergence
from kullback.divergences._read import as_law
from kullback.families import Law
from kullback.fitting.geometry._coordinates import coordinate_names
from kullback.fitting.geometry._information import fisher_information
from kullback.fitting.geometry._second_order_picture import draw
from kullback.fitting.geometry._shift import as_step, moved

_HALVINGS = 40


@dataclass(frozen=True, eq=False, repr=False)
class SecondOrder(Figure):
    """A divergence to second order in a step of the parameters, beside the exact divergences.

    Attributes:
        value: The quadratic form ½ hᵀ F h in nats.
        forward: D(p‖p + h), exact, in nats.
        reverse: D(p + h‖p), exact, in nats.
        reach: The largest part of the step, at most all of it, within which the quadratic form is right to `tolerance`
            in both directions.
        tolerance: Relative error that `reach` allows.
        law: The law p.
        step: The step h, in the coordinates of `parameters`.
        parameters: Names of the coordinates.
    """

    value: float
    forward: float
    reverse: float
    reach: float
    tolerance: float
    law: Law
    step: NDArray[np.float64]
    parameters: tuple[str, ...]

    @property
    def error(self) -> float:
        """The quadratic form less D(p‖p + h), in nats: of third order in the step."""
        return self.value - self.forward

    def along(self, shares: Any, /) -> dict[str, NDArray[np.float64]]:
        """The three figures along the step.

        Args:
            shares: Multiples of the step, 1 for the whole of it; negative ones go the other way.

        Returns:
            Arrays "second order", "forward" and "reverse" in nats; NaN where there is no law.
        """
        marks = np.atleast_1d(np.asarray(shares, dtype=np.float64))
        both = np.array([_both(self.law, share * self.step) for share in marks])
        return {"second order": self.value * marks**2, "forward": both[:, 0], "reverse": both[:, 1]}

    def plot(self) -> Any:
        """Draw the quadratic form and both exact divergences along the step, to both sides.

        Returns:
            A `matplotlib.figure.Figure`.

        Raises:
            MissingExtraError: Matplotlib is not installed.
        """
        return draw(self)

    def __str__(self) -> str:
        step = ", ".join(f"{name} {size:+.4g}" for name, size in zip(self.parameters, self.step, strict=True) if size)
        reach = f"within {self.tolerance:.0%} up to {self.reach:.3g} of the step" if self.reach else "nowhere good"
        return (
            f"{self.law!r} and its neighbor at {step}: to second order {self.value:.6g} nats, "
            f"D(p‖p+h) = {self.forward:.6g} nats, D(p+h‖p) = {self.reverse:.6g} nats; {reach}"
        )


def second_order(law: Any, step: Any, /, *, tolerance: float = 0.1) -> SecondOrder:
    r"""The divergence to second order in a step of the parameters, beside the exact one in both directions.

    $$ D(p_\theta \,\|\, p_{\theta+h}) = \tfrac12 h^T F(\theta) h + O(|h|^3) $$

    Args:
        law: One law of one family: a record of `kullback.families` or an object that is read as one.
        step: h as numbers by name of the coordinate (others stay), a vector of all coordinates in their order, or a
            number where there is one.
        tolerance: Relative error that counts as good, between 0 and 1.

    Returns:
        The quadratic form in nats, both exact divergences, and how far along the step the form is good.

    Raises:
        InputError: There is no law at the end of the step, the law has no Fisher information in a coordinate that
            moves, or the step is not finite.

    Note:
        Computed in NumPy. The form is one figure for both directions: it cannot see that a divergence is not symmetric,
        which is an effect of third order.

    References:
        Kullback (1959), Information Theory and Statistics, section 2.6.

    Example:
        The law of kinetic energies of scale a = 2, a little warmer: 3 da² / 4a².

        >>> import kullback as kl
        >>> from kullback.fitting.geometry import second_order
        >>> found = second_order(kl.families.GeneralizedGamma(1.5, 2.0, 1.0), {"scale": 0.1})
        >>> round(found.value, 12), round(found.forward, 12)
        (0.001875, 0.001756674826)
    """
    if not 0 < tolerance < 1:
        raise InputError(f"tolerance = {tolerance!r}. It must be between 0 and 1.")
    record = as_law(law, "law")
    names = coordinate_names(record)
    vector = as_step(record, step)
    still = [name for name, size in zip(names, vector, strict=True) if size == 0]
    if len(still) == len(names):
        raise InputError("step is zero. Move at least one coordinate.")
    moved(record, vector)
    matrix = numbers(fisher_information(record, fixed=still).matrix)
    part = vector[vector != 0]
    value = float(0.5 * part @ matrix @ part)
    forward, reverse = _both(record, vector)
    reach = _reach(record, vector, value, tolerance)
    return SecondOrder(value, forward, reverse, reach, tolerance, record, vector, names)


def _both(law: Law, step: NDArray[np.float64]) -> tuple[float, float]:
    """Both exact divergences; NaN where there is no law."""
    if not step.any():
        return 0.0, 0.0
    here = moved(law, np.zeros_like(step))
    try:
        there = moved(law, step)
    except InputError:
        return float("nan"), float("nan")
    return float(divergence(here, there)), float(divergence(there, here))


def _reach(law: Law, step: NDArray[np.float64], value: float, tolerance: float) -> float:
    """The largest part of the step within which the form is good, by bisection."""

    def good(share: float) -> bool:
        said = value * share * share
        return all(abs(said - exact) <= tolerance * exact for exact in _both(law, share * step))

    if good(1.0):
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if good(middle) else (low, middle)
        if low and high - low < 1e-3 * high:
            break
    return low
