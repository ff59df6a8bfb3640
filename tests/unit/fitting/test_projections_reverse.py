"""Reverse projection: every stationary point, against equations solved elsewhere in many digits."""

import itertools
import math

import numpy as np
import pytest
from scipy import optimize, special, stats

from kullback.families import (
    Cauchy,
    Gamma,
    Gumbel,
    Laplace,
    LogNormal,
    Mixture,
    MultivariateNormal,
    Normal,
    Poisson,
)
from kullback.fitting.projections import project


def two(distance, weight=0.5, scale=1.0):
    return Mixture([weight, 1 - weight], [Normal(-distance, 1), Normal(distance, scale)])


# Panels for expectations under a standard normal law, finer than any function here.
_EDGES = np.linspace(-10, 10, 401)
_NODE, _WEIGHT = np.polynomial.legendre.leggauss(10)
_Z = (0.5 * (_EDGES[:-1] + _EDGES[1:])[:, None] + 0.5 * np.diff(_EDGES)[:, None] * _NODE).ravel()
_W = (0.5 * np.diff(_EDGES)[:, None] * _WEIGHT).ravel() * stats.norm.pdf(_Z)


def _stationary(distance, start):
    """Mean and deviation with E (log p)' = 0 and E (log p)'' = -1/σ² under q: the theorems of Bonnet and Price."""

    def equations(theta):
        x = theta[0] + theta[1] * _Z
        slope = -x + distance * np.tanh(distance * x)
        bend = -1 + distance**2 / np.cosh(distance * x) ** 2
        return [_W @ slope, _W @ bend + 1 / theta[1] ** 2]

    return optimize.root(equations, start, tol=1e-15).x


def test_fact_s034():
    found = project(two(3), "normal", direction="reverse")
    low, high = sorted(found.optima[:2], key=lambda point: float(point.law.loc))
    assert [float(low.law.loc), float(high.law.loc)] == pytest.approx([-2.98430598784, 2.98430598784], abs=1e-11)
    assert [float(low.law.scale), float(high.law.scale)] == pytest.approx([1.02336855966] * 2, abs=1e-11)
    assert found.value == pytest.approx(0.688768995855, abs=1e-12)
    assert low.reverse.value == pytest.approx(high.reverse.value, abs=1e-14)


def test_three_minima_and_two_saddles():
    found = project(two(3), "normal", direction="reverse")
    assert [point.kind for point in found.optima] == ["minimum"] * 3 + ["saddle"] * 2
    assert sum(point.basin for point in found.minima) == pytest.approx(1.0)


def test_saddle_and_central_fit_by_bonnet_and_price():
    found = project(two(3), "normal", direction="reverse")
    saddle = max(found.optima[3:], key=lambda point: float(point.law.loc)).law
    assert [float(saddle.loc), float(saddle.scale)] == pytest.approx(_stationary(3, (1.84, 2.1)), abs=1e-12)
    center = found.minima[2].law
    assert [float(center.loc), float(center.scale)] == pytest.approx(_stationary(3, (0.001, 2.74)), abs=1e-12)


def _least(distance, loc):
    """Smallest D(q‖p) near a mean, by Nelder and Mead's method on panels."""

    def value(theta):
        x = theta[0] + math.exp(theta[1]) * _Z
        log_p = np.logaddexp(-0.5 * (x - distance) ** 2, -0.5 * (x + distance) ** 2) - 0.5 * math.log(8 * math.pi)
        return -theta[1] - 0.5 * math.log(2 * math.pi * math.e) - _W @ log_p

    start = [loc, math.log(0.9 * distance) if loc == 0 else 0.0]
    return optimize.minimize(value, start, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-14}).fun


def test_the_broad_fit_is_the_global_one_below_2_80():
    def gap(distance):
        points = project(two(distance), "normal", direction="reverse").minima
        center = min(points, key=lambda point: abs(float(point.law.loc)))
        side = max(points, key=lambda point: abs(float(point.law.loc)))
        return center.reverse.value - side.reverse.value

    crossing = optimize.brentq(lambda d: _least(d, 0.0) - _least(d, d), 2.7, 2.9, xtol=1e-8)
    assert crossing == pytest.approx(2.80, abs=0.005)
    assert gap(crossing - 1e-4) < 0 < gap(crossing + 1e-4)


def test_one_optimum_where_the_modes_are_near():
    found = project(two(1), "normal", direction="reverse")
    assert [point.kind for point in found.optima] == ["minimum"]


@pytest.mark.parametrize(("weight", "scale"), [(0.9, 0.3), (0.7, 1.0), (0.2, 2.0)])
def test_unequal_mixtures_against_a_grid_of_descents(weight, scale):
    target = two(3, weight, scale)

    def log_p(x):
        first, second = stats.norm.logpdf(x, -3), stats.norm.logpdf(x, 3, scale)
        return np.logaddexp(math.log(weight) + first, math.log(1 - weight) + second)

    def value(theta):
        return -theta[1] - _W @ log_p(theta[0] + math.exp(theta[1]) * _Z)

    starts = itertools.product([-4, -2, 0, 2, 4], [-1, 0, 1.2])
    ends = [optimize.minimize(value, start, method="BFGS", options={"gtol": 1e-7}) for start in starts]
    ends = sorted((float(end.x[0]), math.exp(end.x[1])) for end in ends if np.abs(end.jac).max() < 1e-5)
    wanted = [one for i, one in enumerate(ends) if i == 0 or one[0] - ends[i - 1][0] > 0.01]
    found = project(target, "normal", direction="reverse").minima
    own = sorted((float(point.law.loc), float(point.law.scale)) for point in found)
    assert np.array(own) == pytest.approx(np.array(wanted), abs=1e-4)


def test_skewed_target_in_closed_form():
    # E log p = -m - E exp(-x), so the slopes vanish at σ = 1 and exp(σ²/2 - m) = 1.
    found = project(Gumbel(0, 1), "normal", direction="reverse")
    assert [float(found.law.loc), float(found.law.scale)] == pytest.approx([0.5, 1.0], abs=1e-13)
    assert found.value == pytest.approx(1.0 - 0.5 * math.log(2 * math.pi), abs=1e-14)


def test_target_with_a_kink_in_closed_form():
    # D = -½ log 2πeσ² + log 2 + σ √(2/π), least at σ² = π/2.
    found = project(Laplace(0, 1), "normal", direction="reverse")
    assert float(found.law.scale) == pytest.approx(math.sqrt(math.pi / 2), abs=1e-13)
    assert found.value == pytest.approx(0.5 + math.log(2) - 0.5 * math.log(math.pi**2), abs=1e-14)


def test_heavy_tails_are_too_wide_for_the_fit():
    found = project(Cauchy(0, 1), "normal", direction="reverse")
    assert found.forward.value == math.inf
    share = 2 * stats.cauchy.sf(stats.norm.isf(0.0005) * float(found.law.scale))
    assert found.missed.share == pytest.approx(share, abs=1e-10)
    assert "too narrow" in found.warnings[0]


def test_half_the_mass_is_missed_while_khat_is_content():
    found = project(two(10), "normal", direction="reverse")
    assert found.khat < 0.5
    assert found.missed.share == pytest.approx(0.5 + 0.0005, abs=1e-6)
    assert abs(found.missed.modes[0]) == pytest.approx(10, abs=0.05)
    assert "missed mode" in found.warnings[0]


def test_no_warning_where_nothing_is_missed():
    assert project(two(0.5), "normal", direction="reverse").warnings == ()


def test_mean_field_of_a_correlated_normal_law():
    target = MultivariateNormal([1, 2], covariance_matrix=[[1, 0.8], [0.8, 1]])
    found = project(target, "diagonal", direction="reverse")
    assert np.asarray(found.law.scale_diag) == pytest.approx([0.6, 0.6], abs=1e-12)  # 1/√ of the precisions
    assert np.asarray(found.law.loc) == pytest.approx([1, 2], abs=1e-12)
    assert found.value == pytest.approx(-0.5 * math.log(1 - 0.64), abs=1e-12)


def test_plane_is_the_line_where_the_second_coordinate_is_the_same():
    flat = project(two(3), "normal", direction="reverse")
    parts = [MultivariateNormal([sign * 3, 1], scale_diag=[1, 2]) for sign in (-1, 1)]
    found = project(Mixture([0.5, 0.5], parts), "full", direction="reverse")
    assert [point.kind for point in found.optima] == [point.kind for point in flat.optima]
    for own, other in zip(found.optima, flat.optima, strict=True):
        assert own.reverse.value == pytest.approx(other.reverse.value, abs=1e-10)
    assert abs(float(found.law.loc[0])) == pytest.approx(2.98430598784, abs=1e-10)
    assert float(found.law.scale_tril[1, 1]) == pytest.approx(2.0, abs=1e-10)


def test_other_families_at_their_closed_optimum():
    # D(gamma‖lognormal) in closed form but for E (log x)², which is ψ'(a) + (ψ(a) - log b)².
    def value(theta):
        a, b = np.exp(theta)
        logs = special.digamma(a) - math.log(b)
        entropy = stats.gamma(a, scale=1 / b).entropy()
        squares = special.polygamma(1, a) + logs**2
        return -entropy + logs + 0.5 * math.log(2 * math.pi * 0.25) + squares / 0.5

    wanted = optimize.minimize(value, [1.4, 1.2], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-14})
    found = project(LogNormal(0, 0.5), Gamma, direction="reverse")
    theta = np.log([float(found.law.concentration), float(found.law.rate)])
    assert theta == pytest.approx(wanted.x, abs=1e-6)
    assert found.value == pytest.approx(wanted.fun, abs=1e-12)


def test_poisson_sits_on_one_of_two_modes():
    target = Mixture([0.5, 0.5], [Poisson(3), Poisson(30)])
    k = np.arange(300)
    log_p = np.logaddexp(stats.poisson.logpmf(k, 3), stats.poisson.logpmf(k, 30)) - math.log(2)

    def value(rate):
        q = stats.poisson.pmf(k, rate)
        return float(q @ (stats.poisson.logpmf(k, rate) - log_p))

    best = [
        optimize.minimize_scalar(value, bounds=ends, method="bounded", options={"xatol": 1e-10})
        for ends in ((1, 8), (20, 40))
    ]
    found = project(target, "poisson", direction="reverse")
    rates = sorted(float(point.law.rate) for point in found.minima)
    assert rates == pytest.approx([end.x for end in best], rel=1e-6)
    assert found.value == pytest.approx(min(end.fun for end in best), abs=1e-10)
    assert "missed mode" in found.warnings[0]


def test_held_parameters_stay():
    found = project(two(3), "normal", direction="reverse", fixed={"scale": 1.0})
    assert [point.kind for point in found.optima] == ["minimum", "minimum", "maximum"]
    assert {float(point.law.scale) for point in found.optima} == {1.0}


@pytest.mark.parametrize(("center", "unit"), [(0.0, 1e-6), (1e4, 1.0), (-5.0, 1e8)])
def test_units_of_the_target_do_not_matter(center, unit):
    parts = [Normal(center - 3 * unit, unit), Normal(center + 3 * unit, unit)]
    found = project(Mixture([0.5, 0.5], parts), "normal", direction="reverse")
    assert [point.kind for point in found.optima] == ["minimum"] * 3 + ["saddle"] * 2
    assert found.value == pytest.approx(0.688768995855, abs=1e-9)
    wide = project(Mixture([0.5, 0.5], parts), "logistic")
    plain = project(two(3), "logistic")
    assert float(wide.law.scale) / unit == pytest.approx(float(plain.law.scale), rel=1e-8)


def test_a_family_of_another_library_or_a_record_is_one():
    target = Normal(1.0, 2.0)
    assert float(project(target, stats.norm, direction="reverse").law.loc) == pytest.approx(1.0, abs=1e-12)
    assert float(project(target, Normal(0.0, 1.0)).law.scale) == pytest.approx(2.0, rel=1e-12)
