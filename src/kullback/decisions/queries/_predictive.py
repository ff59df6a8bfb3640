"""What a label tells about predictions elsewhere: information where it will be used."""

from typing import Any

import numpy as np

from kullback._core import Array, InputError, Namespace, bring, namespace, phi, shares_of
from kullback.decisions.queries._linear import checked_noise, scaled_designs
from kullback.decisions.queries._predictions import read_predictions


def expected_predictive_information_gain(
    points: Any, targets: Any, /, *, given: str = "probs", prior: Any = None, noise: Any = None
) -> Array:
    r"""Expected predictive information gain (EPIG): what a label tells about the labels of targets, on average.

    $$ \frac1T \sum_t I(y; y_t) = \frac1T \sum_t E_y\, D\big(p(y_t \mid y) \,\|\, p(y_t)\big) $$

    the expected divergence of the predictions after the label from those before it. BALD asks what a label tells about
    the model, also about parts of it that no prediction will need; this asks about predictions that are wanted.

    Args:
        points: Candidates: predictions of an ensemble, shape ``(members, points, classes)``; or, with `noise`, designs
            of a linear model, shape ``(points, features)``.
        targets: Where predictions are wanted: shape ``(members, targets, classes)`` from the same members in the same
            order, or ``(targets, features)``.
        given: What predictions are: "probs", "log_probs" or "logits".
        prior: For designs the covariance of the coefficients, None for the identity.
        noise: For designs the variance of the noise, of candidates and targets alike.

    Returns:
        Gains in nats of shape ``(points,)``, in the library and float type that came, differentiable there.

    Raises:
        InputError: Candidates and targets do not fit each other.

    Note:
        The joint law of two labels is held as the product of its margins and a covariance, so gains of members that
        nearly agree keep their digits. Costs members × points × classes × targets × classes, and holds an array without
        the members. For a linear model I(y; y_t) = −½ log(1 − ρ²) with the correlation ρ of the two outcomes.

    References:
        Bickford Smith, Kirsch, Farquhar, Gal, Foster and Rainforth (2023), Prediction-Oriented Bayesian Active
        Learning, AISTATS, equations 4 and 5; MacKay (1992), Neural Computation 4(4), for linear models.

    Example:
        >>> import numpy as np
        >>> members = np.array([[0.9, 0.1], [0.1, 0.9]])  # two members, sure of different classes
        >>> points = np.stack([members, [[0.5, 0.5], [0.5, 0.5]]], axis=1)
        >>> np.round(expected_predictive_information_gain(points, members[:, None]), 4).tolist()
        [0.2218, 0.0]
    """
    if noise is not None:
        return _linear_gain(points, targets, prior, noise)
    if prior is not None:
        raise InputError(
            "prior came without noise. It is the covariance of a linear model: give noise too, or neither."
        )
    xp, joint, give_back = _joint(points, targets, given)
    product, covariance = joint
    gaps = _gaps(xp, product, covariance)
    return give_back(xp.mean(xp.sum(gaps, axis=(1, 3)), axis=-1))


def prediction_changes(points: Any, targets: Any, /, *, given: str = "probs") -> tuple[Array, Array]:
    r"""How much each possible label of a point would change the predictions of targets, D(after‖before).

    Their expectation over the label is the predictive information gain:
    $\sum_y p(y)\, D(p(y_t \mid y) \,\|\, p(y_t)) = I(y; y_t)$. In the other direction, D(before‖after), it is not.

    Args:
        points: Predictions of an ensemble for the candidates, shape ``(members, points, classes)``.
        targets: For the targets, shape ``(members, targets, classes)``.
        given: What predictions are: "probs", "log_probs" or "logits".

    Returns:
        The chance of each label, shape ``(points, classes)``, and D(after‖before) in nats, shape
        ``(points, classes, targets)``; 0 for a label that no member thinks possible.

    Raises:
        InputError: Candidates and targets do not fit each other.

    References:
        Cover and Thomas (2006), Elements of Information Theory, equation 2.28, for mutual information as such a mean.

    Example:
        >>> import numpy as np
        >>> members = np.array([[0.9, 0.1], [0.1, 0.9]])[:, None]
        >>> chance, change = prediction_changes(members, members)
        >>> np.round(change[0, :, 0], 4).tolist()
        [0.2218, 0.2218]
    """
    xp, joint, give_back = _joint(points, targets, given)
    product, covariance = joint
    chance = xp.sum(product[:, :, 0, :], axis=-1)
    some = xp.where(chance > 0, chance, xp.ones_like(chance))
    # The gaps of the joint law are those of after and before times the chance of the label.
    changes = xp.sum(_gaps(xp, product, covariance), axis=-1) / some[..., None]
    return give_back(chance), give_back(xp.where(chance[..., None] > 0, changes, 0.0 * changes))


def _joint(points: Any, targets: Any, given: str) -> tuple[Namespace, tuple[Array, Array], Any]:
    """Product of the margins and covariance of two labels, each of shape (points, classes, targets, classes)."""
    xp = namespace(points, targets)
    _, left, give_back = read_predictions(points, given, name="points")
    _, right, _ = read_predictions(targets, given, name="targets")
    if left.ndim != 3 or right.ndim != 3 or left.shape[0] != right.shape[0]:
        raise InputError(
            f"points has shape {tuple(left.shape)} and targets {tuple(right.shape)}. Shapes (members, points, classes) "
            "and (members, targets, classes) of the same members are needed; for designs of a linear model pass noise="
        )
    left, right = (shares_of(xp, side) if given == "probs" else xp.exp(side) for side in (left, right))
    members = left.shape[0]
    shape = (*left.shape[1:], *right.shape[1:])
    before, after = (xp.mean(side, axis=0) for side in (left, right))
    flat = [xp.reshape(side - xp.mean(side, axis=0), (members, -1)) for side in (left, right)]
    covariance = xp.reshape(flat[0].T @ flat[1] / members, shape)
    return xp, (before[:, :, None, None] * after[None, None, :, :], covariance), give_back


def _gaps(xp: Namespace, product: Array, covariance: Array) -> Array:
    """Summands of D(product + covariance ‖ product), none of them negative."""
    joint = product + covariance
    mass = joint > 0
    some = xp.where(mass, joint, xp.ones_like(joint))
    gap = xp.where(mass, -covariance / some, 0.0 * some)
    near = gap > -0.5
    far = xp.where(mass & ~near, product / some, xp.ones_like(some))
    with np.errstate(all="ignore"):
        value = xp.where(near, phi(xp.where(near, gap, 0.0 * gap)), gap - xp.log(far))
    return xp.where(mass, joint * value, product)


def _linear_gain(points: Any, targets: Any, prior: Any, noise: Any) -> Array:
    given = [points, targets, noise] if prior is None else [points, targets, noise, prior]
    xp = namespace(*given)
    (x, y, variance, *rest), give_back = bring(xp, given)
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[1]:
        raise InputError(
            f"points has shape {tuple(x.shape)} and targets {tuple(y.shape)}. Designs of shapes (points, features) and "
            "(targets, features) are needed."
        )
    known = rest[0] if rest else None
    left, right = scaled_designs(xp, x, known, "points"), scaled_designs(xp, y, known, "targets")
    checked = checked_noise(xp, variance, ())
    both = left @ right.T
    one, two = xp.sum(left * left, axis=-1) + checked, xp.sum(right * right, axis=-1) + checked
    squared = both / one[:, None] * both / two[None, :]
    return give_back(xp.mean(-0.5 * xp.log1p(-squared), axis=-1))
