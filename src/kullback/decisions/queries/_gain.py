"""What an experiment is expected to tell about the parameters: the verb for all kinds of models."""

from collections.abc import Callable
from typing import Any

from kullback._core import InputError
from kullback.decisions.queries._gain_linear import linear_gain
from kullback.decisions.queries._gain_simulated import InformationGain, simulated_gain
from kullback.decisions.queries._gain_table import table_gain
from kullback.estimators._options import Rng


def expected_information_gain(
    model: Any,
    /,
    *,
    prior: Any = None,
    noise: Any = None,
    simulate: Callable[..., Any] | None = None,
    draws: int = 1000,
    contrasts: int = 1000,
    confidence: float = 0.95,
    rng: Rng = None,
) -> Any:
    r"""Expected information gain of an experiment: mutual information of its outcome and the parameters.

    $$ I(θ; y) = E_y\, D(p(θ \mid y) \,\|\, p(θ)) = E_θ\, D(p(y \mid θ) \,\|\, p(y)) $$

    What came decides how it is computed:

    - An array of likelihoods p(y | θ) of shape ``(*designs, parameters, outcomes)``: exactly, by enumeration.
    - An array of designs and `noise`: exactly, for a linear model with Gaussian noise and a Gaussian prior,
      $\frac12 \log\det(I + X Σ X^\top / σ^2)$. Shape ``(designs, features)`` for one measurement each, or
      ``(*designs, measurements, features)`` for several together.
    - A function ``(outcomes, parameters) -> log p(y | θ)``, row by row: by nested Monte Carlo, between a lower and an
      upper bound.

    Args:
        model: One of these three.
        prior: For a table the probabilities of the parameters, shape ``(parameters,)`` (None for equal ones); for
            designs the covariance of the coefficients, shape ``(features, features)`` (None for the identity); for a
            function any law, or a function ``(n, rng) -> parameters``.
        noise: Variance of the noise of a linear model, a number or one for each measurement.
        simulate: For a function: ``(parameters, rng) -> outcomes``, row by row.
        draws: For a function: simulated experiments.
        contrasts: For a function: further draws of the prior against which each of them is held.
        confidence: For a function: level of the interval.
        rng: For a function: seed or generator.

    Returns:
        For arrays the gains in nats of shape ``(*designs,)``, in their library and float type,
        differentiable there; for a function an `InformationGain`, an estimate with both bounds.

    Raises:
        InputError: The model is none of the three, or prior, noise or options do not fit it.

    Note:
        Linear gains come from singular values, so weak designs beside strong ones keep their digits. Nested Monte
        Carlo is biased: without the parameter that made the outcome among the contrasts the mean is too large, with it
        it is too small and at most log(contrasts + 1). Both fall with 1 / contrasts; the cost is draws × contrasts.

    References:
        Lindley (1956), Annals of Mathematical Statistics 27; Chaloner and Verdinelli (1995), Statistical Science 10,
        section 2, for linear models; Rainforth, Cornish, Yang, Warrington and Wood (2018), On Nesting Monte Carlo
        Estimators, ICML; Foster, Jankowiak, O'Meara, Teh and Rainforth (2020), AISTATS, for the two bounds.

    Example:
        >>> import numpy as np
        >>> from kullback.decisions.queries import expected_information_gain
        >>> test = [[0.95, 0.05], [0.10, 0.90]]  # healthy and ill: chances of a negative and a positive test
        >>> round(float(expected_information_gain(test, prior=[0.9, 0.1])), 4)
        0.1846
        >>> places = np.array([[1.0, -1.0], [1.0, 0.0], [1.0, 3.0]])  # where to measure a line
        >>> np.round(expected_information_gain(places, noise=0.5), 4).tolist()
        [0.8047, 0.5493, 1.5223]
    """
    if callable(model):
        if noise is not None:
            raise InputError("noise came with a function. The function knows its noise: leave noise out.")
        return simulated_gain(model, prior, simulate, draws=draws, contrasts=contrasts, confidence=confidence, rng=rng)
    if simulate is not None:
        raise InputError(
            f"simulate came with a {type(model).__name__}. It belongs to a model that is a function "
            "(outcomes, parameters) -> log p(y | θ): give one, or leave simulate out."
        )
    return table_gain(model, prior) if noise is None else linear_gain(model, prior, noise)


__all__ = ["InformationGain", "expected_information_gain"]
