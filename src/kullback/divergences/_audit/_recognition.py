"""The search for the form that agrees with what a function said."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np

from kullback.divergences._audit._forms import QUANTITIES, RATIO, Form, Quantity, Smoothing, Values, expected, short
from kullback.divergences._audit._probes import TINY, Answer, Function, Reading, call, pairs, with_tiny

# Agreement to this much, relative to the largest value, is identity: float32 inside still passes.
SAME = 1e-5
# Below the first, the rest may be a large epsilon; below the second, the quantity is named although a rest stays.
_WORTH_A_TRY, _ROUGHLY = 0.15, 0.002
# A grid whose best point is farther off is not refined; half of it at each step, where the grid is four times finer.
_HOPELESS = 0.3
# Doubles reach this without any epsilon.
_ROUNDING = 1e-13
_EXPONENTS = np.r_[-308.0, -250.0, -200.0, -150.0, -100.0, np.arange(-50.0, -1.0, 2.0), -1.0]
_LOG_TEMPERATURES = np.linspace(-1.3, 1.7, 16)
_SCOPES = ("everywhere", "logarithm", "total")


class Observed(NamedTuple):
    """The values of a function at pairs, with the raw arguments."""

    reading: Reading
    level: str
    values: Values
    x: Values
    y: Values


class Match(NamedTuple):
    """A form that agrees: the constant before it, and the largest difference relative to the largest value."""

    reading: Reading
    form: Form
    constant: float
    spread: float


def observe(function: Function, reading: Reading, x: Values, y: Values, /) -> Observed | None:
    """Values at every pair, or None if a call fails or is not finite."""
    answers: list[Answer] = []
    for one, other in zip(x, y, strict=True):
        answer = call(function, reading, one, other)
        if answer.error or not np.isfinite(answer.values).all() or (answers and answer.level != answers[0].level):
            return None
        answers.append(answer)
    return Observed(reading, answers[0].level, np.stack([answer.values for answer in answers]), x, y)


def recognize(function: Function, ways: Iterable[Reading]) -> Match | None:
    """The likeliest form: the first reading with an exact one, else the one that an epsilon completes."""
    rough = []
    for reading in ways:
        observed = observe(function, reading, *pairs(reading))
        if observed is None:
            continue
        plain = min(_candidates(observed), key=_spread)
        best = plain if plain.spread < SAME else min(_heated(observed), key=_spread, default=plain)
        if best.spread < SAME:
            return with_smoothing(function, best)
        rough.append(plain)
    return _completed(function, rough)


def _completed(function: Function, rough: list[Match]) -> Match | None:
    """The first that an epsilon makes exact, else the closest if it is close; one attempt per place of the rows."""
    places: dict[tuple[str, str], list[Match]] = {}
    for match in rough:
        places.setdefault(match.reading[:2], []).append(match)
    completed = []
    for found in places.values():
        match = min(found, key=_spread)
        if match.spread < _WORTH_A_TRY:
            completed.append(with_smoothing(function, match))
            if completed[-1].spread < SAME:
                return completed[-1]
    best = min(completed, key=_spread, default=None)
    return best if best is not None and best.spread < _ROUGHLY else None


def fitted(form: Form, observed: Observed, /) -> Match:
    """The constant that brings a form closest to the values."""
    model = expected(form, observed.x, observed.y)
    if not np.isfinite(model).all() or not model.any() or not observed.values.any():
        return Match(observed.reading, form, np.nan, np.inf)
    constant = float((model * observed.values).sum() / (model * model).sum())
    spread = float(np.abs(observed.values - constant * model).max() / np.abs(observed.values).max())
    return Match(observed.reading, form, constant, spread)


def with_smoothing(function: Function, match: Match, /) -> Match:
    """The match with the epsilon that explains what the function says of tiny and zero probabilities, if one does."""
    first = _smoothed(function, match, TINY)
    epsilon = first.form.smoothing.epsilon if first.form.smoothing is not None else 0.0
    # Added or clamped: only probabilities as small as the epsilon tell.
    return _smoothed(function, match, (*TINY, epsilon, 3 * epsilon)) if epsilon else first


def _smoothed(function: Function, match: Match, sizes: tuple[float, ...]) -> Match:
    known, tiny = observe(function, match.reading, *pairs(match.reading)), _finite_at_tiny(function, match, sizes)
    if known is None:
        return match
    both = [np.concatenate(parts) for parts in zip(known[2:], tiny, strict=True)]
    observed = Observed(match.reading, known.level, *both)
    plain = fitted(match.form, observed)
    if plain.spread < _ROUNDING:
        return match
    best = None
    for smoothing in _smoothings():
        found = _with_epsilon(match.form, smoothing, observed)
        clearly = 0.1 * best.spread if best else 1e-3 * min(plain.spread, 1.0)
        if found.spread < min(clearly, SAME):
            best = found
        if best and best.spread < _ROUNDING:
            break
    return fitted(best.form, known) if best else match


def _finite_at_tiny(function: Function, match: Match, sizes: tuple[float, ...]) -> tuple[Values, Values, Values]:
    """The finite values at tiny probabilities, with their raw arguments."""
    x, y = with_tiny(match.reading, sizes)
    values = np.full(expected(match.form, x, y).shape, np.nan)
    for place, (one, other) in enumerate(zip(x, y, strict=True)):
        answer = call(function, match.reading, one, other)
        if not answer.error and answer.level == match.form.level:
            values[place] = answer.values
    good = np.isfinite(values).reshape(len(values), -1).all(axis=1)
    return values[good], x[good], y[good]


def _smoothings() -> list[Smoothing]:
    kinds = [
        Smoothing(kind, side, scope, 0.0)
        for scope in _SCOPES
        for kind in ("added", "clamped")
        for side in ("q", "p", "pq")
    ]
    return [Smoothing("skipped", "pq", "everywhere", 0.0), *kinds, Smoothing("added", RATIO, "logarithm", 0.0)]


def _with_epsilon(form: Form, smoothing: Smoothing, observed: Observed) -> Match:
    def at(epsilon: float) -> Match:
        return fitted(replace(form, smoothing=smoothing._replace(epsilon=epsilon)), observed)

    if smoothing.kind == "skipped":
        return fitted(replace(form, smoothing=smoothing), observed)
    return _best(at, _EXPONENTS)


def _candidates(observed: Observed) -> list[Match]:
    balances = (False, True) if observed.level == "entry" else (False,)
    forms = [
        Form(observed.reading.given, quantity, observed.level, balanced=balanced)
        for balanced in balances
        for quantity in QUANTITIES
    ]
    return [fitted(form, observed) for form in forms]


def _heated(observed: Observed) -> Iterator[Match]:
    """Candidates at their best temperature, where logits are given."""
    if "logits" in observed.reading.given:
        for quantity in QUANTITIES:
            yield _best(partial(_at_temperature, quantity, observed), _LOG_TEMPERATURES, tolerance=SAME)


def _at_temperature(quantity: Quantity, observed: Observed, temperature: float) -> Match:
    return fitted(Form(observed.reading.given, quantity, observed.level, temperature=temperature), observed)


def _best(at: Callable[[float], Match], exponents: Values, *, tolerance: float = 0.0) -> Match:
    """The closest match over powers of ten, on finer and finer grids; three digits of it if they fit as well."""
    grid = exponents
    for step in range(12):
        spreads = [at(10.0**exponent).spread for exponent in grid]
        place = int(np.argmin(spreads))
        if spreads[place] > _HOPELESS / 2**step:
            return at(10.0 ** grid[place])
        grid = np.linspace(grid[max(place - 1, 0)], grid[min(place + 1, len(grid) - 1)], 9)
    value = float(10.0 ** grid[4])
    round_one, best = at(float(short(value))), at(value)
    return round_one if round_one.spread <= max(tolerance, best.spread) else best


def _spread(match: Match) -> float:
    return match.spread
