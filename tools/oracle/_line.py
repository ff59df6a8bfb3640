"""Laws on the whole line and on the circle."""

from __future__ import annotations

from typing import Any

from mpmath import mp, mpf
from tools.oracle._law import ONE, X2, Law, X, integral


def normal(loc: Any, scale: Any) -> Law:
    powers = {1: loc, 2: loc**2 + scale**2}

    def gap(center: Any) -> Any:
        d = loc - center
        z = d / (mp.sqrt(2) * scale)
        return scale * mp.sqrt(2 / mp.pi) * mp.exp(-(z**2)) + d * mp.erf(z)

    def log1p_square(center: Any, width: Any) -> Any:
        at, near = (center - loc) / scale, width / scale
        far = mp.sqrt(2 * mp.dps * mp.log(10)) + 3
        ends = [-far, *(x for x in (at - near, at, at + near, mpf(0)) if abs(x) < far), far]
        mass = 1 / mp.sqrt(2 * mp.pi)
        return integral(lambda z: mass * mp.exp(-(z**2) / 2) * mp.log1p(((z - at) / near) ** 2), ends)

    terms = {
        ONE: -mp.log(scale * mp.sqrt(2 * mp.pi)) - loc**2 / (2 * scale**2),
        X: loc / scale**2,
        X2: -1 / (2 * scale**2),
    }
    means = {
        "power": lambda k: powers[k],
        "exp": lambda t, c: mp.exp(t * (loc - c) + (t * scale) ** 2 / 2),
        "gap": gap,
        "log1p_square": log1p_square,
    }
    return Law(-mp.inf, mp.inf, terms, means)


def truncated_normal(loc: Any, scale: Any, low: Any, high: Any) -> Law:
    a, b = (low - loc) / scale, (high - loc) / scale
    root = mp.sqrt(2)
    if a > 0:
        mass = (mp.erfc(a / root) - mp.erfc(b / root)) / 2
    elif b < 0:
        mass = (mp.erfc(-b / root) - mp.erfc(-a / root)) / 2
    else:
        mass = (mp.erf(b / root) - mp.erf(a / root)) / 2
    at_a, at_b = mp.npdf(a) / mass, mp.npdf(b) / mass
    z, z2 = at_a - at_b, 1 + a * at_a - b * at_b
    powers = {1: loc + scale * z, 2: loc**2 + 2 * loc * scale * z + scale**2 * z2}
    terms = normal(loc, scale).terms
    return Law(low, high, {**terms, ONE: terms[ONE] - mp.log(mass)}, {"power": lambda k: powers[k]})


def laplace(loc: Any, scale: Any) -> Law:
    powers = {1: loc, 2: loc**2 + 2 * scale**2}
    terms = {ONE: -mp.log(2 * scale), ("gap", loc): -1 / scale}

    def gap(center: Any) -> Any:
        d = abs(loc - center)
        return d + scale * mp.exp(-d / scale)

    return Law(-mp.inf, mp.inf, terms, {"power": lambda k: powers[k], "gap": gap})


def logistic(loc: Any, scale: Any) -> Law:
    def softplus(center: Any, width: Any) -> Any:
        d, r = (loc - center) / width, scale / width
        if r == 1:
            a = mp.exp(-d)
            return mpf(1) if a == 1 else a * mp.log(a) / (a - 1)
        far, kink = mp.dps * mp.log(10) + 10, -d / r
        ends = [-far, *(x for x in (kink, kink - 40 / r, kink + 40 / r, mpf(0), *_AROUND) if abs(x) < far), far]
        # log(1 + e^-y) = max(-y, 0) + log(1 + e^-|y|)
        return integral(
            lambda z: (max(-(d + r * z), 0) + mp.log1p(mp.exp(-abs(d + r * z)))) / (2 * mp.cosh(z / 2)) ** 2, ends
        )

    terms = {ONE: loc / scale - mp.log(scale), X: -1 / scale, ("softplus", loc, scale): mpf(-2)}
    return Law(-mp.inf, mp.inf, terms, {"power": lambda k: {1: loc}[k], "softplus": softplus})


_AROUND = [mpf(-20), mpf(20)]


def cauchy(loc: Any, scale: Any) -> Law:
    def log1p_square(center: Any, width: Any) -> Any:
        return mp.log(((scale + width) ** 2 + (loc - center) ** 2) / width**2)

    terms = {ONE: -mp.log(mp.pi * scale), ("log1p_square", loc, scale): mpf(-1)}
    return Law(-mp.inf, mp.inf, terms, {"log1p_square": log1p_square})


def student_t(df: Any, loc: Any, scale: Any) -> Law:
    own = scale * mp.sqrt(df)
    norm = mp.loggamma((df + 1) / 2) - mp.loggamma(df / 2) - mp.log(mp.pi) / 2 - mp.log(own)
    terms = {ONE: norm, ("log1p_square", loc, own): -(df + 1) / 2}

    def power(k: int) -> Any:
        if k == 2:
            return loc**2 + scale**2 * df / (df - 2) if df > 2 else mp.inf
        return loc

    def log1p_square(center: Any, width: Any) -> Any:
        if center == loc and width == own:
            return mp.psi(0, (df + 1) / 2) - mp.psi(0, df / 2)
        # x = loc + own sinh u has density ∝ cosh(u)^-df
        at, near = (center - loc) / own, width / own
        spread = min(mpf(1), 1 / mp.sqrt(df))
        far = spread * mp.sqrt(2 * mp.dps * mp.log(10)) if df > 1000 else (mp.dps * mp.log(10) + 10) / df
        u, delta = mp.asinh(at), near / mp.sqrt(1 + at**2)
        marks = [mpf(0), u, u - delta, u + delta, -8 * spread, 8 * spread, mpf(-3), mpf(3)]
        ends = [-far, *(x for x in marks if abs(x) < far), far]
        mass = mp.exp(norm) * own
        return integral(lambda v: mass * mp.cosh(v) ** -df * mp.log1p(((mp.sinh(v) - at) / near) ** 2), ends)

    return Law(-mp.inf, mp.inf, terms, {"power": power, "log1p_square": log1p_square})


def gumbel(loc: Any, scale: Any) -> Law:
    mean = loc + mp.euler * scale
    powers = {1: mean, 2: mean**2 + (mp.pi * scale) ** 2 / 6}

    def gap(center: Any) -> Any:
        # the integral of the distribution function up to the center, below any precision where e^-z is
        z = (loc - center) / scale
        below = scale * mp.e1(mp.exp(z)) if z < 14 else mpf(0)
        return mean - center + 2 * below

    terms = {ONE: loc / scale - mp.log(scale), X: -1 / scale, ("exp", -1 / scale, loc): mpf(-1)}
    means = {
        "power": lambda k: powers[k],
        "exp": lambda t, c: mp.exp(t * (loc - c)) * mp.gamma(1 - t * scale),
        "gap": gap,
    }
    return Law(-mp.inf, mp.inf, terms, means)


def moyal(loc: Any, scale: Any) -> Law:
    # exp(-(x - loc)/scale) is chi-squared with one degree of freedom
    half = mpf(1) / 2
    mean = loc + scale * (mp.euler + mp.log(2))
    terms = {
        ONE: loc / (2 * scale) - mp.log(scale * mp.sqrt(2 * mp.pi)),
        X: -half / scale,
        ("exp", -1 / scale, loc): -half,
    }

    def exp(t: Any, c: Any) -> Any:
        r = -t * scale
        return mp.exp(t * (loc - c)) * 2**r * mp.gamma(r + half) / mp.sqrt(mp.pi)

    return Law(-mp.inf, mp.inf, terms, {"power": lambda k: {1: mean}[k], "exp": exp})


def von_mises(loc: Any, concentration: Any) -> Law:
    i0 = mp.besseli(0, concentration)
    ratio = mp.besseli(1, concentration) / i0
    terms = {ONE: -mp.log(2 * mp.pi * i0), ("cos", loc): concentration}
    return Law(-mp.pi, mp.pi, terms, {"cos": lambda m: ratio * mp.cos(loc - m)})


LAWS = {
    "Normal": normal,
    "TruncatedNormal": truncated_normal,
    "Laplace": laplace,
    "Logistic": logistic,
    "Cauchy": cauchy,
    "StudentT": student_t,
    "Gumbel": gumbel,
    "Moyal": moyal,
    "VonMises": von_mises,
}
