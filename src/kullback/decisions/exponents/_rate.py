"""Log moment generating functions, Cramér's rate function and tilted laws."""

from typing import Any

import numpy as np

from kullback._core import Array, InputError, bring, is_concrete, library, namespace, numbers
from kullback.decisions.exponents._closed import OF_MEAN, OF_TILT, RATES
from kullback.decisions.exponents._domain import heavy_sides
from kullback.decisions.exponents._legendre import Legendre, prepared
from kullback.divergences._read import as_law, back
from kullback.families import Categorical, Law, NoMoment, find
from kullback.fitting.constraints import Tilted, tilt
from kullback.fitting.constraints._points import points_of


def log_mgf(law: Any, t: Any, /) -> Any:
    r"""Log moment generating function $\log M(t) = \log E\, e^{tX}$.

    Args:
        law: A law on the line, any object that `kl.divergence` reads, or probabilities of outcomes 0, 1, ….
        t: Numbers, of any shape that broadcasts against the batch of the law.

    Returns:
        Values in nats, infinite where the expectation is; in the library of the law where it has a closed form.

    Raises:
        InputError: The law is not on the line, or t holds NaN or an infinite value.

    Note:
        Closed and stable for every family that has a form; elsewhere a sum over nodes, right to about 1e-12, one law at
        a time. A mean near zero costs no digits, a value near zero has the absolute error of a float near 1.

    Example:
        >>> import kullback as kl
        >>> from kullback.decisions.exponents import log_mgf
        >>> float(log_mgf(kl.families.Exponential(2.0), 1.0)) == 0.6931471805599453
        True
    """
    record = as_law(law, "law")
    found = find(record, "log_mgf")
    if found is not None:
        at = _brought(record, t, "t")
        try:
            with np.errstate(all="ignore"):
                return back(found[1](found[0], at), record)
        except NoMoment:
            pass
    ready = ready_law(record)
    return _each(ready.log_mgf, t, "t")


def cramer_rate(law: Any, x: Any, /) -> Any:
    r"""Cramér's rate function: how fast the chance dies that a mean of n draws is near x.

    $$ I(x) = \sup_t \{ t x - \log E\, e^{tX} \} = \min_p \{ D(p \,\|\, q) : E_p X = x \}, \qquad
       P(\bar X_n \approx x) \approx e^{-n I(x)} $$

    It is the divergence of the *tilted* law from q: the least over all laws of mean x, not the divergence of whatever
    law was observed.

    Args:
        law: q: a law on the line, any object that `kl.divergence` reads, or probabilities of outcomes 0, 1, ….
        x: Means, of any shape that broadcasts against the batch of the law.

    Returns:
        Rates in nats per draw, of the shape of x; infinite where no mean can be. At an end of the support that has mass
        it is -log of that mass. On a side where the tail is too heavy for a moment generating function (Cauchy,
        Student, Pareto, log-normal to the right) it is 0 beyond the mean: such chances die slower than any exponential.

    Raises:
        InputError: The law is not on the line, or x holds NaN.

    Note:
        Closed forms to a few ulp for Normal, Bernoulli, Binomial, Poisson, Geometric, NegativeBinomial, Exponential,
        Gamma, Chi2, InverseGaussian, Laplace, Lindley; elsewhere Newton's method, to about 1e-13. A rate near the mean,
        about (x - μ)²/2σ², keeps its relative accuracy as far as x - μ itself does.

    References:
        Cramér (1938), Actualités scientifiques et industrielles 736. Dembo and Zeitouni (1998), Large Deviations
        Techniques and Applications, theorem 2.2.3.

    Example:
        >>> from kullback.decisions.exponents import cramer_rate
        >>> die = [0.0] + [1 / 6] * 6  # outcomes 0 to 6
        >>> round(float(cramer_rate(die, 5.0)), 6)
        0.424294
    """
    record = as_law(law, "law")
    if type(record) in RATES and record.is_concrete:
        at = _brought(record, x, "x", allow_infinite=True)
        with np.errstate(all="ignore"):
            rate = RATES[type(record)](record, at)
        xp = namespace(rate)
        # Their tails are light on both sides: no mean is infinite, and formulas meet inf - inf there.
        return back(xp.where(xp.isinf(at + xp.zeros_like(rate)), xp.inf, rate), record)
    return _each(ready_law(record).rate, x, "x", allow_infinite=True)


def tilted_law(law: Any, /, *, mean: float | None = None, tilt_by: float | None = None) -> Law | Tilted:
    r"""The exponentially tilted law, density $q(x)\, e^{tx} / M(t)$: of a given mean, or by a given t.

    Of all laws with its mean it is the closest to q.

    Args:
        law: q, as in `cramer_rate`.
        mean: Mean of the tilted law; or
        tilt_by: t itself.

    Returns:
        A record of `kl.families` where tilted laws stay in a family, else a `Tilted` with probabilities on points.

    Raises:
        InputError: Not exactly one of the two was given, or no tilted law has this mean.

    Example:
        >>> import kullback as kl
        >>> from kullback.decisions.exponents import tilted_law
        >>> tilted_law(kl.families.Gamma(2.0, 3.0), mean=4.0)
        Gamma(concentration=2.0, rate=0.5)
    """
    if (mean is None) == (tilt_by is None):
        raise InputError(f"mean = {mean!r} and tilt_by = {tilt_by!r} were given. Exactly one of them is needed.")
    record = as_law(law, "law")
    if mean is not None:
        return _of_mean(record, _one_number(mean, "mean"))
    return _of_tilt(record, _one_number(tilt_by, "tilt_by"))


def _one_number(value: Any, name: str) -> float:
    array = numbers(value)
    if array.size != 1 or not np.isfinite(array).all():
        raise InputError(f"{name} = {value!r} cannot be used. One finite number is needed.")
    return float(array.ravel()[0])


def _of_mean(record: Law, mean: float) -> Law | Tilted:
    kind = type(record)
    if kind in OF_MEAN:
        with np.errstate(all="ignore"):
            rate = np.asarray(numbers(RATES[kind](record, _brought(record, mean, "mean"))))
        if not np.isfinite(rate).all():
            raise InputError(
                f"mean = {mean!r} is no mean of a tilt of {record!r}. A mean inside its support is needed."
            )
        return OF_MEAN[kind](record, _brought(record, mean, "mean"))
    ready = ready_law(record)
    if ready.heavy[int(mean > ready.mean)] and mean != ready.mean:
        raise InputError(
            f"mean = {mean!r} lies on a side where {record!r} has no exponential moment, so no tilted law has it. "
            "Give a mean on the other side."
        )
    if kind in OF_TILT:
        if not np.isfinite(ready.rate(mean)) or ready.low == ready.high:
            raise InputError(
                f"mean = {mean!r} is no mean of a tilt of {record!r}. A mean inside its support is needed."
            )
        return OF_TILT[kind](record, record.xp.asarray(ready.exact_tilt(mean)))
    return tilt(record, _identity, mean)


def _of_tilt(record: Law, t: float) -> Law | Tilted:
    at = _brought(record, t, "tilt_by")
    if not np.isfinite(np.asarray(numbers(log_mgf(record, at)))).all():
        raise InputError(f"tilt_by = {t!r}: E exp(t X) is infinite there. A t inside the domain is needed.")
    if isinstance(record, Categorical):
        logits = record.logits if record.logits is not None else record.xp.log(record.probs)
        return Categorical(logits=logits + at * record.xp.arange(logits.shape[-1], dtype=logits.dtype))
    if type(record) in OF_TILT:
        return OF_TILT[type(record)](record, at)
    return tilt(record, _identity, ready_law(record).mean_at(t))


def _identity(x: Any) -> Any:
    return x


def ready_law(record: Law) -> Legendre:
    """A law with its points and what is known about its tails."""
    points = points_of(record, "law")
    return prepared(record, points, heavy_sides(record, points))


def _brought(record: Law, value: Any, name: str, *, allow_infinite: bool = False) -> Array:
    """Numbers in the library and precision of the law."""
    first = next(iter(record.parameters().values()), np.zeros(()))
    own = value if library(first) != "numpy" or library(value) in {"", "numpy"} else numbers(value)
    xp = namespace(first, own)
    (array, like), _ = bring(xp, [own, first])
    if is_concrete(array):
        _check(numbers(array), name, allow_infinite=allow_infinite)
    try:
        xp.broadcast_shapes(array.shape, like.shape)
    except (ValueError, RuntimeError):
        raise InputError(
            f"{name} has shape {tuple(array.shape)} and the laws have {tuple(like.shape)}. Give shapes that broadcast."
        ) from None
    return array


def _check(values: Any, name: str, *, allow_infinite: bool) -> None:
    bad = np.isnan(values) if allow_infinite else ~np.isfinite(values)
    if np.any(bad):
        raise InputError(f"{name} holds {float(np.asarray(values)[bad].ravel()[0])}. Numbers are needed.")


def _each(function: Any, value: Any, name: str, *, allow_infinite: bool = False) -> Any:
    array = numbers(value)
    _check(array, name, allow_infinite=allow_infinite)
    values = np.array([function(float(one)) for one in array.ravel()], dtype=np.float64).reshape(array.shape)
    return values[()]
