"""Quadrature against mpmath at its hard points: far modes, narrow peaks, heavy tails, poles, kinks, jumps."""

from typing import Any

import numpy as np
import pytest
from mpmath import mp, mpf
from scipy.special import betaln, gammaln, log_ndtr

from kullback._core import InputError
from kullback.numerics import Density, Numeric, expectation, quadrature

SPREAD = np.array([-5.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 5.0])
LOG_2PI = float(np.log(2 * np.pi))


def normal(mean: float = 0.0, scale: float = 1.0) -> Density:
    def log_prob(x: Any) -> Any:
        return -0.5 * ((x - mean) / scale) ** 2 - np.log(scale) - 0.5 * LOG_2PI

    return Density(log_prob, marks=tuple(mean + scale * SPREAD))


def student(df: float, scale: float = 1.0) -> Density:
    constant = gammaln((df + 1) / 2) - gammaln(df / 2) - 0.5 * np.log(df * np.pi) - np.log(scale)
    return Density(lambda x: constant - (df + 1) / 2 * np.log1p((x / scale) ** 2 / df), marks=tuple(scale * SPREAD))


def logistic(scale: float) -> Density:
    def log_prob(x: Any) -> Any:
        return -np.abs(x / scale) - np.log(scale) - 2 * np.log1p(np.exp(-np.abs(x / scale)))

    return Density(log_prob, marks=tuple(scale * SPREAD))


def laplace(mean: float) -> Density:
    return Density(lambda x: -np.abs(x - mean) - np.log(2.0))


def beta(a: float, b: float) -> Density:
    return Density(lambda x: (a - 1) * np.log(x) + (b - 1) * np.log1p(-x) - betaln(a, b), 0.0, 1.0)


def gamma(shape: float, rate: float = 1.0) -> Density:
    constant = shape * np.log(rate) - gammaln(shape)
    return Density(lambda x: constant + (shape - 1) * np.log(x) - rate * x, 0.0)


def uniform(low: float, high: float) -> Density:
    return Density(lambda x: np.full(x.shape, -np.log(high - low)), low, high)


def mixture(shares: tuple[float, ...], *parts: Density) -> Density:
    def log_prob(x: Any) -> Any:
        return np.logaddexp.reduce([np.log(w) + part.log_at(x) for w, part in zip(shares, parts, strict=True)])

    return Density(log_prob, marks=tuple(mark for part in parts for mark in part.marks))


def holds(result: Numeric, truth: Any, relative: float = 1e-10) -> None:
    assert abs(mpf(result.value) - truth) <= result.error
    assert result.error <= relative * abs(truth)


def normals(m1: float, s1: float, m2: float, s2: float) -> Any:
    m1, s1, m2, s2 = map(mpf, (m1, s1, m2, s2))
    return mp.log(s2 / s1) + (s1**2 + (m1 - m2) ** 2) / (2 * s2**2) - mpf(1) / 2


def betas(a: float, b: float, c: float, d: float) -> Any:
    a, b, c, d = map(mpf, (a, b, c, d))
    both = mp.log(mp.beta(c, d) / mp.beta(a, b)) + (c + d - a - b) * mp.psi(0, a + b)
    return both + (a - c) * mp.psi(0, a) + (b - d) * mp.psi(0, b)


def student_entropy(df: float) -> Any:
    half = mpf(df) / 2
    return (half + mpf(1) / 2) * (mp.psi(0, half + mpf(1) / 2) - mp.psi(0, half)) + mp.log(
        mp.sqrt(mpf(df)) * mp.beta(half, mpf(1) / 2)
    )


@pytest.fixture(autouse=True)
def _digits() -> Any:
    with mp.workdps(40):
        yield


@pytest.mark.parametrize(
    "arguments",
    [
        (0, 1, 1, 2),
        (7, 1e-3, 1, 2),
        (1, 2, 7, 1e-2),
        (0, 1, 1e3, 1e2),
        (0, 1, 50, 1),
        (0, 1e-8, 0, 1e8),
        (1e6, 1, 1e6, 3),
    ],
)
@pytest.mark.parametrize("marks", ["given", "none"])
def test_normals(arguments: tuple[float, ...], marks: str) -> None:
    p, q = normal(*arguments[:2]), normal(*arguments[2:])
    if marks == "none":
        p, q = Density(p.log_prob), Density(q.log_prob)
    holds(quadrature(p, q), normals(*arguments), 1e-8 if arguments[0] == 1e6 else 1e-10)


# mpmath 1.3 at 30 digits, quad(exp(lp) * (lp - lq)) over pieces; n, t, lg, sk the log densities of these laws.
STORED = {
    "far modes": (mixture((0.5, 0.5), normal(-1e3), normal(1e3)), normal(1e3), "999999.30685281944005"),
    "narrow peak": (mixture((0.999, 0.001), normal(), normal(0.3, 1e-6)), normal(), "0.0054697845935762755264"),
    "heavy tails": (student(0.7), student(1.0, 3.0), "0.19487972810202578868"),
    "two scales": (logistic(1.0), logistic(3.0), "0.57141200610553984721"),
    "heavy against light": (student(5.0), normal(), "0.12476919412361009402"),
    "light against heavy": (normal(), student(3.0), "0.069151598485176226452"),
    "skew normal": (
        Density(lambda x: np.log(2) - 0.5 * x**2 - 0.5 * LOG_2PI + log_ndtr(4 * x), marks=(0.0, 0.5, 1.0, 3.0)),
        normal(0.5),
        "0.25671441810018656181",
    ),
    "truncated": (  # normal on [2, 9] against exponential from 2 on
        Density(
            lambda x: -0.5 * x**2 - 0.5 * LOG_2PI - float(mp.log(mp.ncdf(-2) - mp.ncdf(-9))), 2.0, 9.0, (2.5, 3.0, 4.0)
        ),
        Density(lambda x: 2.0 - x, 2.0, np.inf, (3.0, 5.0)),
        "0.36424580047735937017",
    ),
}


@pytest.mark.parametrize("name", STORED)
def test_stored(name: str) -> None:
    p, q, truth = STORED[name]
    holds(quadrature(p, q), mpf(truth))


@pytest.mark.parametrize("df", [2.01, 3.0, 30.0])
def test_student_against_normal(df: float) -> None:
    truth = -student_entropy(df) + mp.log(2 * mp.pi) / 2 + mpf(df) / (mpf(df) - 2) / 2
    holds(quadrature(student(df), normal()), truth)


def test_cauchy() -> None:
    holds(quadrature(student(1.0), student(1.0, 7.0)), mp.log(mpf(64) / 28))


def test_hardly_any_tail_index() -> None:
    result = quadrature(student(0.01), student(0.02))
    # mpmath, quad over u with x = exp(u) to 1e4 of exp(lp + u) * (lp - lq), df as floats
    lp, lq = (_log_student(df) for df in (0.01, 0.02))
    pieces = [-60, -20, -5, 0, 5, 20, 100, 300, 1000, 3000, 10000]
    holds(result, 2 * mp.quad(lambda u: mp.exp(lp(u) + u) * (lp(u) - lq(u)), pieces), 1e-9)


def _log_student(df: float) -> Any:
    half, nu = (mpf(df) + 1) / 2, mpf(df)
    constant = mp.loggamma(half) - mp.loggamma(nu / 2) - mp.log(nu * mp.pi) / 2
    return lambda u: constant - half * mp.log1p(mp.exp(2 * u) / nu)


@pytest.mark.parametrize(
    ("arguments", "relative"),
    [
        ((2.0, 3.0, 4.0, 5.0), 1e-12),
        ((0.5, 1.0, 0.7, 1.0), 1e-12),
        ((1e-3, 1.0, 2e-3, 1.0), 1e-10),
        # Near 1 floats are too coarse for a pole: the error must say so.
        ((0.5, 0.5, 2.0, 1.0), 1e-9),
        ((1.0, 0.1, 1.0, 0.2), 1e-8),
        ((1e-3, 1e-3, 2e-3, 0.5), 1e-3),
    ],
)
def test_poles(arguments: tuple[float, ...], relative: float) -> None:
    holds(quadrature(beta(*arguments[:2]), beta(*arguments[2:])), betas(*arguments), relative)


def test_pole_at_zero_with_tail() -> None:
    a, b = mpf(0.01), mpf(2)
    holds(quadrature(gamma(0.01), gamma(2.0)), (a - b) * mp.psi(0, a) - mp.loggamma(a) + mp.loggamma(b))


@pytest.mark.parametrize("shift", [1e-3, 1.234, 30.0])
def test_kinks_that_no_mark_tells(shift: float) -> None:
    holds(quadrature(laplace(0.0), laplace(shift)), mpf(shift) + mp.expm1(-mpf(shift)))


def test_kinks_anywhere() -> None:
    for shift in np.random.default_rng(5).normal(0.0, 3.0, 100):
        truth = abs(mpf(shift)) + mp.exp(-abs(mpf(shift)))
        holds(expectation(laplace(0.0), lambda x, shift=shift: np.abs(x - shift)), truth)


def test_jump_that_no_mark_tells() -> None:
    step = Density(lambda x: np.where(x < 0.123, np.log(0.5 / 0.123), np.log(0.5 / 0.877)), 0.0, 1.0)
    low, high = mpf(0.123), mpf(0.877)
    holds(quadrature(uniform(0.0, 1.0), step), low * mp.log(low / 0.5) + high * mp.log(high / 0.5))


def test_wider_support() -> None:
    holds(quadrature(uniform(0.0, 1.0), uniform(-3.0, 5.0)), mp.log(8))
    holds(quadrature(uniform(0.0, 1.0), normal(0.0, 1e9)), mp.log(2 * mp.pi) / 2 + mp.log(10**9) + mpf(10) ** -18 / 6)


def test_wide_support() -> None:
    holds(quadrature(uniform(0.0, 1e6), normal(5e5, 1e5)), normals_uniform())


def normals_uniform() -> Any:
    return mp.log(2 * mp.pi) / 2 + mp.log(10**5) - mp.log(10**6) + mpf(100) / 24


@pytest.mark.parametrize("law", [normal(), student(0.7), logistic(2.0), beta(0.5, 0.7), gamma(3.0), laplace(1.0)])
def test_identical(law: Density) -> None:
    result = quadrature(law, law)
    assert 0 <= result.value <= result.error < 1e-20


@pytest.mark.parametrize("gap", [1e-3, 1e-6, 1e-8, 1e-10])
def test_nearly_equal(gap: float) -> None:
    holds(quadrature(normal(), normal(gap)), mpf(gap) ** 2 / 2, 1e-14 / gap)
    holds(quadrature(beta(0.5, 1.0), beta(0.5 + gap, 1.0)), betas(0.5, 1.0, 0.5 + gap, 1.0), 1e-13 / gap)
    other = 1.0 + gap
    truth = mpf(other) - 1 - mp.log(mpf(other))
    holds(quadrature(gamma(1.0), gamma(1.0, other)), truth, 1e-13 / gap)


@pytest.mark.parametrize(
    ("p", "q"),
    [
        (student(1.0), normal()),
        (student(2.0), normal()),
        (student(1.0), laplace(0.0)),
        (normal(), uniform(-9.0, 9.0)),
        (normal(), gamma(2.0)),
        (uniform(0.0, 1.0), Density(lambda x: np.where(x < 0.5, np.log(2.0), -np.inf), 0.0, 1.0)),
        (student(3.0), Density(lambda x: -x - np.exp(-x))),
    ],
)
def test_infinite(p: Density, q: Density) -> None:
    assert quadrature(p, q).value == np.inf


def test_zero_at_one_point_is_not_infinite() -> None:
    q = Density(lambda x: 2 * np.log(np.abs(x)) - 0.5 * x**2 - 0.5 * LOG_2PI, marks=(-1.0, 0.0, 1.0))
    holds(quadrature(normal(), q), mp.log(2) + mp.euler)


def test_what_was_not_seen_is_said() -> None:
    hidden = mixture((0.9, 0.1), normal(), normal(0.3, 1e-9))
    assert quadrature(Density(hidden.log_prob, marks=(0.0,)), normal()).error == np.inf
    closer_than_floats = Density(lambda x: np.log(1e20) - 1e20 * (x - 5.0), 5.0)
    assert quadrature(closer_than_floats, Density(lambda x: 5.0 - x, 5.0)).error == np.inf
    half = Density(lambda x: normal().log_prob(x) - np.log(2.0))
    assert quadrature(half, normal()).error == np.inf


def test_expectation() -> None:
    holds(expectation(normal(3.0, 2.0), lambda x: x), mpf(3))
    holds(expectation(normal(3.0, 2.0), np.abs), 3 * mp.erf(3 / mp.sqrt(8)) + 4 * mp.npdf(mpf(3) / 2))
    law = student(0.7)
    holds(expectation(law, lambda x: -law.log_prob(x)), student_entropy(0.7))
    assert expectation(student(2.0), np.square).value == np.inf
    assert expectation(student(1.5), lambda x: -np.square(x)).value == -np.inf


def test_errors_say_what_came() -> None:
    with pytest.raises(InputError, match="nan"):
        quadrature(Density(lambda x: x * np.nan, 0.0, 1.0), uniform(0.0, 1.0))
    with pytest.raises(InputError, match="lower end"):
        Density(np.log, 1.0, 0.0)
    with pytest.raises(InputError, match="Finite"):
        Density(np.log, marks=(np.inf,))
