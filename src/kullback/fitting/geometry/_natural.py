"""The natural gradient of a law."""

import math
from collections.abc import Sequence
from typing import Any

from kullback._core import Array, InputError, is_concrete, namespace
from kullback.fitting.geometry._information import fisher_information
from kullback.fitting.geometry._solve import as_array, solved


def natural_gradient(law: Any, gradient: Any, /, *, damping: float = 0.0, fixed: str | Sequence[str] = ()) -> Array:
    r"""Natural gradient: a gradient in the coordinates of a law, solved with its Fisher information.

    $$ \tilde g = (F(\theta) + \lambda I)^{-1} g $$

    Without damping, $-\tilde g$ is the way in which a loss falls most for a small $D(p_\theta \| p_{\theta+h})$, and
    does not depend on how the law is parametrized.

    Args:
        law: A record of `kullback.families`, an object that is read as one, or an array of probabilities.
        gradient: Derivatives of a loss by the coordinates of `fisher_information(law)`, shape ``(*batch, k)``.
        damping: λ, zero or larger, in nats per squared unit.
        fixed: Names of parameters that do not move; the gradient then has the others only.

    Returns:
        Directions of shape ``(*batch, k)`` in the law's library; subtract them to go down. Where the law does not
        change (a common shift of logits) nothing moves: the pseudo-inverse.

    Raises:
        InputError: The shape does not fit, a number is not finite, damping is negative, or the law has no Fisher
            information.

    Note:
        By eigenvalues, after the units of the parameters are divided out: about 10 k³ operations for each law.

    References:
        Amari (1998), Neural Computation 10, theorem 1.

    Example:
        >>> import kullback as kl
        >>> from kullback.fitting.geometry import natural_gradient
        >>> natural_gradient(kl.families.Normal(0.0, 2.0), [1.0, 1.0])
        array([4., 2.])
    """
    if not (math.isfinite(damping) and damping >= 0):
        raise InputError(f"damping = {damping!r}. It must be a finite number, zero or larger.")
    information = fisher_information(law, fixed=fixed)
    matrix = information.matrix
    xp = namespace(matrix)
    vector = as_array("gradient", gradient, matrix)
    size = len(information.parameters)
    if vector.ndim < 1 or vector.shape[-1] != size:
        raise InputError(
            f"gradient has shape {tuple(vector.shape)}. Its last axis needs {size} entries, for "
            f"{', '.join(information.parameters)}."
        )
    if is_concrete(vector) and not bool(xp.all(xp.isfinite(vector))):
        raise InputError("gradient holds NaN or infinity. Finite numbers are needed: check the step that made it.")
    return solved(matrix, vector, damping)
