import math
import re

import mpmath
import numpy as np
import pytest
from scipy import integrate, stats

import kullback as kl
from kullback._core import InputError
from kullback.decisions.hypotheses import approximation_quality

F = kl.families


@pytest.mark.parametrize(
    ("n", "p", "truth"), [(10, 0.1, 0.00277843346420322), (100, 0.01, 2.52525295937785e-5)], ids=["S059", "S060"]
)
def test_worked_numbers_of_the_poisson_approximation(n, p, truth):
    found = approximation_quality(F.Binomial(n, p), F.Poisson(n * p))
    assert found.value == pytest.approx(truth, rel=1e-13)
    assert math.isinf(found.reverse)


def test_smaller_divergence_is_the_better_approximation():
    few, many = (approximation_quality(F.Binomial(n, 1 / n), F.Poisson(1.0)) for n in (10, 100))
    assert many.value < few.value
    assert many.total_variation < few.total_variation
    assert many.hellinger < few.hellinger


@pytest.mark.parametrize(("n", "p"), [(10, 0.1), (40, 0.3), (300, 0.01)])
def test_distances_by_enumeration(n, p):
    k = np.arange(2000)
    left, right = stats.binom.pmf(k, n, p), stats.poisson.pmf(k, n * p)
    found = approximation_quality(F.Binomial(n, p), F.Poisson(n * p))
    assert found.total_variation == pytest.approx(0.5 * np.abs(left - right).sum(), rel=1e-9)
    assert found.hellinger == pytest.approx(math.sqrt(0.5 * ((np.sqrt(left) - np.sqrt(right)) ** 2).sum()), rel=1e-9)
    assert found.largest_error == pytest.approx(np.abs(left - right).max(), rel=1e-9)
    assert found.largest_at == int(np.abs(left - right).argmax())
    assert found.total_variation <= min(found.pinsker, found.bretagnolle_huber, *found.bounds.values())


def test_near_equal_laws_keep_their_digits():
    step = 1e-11
    found = approximation_quality([0.5, 0.5], [0.5 + step, 0.5 - step])
    assert found.total_variation == pytest.approx(step, rel=1e-4)
    # H² = ½ Σ (√p - √q)² is about Σ (p - q)² / 8p.
    assert found.hellinger == pytest.approx(math.sqrt(2 * step**2 / (8 * 0.5)), rel=1e-4)


def test_normal_law_with_correction_for_continuity():
    found = approximation_quality(F.Binomial(100, 0.3), F.Normal(30, math.sqrt(21)))
    with mpmath.workdps(40):
        scale = mpmath.sqrt(mpmath.mpf(math.sqrt(21)) ** 2)
        p = [mpmath.binomial(100, k) * mpmath.mpf(0.3) ** k * (1 - mpmath.mpf(0.3)) ** (100 - k) for k in range(101)]
        # The tail on the side of each number, as the other one rounds to 1.
        cuts = [[abs(k + step - 30) / scale for step in (-0.5, 0.5)] for k in range(101)]
        q = [
            abs(mpmath.ncdf(-a) - mpmath.ncdf(-b)) if k != 30 else 1 - 2 * mpmath.ncdf(-a)
            for k, (a, b) in enumerate(cuts)
        ]
        value = mpmath.fsum(a * mpmath.log(a / b) for a, b in zip(p, q, strict=True))
        variation = mpmath.fsum(max(a - b, 0) for a, b in zip(p, q, strict=True))
    assert found.value == pytest.approx(float(value), rel=1e-10)
    assert found.total_variation == pytest.approx(float(variation), rel=1e-10)


def test_hypergeometric_law_by_a_binomial_one():
    k = np.arange(21)
    left, right = stats.hypergeom.pmf(k, 1000, 300, 20), stats.binom.pmf(k, 20, 0.3)
    found = approximation_quality(F.Hypergeometric(1000, 300, 20), F.Binomial(20, 0.3))
    assert found.value == pytest.approx(float((left * np.log(left / right)).sum()), rel=1e-7)
    assert found.total_variation == pytest.approx(0.5 * np.abs(left - right).sum(), rel=1e-9)
    assert found.worst_event == "{5 to 8}"


@pytest.mark.parametrize(
    ("p", "q", "left", "right", "cuts"),
    [
        (F.StudentT(5, 0, 1), F.Normal(0, 1), stats.t(5), stats.norm(), 2),
        (F.Normal(0, 1), F.Laplace(0, 1), stats.norm(), stats.laplace(), 4),
        (F.Normal(0, 1), F.Normal(1, 1), stats.norm(), stats.norm(1), 1),
        (F.Cauchy(0, 1), F.Normal(3, 2), stats.cauchy(), stats.norm(3, 2), 2),
    ],
)
def test_densities_by_quadrature(p, q, left, right, cuts):
    found = approximation_quality(p, q)
    points = np.linspace(-60, 60, 600_001)
    inner = 0.5 * integrate.trapezoid(np.abs(left.pdf(points) - right.pdf(points)), points)
    outer = 0.5 * abs(2 * left.sf(60) - 2 * right.sf(60))
    assert found.total_variation == pytest.approx(inner + outer, abs=1e-7)
    ends = re.findall(r"-?\d[\d.e+-]*", found.worst_event)
    assert len(ends) == cuts
    assert [left.pdf(float(end)) for end in ends] == pytest.approx([right.pdf(float(end)) for end in ends], rel=1e-4)


def test_student_law_near_a_normal_one():
    """Both divergences where the tails allow them."""
    few, many = (approximation_quality(F.StudentT(df, 0, 1), F.Normal(0, 1)) for df in (5, 50))
    assert many.value < few.value
    assert math.isinf(approximation_quality(F.StudentT(2, 0, 1), F.Normal(0, 1)).value)
    assert math.isfinite(approximation_quality(F.StudentT(2, 0, 1), F.Normal(0, 1)).reverse)


def test_shifted_laws_far_from_zero():
    found = approximation_quality(F.Normal(1e6, 1), F.Normal(1e6 + 1, 1))
    assert found.total_variation == pytest.approx(2 * stats.norm.cdf(0.5) - 1, rel=1e-10)
    assert found.worst_event == "(-inf, 1e+06)"


def test_equal_and_disjoint_laws():
    same = approximation_quality([0.5, 0.5], [0.5, 0.5])
    assert (same.value, same.total_variation, same.hellinger) == (0.0, 0.0, 0.0)
    apart = approximation_quality([1.0, 0.0], [0.0, 1.0])
    assert (apart.total_variation, apart.hellinger, apart.pinsker, apart.bretagnolle_huber) == (1.0, 1.0, 1.0, 1.0)
    assert approximation_quality(F.Uniform(0, 1), F.Uniform(0.5, 2)).total_variation == pytest.approx(2 / 3, rel=1e-12)


def test_worst_event_of_labels():
    found = approximation_quality({"a": 0.5, "b": 0.5}, {"a": 0.4, "c": 0.6})
    assert found.worst_event == "{a, b}"
    assert found.total_variation == pytest.approx(0.6, rel=1e-14)


@pytest.mark.parametrize(
    ("p", "q", "words"),
    [
        (F.Normal(0, 1), F.Poisson(1), "density"),
        (F.Poisson(1), F.Gamma(1, 1), "Only a Normal"),
        ([0.5, 0.5], [0.5, 0.3, 0.2], "shape"),
        (
            F.MultivariateNormal([0, 0], scale_diag=[1, 1]),
            F.MultivariateNormal([0, 0], scale_diag=[1, 2]),
            "on the line",
        ),
    ],
)
def test_bad_input(p, q, words):
    with pytest.raises(InputError, match=words):
        approximation_quality(p, q)
