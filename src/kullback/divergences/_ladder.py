"""The ladder of a pair of laws: from the stable form of their family down to numbers with a bound.

Rungs: the form of the family (after lifting both to a parent), the cross-entropy of q by the moments of p less the
    entropy,
a lattice sum or quadrature with an error bound, and else an error that says what to do. Nothing is ever estimated
silently.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from kullback._core import (
    Array,
    InputError,
    Namespace,
    bring,
    is_concrete,
    library,
    log_ratio,
    namespace,
    not_negative,
    numbers,
)
from kullback.families import (
    FAMILIES,
    Categorical,
    Cauchy,
    Gumbel,
    Independent,
    Laplace,
    Law,
    Logistic,
    Mixture,
    Moyal,
    NoMoment,
    Normal,
    PointMass,
    Product,
    StudentT,
    Support,
    Transformed,
    TruncatedNormal,
    domain_of,
    find,
    lift_together,
    log_prob,
    moment_of,
    quotient_of,
    unchecked,
    validity,
)
from kullback.numerics import Density, lattice_sum, quadrature

_EPS = float(np.finfo(np.float64).eps)
# Beyond this share of D lost by a subtraction, numerics are asked too.
_LOST = 1e-12
_MOST = 100_000
_MOVABLE = (Cauchy, Gumbel, Laplace, Logistic, Moyal, Normal, StudentT, TruncatedNormal)


@dataclass(frozen=True, eq=False)
class Answer:
    """A divergence and how it was found.

    Attributes:
        value: Nats, in the namespace of the laws.
        rung: What gave the number, in words.
        error: Bound of the absolute error, where one is known beyond rounding.
        cause: Why it is infinite, where it is.
    """

    value: Array
    rung: str
    error: Any = None
    cause: str | None = None


def divergence_of_laws(p: Law, q: Law, /) -> Answer:
    """D(p‖q) of two laws by the first rung that holds."""
    p, q = single(p), single(q)
    composite = _composite(p, q)
    if composite is not None:
        return composite
    xp, p, q = together(p, q)
    _check_batches(p, q)
    spaces = _spaces(p, q)
    if spaces is not None:
        return spaces
    inside = _inside(xp, p, q)
    if inside is not True and is_concrete(inside) and not bool(xp.any(inside)):
        cause = f"p has mass where {_name(q)} has none: {_span(p)} is not inside {_span(q)}"
        return Answer(xp.where(inside, 0.0, xp.inf), "supports", cause=cause)
    answer = _climb(xp, p, q, inside)
    value = not_negative(xp, answer.value)
    if inside is not True:
        value = xp.where(inside, value, xp.inf)
    if not (p.is_concrete and q.is_concrete):
        value = xp.where(validity(p) & validity(q), value, xp.nan)
    if answer.cause is None and _infinite(xp, value):
        answer = replace(answer, cause="the log ratio has no finite mean under p: the tails of q are too light")
    return replace(answer, value=value)


def _check_batches(p: Law, q: Law) -> None:
    try:
        np.broadcast_shapes(p.batch_shape, q.batch_shape)
    except ValueError:
        raise InputError(
            f"Batches of shape {p.batch_shape} and {q.batch_shape} do not broadcast: {p!r} and {q!r}. Make them fit."
        ) from None


def together(p: Law, q: Law, /) -> tuple[Namespace, Law, Law]:
    """Both laws with parameters of one library; plain numbers follow the other side."""
    sides = [(law, law.parameters()) for law in (p, q)]
    strong = [value for law, values in sides if not vars(law).get("plain") for value in values.values()]
    xp = namespace(*strong)
    if xp is np:
        return np, p, q
    like = next(value for value in strong if library(value) != "numpy")
    moved = []
    for law, values in sides:
        arrays, _ = bring(xp, [like, *values.values()])
        moved.append(unchecked(type(law), law, **{**_others(law), **dict(zip(values, arrays[1:], strict=True))}))
    return xp, moved[0], moved[1]


def _others(law: Law) -> dict[str, Any]:
    return {name: value for name, value in vars(law).items() if name not in {"dtype", "plain"}}


def _composite(p: Law, q: Law) -> Answer | None:
    """Pairs of laws that are made of laws."""
    if isinstance(p, Transformed) or isinstance(q, Transformed):
        return _transformed(p, q)
    if isinstance(p, Product) and isinstance(q, Product):
        return _product(p, q)
    if isinstance(p, Independent) or isinstance(q, Independent):
        return _independent(p, q)
    if isinstance(p, PointMass) or isinstance(q, PointMass):
        return _point(p, q)
    return None


def single(law: Law, /) -> Law:
    """A mixture of one component is that component."""
    return law.components[0] if isinstance(law, Mixture) and len(law.components) == 1 else law


def _transformed(p: Law, q: Law) -> Answer:
    if isinstance(p, Transformed) and isinstance(q, Transformed) and p.key == q.key:
        return divergence_of_laws(p.base, q.base)
    return divergence_of_laws(_outer(p), _outer(q))


def _outer(law: Law) -> Law:
    return law.outer if isinstance(law, Transformed) else law


def _product(p: Product, q: Product) -> Answer:
    if len(p.components) != len(q.components):
        raise InputError(
            f"p has {len(p.components)} coordinates and q has {len(q.components)}. The same space is needed for both."
        )
    answers = [divergence_of_laws(*pair) for pair in zip(p.components, q.components, strict=True)]
    rungs = ", ".join(dict.fromkeys(answer.rung for answer in answers))
    errors = [answer.error for answer in answers if answer.error is not None]
    cause = next((f"coordinate {i}: {answer.cause}" for i, answer in enumerate(answers) if answer.cause), None)
    value = sum((answer.value for answer in answers[1:]), start=answers[0].value)
    return Answer(value, f"sum over coordinates ({rungs})", sum(errors) if errors else None, cause)


def _independent(p: Law, q: Law) -> Answer:
    if not (isinstance(p, Independent) and isinstance(q, Independent) and p.dimensions == q.dimensions):
        raise InputError(f"{p!r} and {q!r} have different numbers of coordinates. The same space is needed for both.")
    answer = divergence_of_laws(p.base, q.base)
    xp = namespace(answer.value)
    shape = np.broadcast_shapes(p.base.batch_shape, q.base.batch_shape)
    value = xp.broadcast_to(answer.value, shape)
    return replace(answer, value=xp.sum(value, axis=tuple(range(-p.dimensions, 0))))


def _point(p: Any, q: Any) -> Answer:
    """A point against a point or a mass is -log q there, against a density infinite."""
    xp, p, q = together(p, q)
    if isinstance(p, PointMass) and isinstance(q, PointMass):
        value = xp.where(p.value == q.value, 0.0, xp.inf)
        return Answer(value, "points", cause="the two points differ" if _infinite(xp, value) else None)
    if isinstance(p, PointMass):
        support = FAMILIES[type(q)].support(q)
        if support.kind != "lattice":
            inf = xp.inf + 0.0 * p.value
            return Answer(inf, "supports", cause=f"p is a point and {_name(q)} has a density: no point has mass there")
        # Between whole numbers a log probability is only a smooth continuation.
        value = xp.where(p.value == xp.floor(p.value), -log_prob(q, p.value), xp.inf)
        return Answer(value, "point", cause=f"{_name(q)} has no mass at the point" if _infinite(xp, value) else None)
    if isinstance(p, Categorical):
        shares = p.probs if p.probs is not None else xp.exp(p.logits)
        rest = xp.where(xp.arange(shares.shape[-1]) == q.value[..., None], 0.0, shares)
        value = xp.where(xp.all(rest == 0, axis=-1), 0.0, xp.inf)
        return Answer(value, "supports", cause="q is a point and p is not" if _infinite(xp, value) else None)
    support = FAMILIES[type(p)].support(p)
    alone = (support.kind == "lattice") & (support.low == q.value) & (support.high == q.value)
    value = xp.where(alone, 0.0, xp.inf)
    return Answer(value, "supports", cause="q is a point and p is not" if _infinite(xp, value) else None)


def _infinite(xp: Namespace, value: Array) -> bool:
    return is_concrete(value) and bool(xp.any(value == xp.inf))


def _spaces(p: Law, q: Law) -> Answer | None:
    """Laws on sets that share no mass, or on different spaces."""
    left, right = (FAMILIES[type(law)].support(law) for law in (p, q))
    if left.kind == right.kind:
        return None
    lines = {"interval", "lattice"}
    if {left.kind, right.kind} <= lines:
        words = {"interval": "has a density", "lattice": "has masses at points"}
        cause = f"p {words[left.kind]} and q {words[right.kind]}: a set that is certain under p has no mass under q"
        xp = namespace(*p.parameters().values(), *q.parameters().values())
        shape = np.broadcast_shapes(p.batch_shape, q.batch_shape)
        return Answer(xp.zeros(shape) + xp.inf, "supports", cause=cause)
    raise InputError(f"p lives on {left.kind} and q on {right.kind}: {p!r} and {q!r}. One space is needed for both.")


def _inside(xp: Namespace, p: Law, q: Law) -> Any:
    """Where the support of p is inside that of q."""
    left, right = (FAMILIES[type(law)].support(law) for law in (p, q))
    if left.kind not in {"interval", "lattice"} or isinstance(p, Mixture) or isinstance(q, Mixture):
        return True
    return (_array(xp, left.low, p) >= _array(xp, right.low, q)) & (
        _array(xp, left.high, p) <= _array(xp, right.high, q)
    )


def _array(xp: Namespace, value: Any, law: Law) -> Array:
    if xp is np:
        return np.asarray(value, dtype=np.float64)
    if library(value) not in {"", "numpy"}:
        return value
    like = next(parameter for parameter in law.parameters().values())
    return bring(xp, [like, value])[0][1]


def _climb(xp: Namespace, p: Law, q: Law, inside: Any) -> Answer:
    pair = _same_size(p, q)
    lifted = lift_together(*pair)
    if lifted is not None and FAMILIES[type(lifted[0])].same is not None:
        value = FAMILIES[type(lifted[0])].same(*lifted)  # type: ignore[misc]
        rung = f"closed form of {type(lifted[0]).__name__}"
        if not _has_nan(xp, value, inside):
            return Answer(value, rung, cause=_why_infinite(xp, value))
        if not bool(xp.all(xp.isnan(value))):
            return _fill(xp, p, q, Answer(value, rung), inside)
    moments = _by_moments(xp, p, q)
    if moments is None:
        return _fill(xp, p, q, None, inside)
    return _checked(xp, p, q, moments, inside)


def _same_size(p: Law, q: Law) -> tuple[Law, Law]:
    """Categories that one side does not know have no mass there."""
    if not (isinstance(p, Categorical) and isinstance(q, Categorical)):
        return p, q
    sizes = [(law.probs if law.probs is not None else law.logits).shape[-1] for law in (p, q)]
    if sizes[0] == sizes[1]:
        return p, q
    return _padded(p, max(sizes)), _padded(q, max(sizes))


def _padded(law: Any, size: int) -> Law:
    xp = law.xp
    name, fill = ("probs", 0.0) if law.probs is not None else ("logits", -xp.inf)
    array = getattr(law, name)
    missing = size - array.shape[-1]
    rest = xp.zeros_like(array[..., :1]) + fill
    return unchecked(Categorical, law, **{name: xp.concat([array, *[rest] * missing], axis=-1)})


def _has_nan(xp: Namespace, value: Array, inside: Any) -> bool:
    bad = xp.isnan(value) & inside if inside is not True else xp.isnan(value)
    return is_concrete(value) and bool(xp.any(bad))


def _why_infinite(xp: Namespace, value: Array) -> str | None:
    return "p has mass where q has none, or the figure is beyond the largest float" if _infinite(xp, value) else None


@dataclass(frozen=True, eq=False)
class _Moments:
    value: Array
    lost: Array  # absolute rounding of the subtraction


def _by_moments(xp: Namespace, p: Law, q: Law) -> _Moments | None:
    """Cross-entropy less entropy, both relative to the units of the laws."""
    cross, own = find(q, "cross_entropy"), find(p, "entropy")
    if cross is None or own is None:
        return None
    try:
        needed = cross[1](cross[0], moment_of(p))
        entropy = own[1](own[0])
    except NoMoment:
        return None
    units = _unit_gap(xp, own[0], cross[0])
    value = needed - entropy if units is None else units + needed - entropy
    units = xp.zeros_like(value) if units is None else units
    return _Moments(value, 128.0 * _EPS * (xp.abs(units) + xp.abs(needed) + xp.abs(entropy)) + 8.0 * _EPS)


def _unit_gap(xp: Namespace, p: Law, q: Law) -> Array | None:
    """log(unit of q / unit of p); None where neither has one."""
    p_unit, q_unit = (_unit(law) for law in (p, q))
    if p_unit is None and q_unit is None:
        return None
    one = xp.ones_like(q_unit if p_unit is None else p_unit)
    return log_ratio(one if q_unit is None else q_unit, one if p_unit is None else p_unit)


def _unit(law: Law) -> Array | None:
    unit = FAMILIES[type(law)].unit
    return None if unit is None else unit(law)


def _checked(xp: Namespace, p: Law, q: Law, found: _Moments, inside: Any) -> Answer:
    """Moments, unless the subtraction cost digits and numerics can do better."""
    answer = Answer(found.value, "moments", found.lost)
    if not is_concrete(found.value) or xp is not np:
        return answer
    with np.errstate(all="ignore"):
        finite = np.isfinite(found.value)
        lossy = ~finite & ~(found.value == np.inf) | finite & (found.lost > _LOST * np.abs(found.value))
    lossy = lossy & inside if inside is not True else lossy
    return _fill(xp, p, q, answer, inside, lossy) if np.any(lossy) else answer


def _fill(xp: Namespace, p: Law, q: Law, answer: Answer | None, inside: Any, where: Any = None) -> Answer:
    """Numbers from numerics in the entries that have no better ones."""
    if not (p.is_concrete and q.is_concrete):
        if answer is not None:
            return answer
        raise InputError(
            f"D({_name(p)}‖{_name(q)}) has no closed form, so it cannot be traced by JAX or torch. {_ESTIMATE}"
        )
    if any(_wants_gradient(value) for law in (p, q) for value in law.parameters().values()):
        raise InputError(
            f"D({_name(p)}‖{_name(q)}) has no closed form, so no gradient. Detach the parameters. {_ESTIMATE}"
        )
    shape = np.broadcast_shapes(p.batch_shape, q.batch_shape)
    values = np.full(shape, np.nan) if answer is None else np.array(np.broadcast_to(numbers(answer.value), shape))
    errors = (
        np.zeros(shape)
        if answer is None or answer.error is None
        else np.array(np.broadcast_to(numbers(answer.error), shape))
    )
    wanted = np.isnan(values) if where is None else np.broadcast_to(where, shape)
    if inside is not True:
        wanted = wanted & np.broadcast_to(numbers(inside) > 0, shape)
    places = np.argwhere(wanted)
    if len(places) > _MOST:
        raise InputError(
            f"{len(places):,} pairs of laws have no closed form, and {_MOST:,} is the most for numbers by quadrature. "
            "Give fewer at once."
        )
    methods: dict[str, None] = {}
    for place in map(tuple, places):
        found = numeric(_at(p, place, shape), _at(q, place, shape))
        # A subtraction that lost all digits says less than a number that may be off.
        if answer is None or np.isnan(values[place]) or found.error < max(errors[place], np.abs(values[place])):
            values[place], errors[place] = found.value, found.error
            methods.setdefault(found.method.partition(",")[0])
    rung = ", ".join([*([answer.rung] if answer is not None and not wanted.all() else []), *methods]) or "moments"
    cause = None
    if np.any(np.isinf(values)):
        cause = "the log ratio has no finite mean under p: the tails of q are too light, or q has gaps"
    arrays, _ = bring(xp, [_example(xp, p, q), values, errors])
    return Answer(arrays[1], rung, arrays[2], cause)


def _example(xp: Namespace, p: Law, q: Law) -> Any:
    values = [*p.parameters().values(), *q.parameters().values()]
    return next((value for value in values if xp is np or library(value) != "numpy"), 0.0)


_ESTIMATE = "Sample both and use kl.estimate(p, q)."


def _wants_gradient(value: Any) -> bool:
    return library(value) == "torch" and bool(value.requires_grad)


def numeric(p: Law, q: Law, /) -> Any:
    """One pair by quadrature or a lattice sum."""
    p, q = _centered(p, q)
    left, right = density(p), density(q)
    if left is None or right is None:
        raise InputError(f"D({_name(p)}‖{_name(q)}) has no closed form. {_ESTIMATE}")
    ratio = quotient_of(p, q)
    if FAMILIES[type(p)].support(p).kind == "lattice":
        return lattice_sum(left, right, log_ratio=ratio)
    log_p, log_q = density_of_log(p, left), density_of_log(q, right)
    if log_p is not None and log_q is not None:
        left, right = log_p, log_q
    return quadrature(left, right, log_ratio=ratio)


def _centered(p: Any, q: Any) -> tuple[Law, Law]:
    """Both laws moved alike, p to zero, where floats are dense."""
    if not (isinstance(p, _MOVABLE) and isinstance(q, _MOVABLE)) or p.loc == 0:
        return p, q
    names = ("loc", "low", "high")
    moved = [
        unchecked(type(law), law, **{k: v - p.loc if k in names else v for k, v in law.parameters().items()})
        for law in (p, q)
    ]
    return moved[0], moved[1]


def density_of_log(law: Law, side: Density, /) -> Density | None:
    """The law of -log X as numerics read it; None where X is not on (0, 1)."""
    found = find(law, "log_prob_of_log")
    if found is None:
        return None
    marks = tuple(float(-np.log(mark)) for mark in side.marks if 0 < mark < 1)
    return Density(_quiet(found[0], found[1]), 0.0, np.inf, marks)


def density(law: Law, /) -> Density | None:
    """A law as numerics read it; None where it is no law on the line."""
    support: Support = FAMILIES[type(law)].support(law)
    if support.kind not in {"interval", "lattice"} or find(law, "log_prob") is None:
        return None
    marks = find(law, "marks")
    points = marks[1](marks[0]) if marks is not None else ()
    low, high = float(support.low), float(support.high)
    # Subnormal marks are zero for all that a panel can tell.
    calm = (0.0 if abs(point) < 1e-300 and low <= 0.0 <= high else point for point in points)
    kept = tuple(point for point in calm if np.isfinite(point) and low <= point <= high)
    return Density(_quiet(law), low, high, kept)


def _quiet(law: Law, function: Callable[[Any, Any], Any] = log_prob) -> Callable[[Any], Any]:
    def log_density(x: Any) -> Any:
        with np.errstate(all="ignore"):
            return np.asarray(function(law, x), dtype=np.float64)

    return log_density


def _at(law: Law, place: tuple[int, ...], shape: tuple[int, ...]) -> Law:
    """One law of a batch, in NumPy."""
    values = {}
    for name, value in law.parameters().items():
        array = numbers(value)
        core = domain_of(law, name).ndim
        whole = np.broadcast_to(array, (*shape, *array.shape[array.ndim - core :]))
        values[name] = whole[place]
    others = _others(law)
    if "components" in others:
        others["components"] = tuple(_at(part, place, shape) for part in others["components"])
    return unchecked(type(law), law, **{**others, **values})


def _name(law: Law) -> str:
    return repr(law)


def _span(law: Law) -> str:
    support = FAMILIES[type(law)].support(law)
    ends = []
    for end in (support.low, support.high):
        values = numbers(np.asarray(end) if library(end) == "" else end)
        ends.append(f"{float(values):g}" if values.ndim == 0 else "…")
    return f"[{ends[0]}, {ends[1]}]"


def each_law(laws: tuple[Law, ...], function: Callable[..., float]) -> Any:
    """A function of single laws on the line, for every place of their common batch."""
    if not all(law.is_concrete for law in laws):
        raise InputError(f"{laws[0]!r} is traced by JAX or torch. What has no closed form needs numbers.")
    shape = np.broadcast_shapes(*(law.batch_shape for law in laws))
    values = np.empty(shape)
    for place in np.ndindex(shape):
        values[place] = function(*(_at(law, place, shape) for law in laws))
    return values[()]
