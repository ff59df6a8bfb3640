import math

import mpmath
import numpy as np
import pytest

import kullback as kl
from kullback._core import InputError
from kullback.decisions.hypotheses import chernoff_information, hoeffding_tradeoff
from kullback.families import log_prob

F = kl.families


def truth(p, q):
    """Largest -log of the sum of p^s q^(1-s) over outcomes that both have, at 40 digits."""
    with mpmath.workdps(40):
        pairs = [(mpmath.mpf(float(a)), mpmath.mpf(float(b))) for a, b in zip(p, q, strict=True) if a > 0 and b > 0]
        total_p, total_q = (mpmath.fsum(map(mpmath.mpf, map(float, side))) for side in (p, q))

        def slope(s):
            return mpmath.fsum(
                (a / total_p) ** s * (b / total_q) ** (1 - s) * mpmath.log(a * total_q / b / total_p) for a, b in pairs
            )

        s = mpmath.findroot(slope, (0.01, 0.99), solver="anderson", tol=1e-60)
        return -mpmath.log(mpmath.fsum((a / total_p) ** s * (b / total_q) ** (1 - s) for a, b in pairs)), s


PAIRS = [
    ([0.5, 0.5], [0.9, 0.1]),
    ([0.2, 0.3, 0.5], [0.6, 0.3, 0.1]),
    ([0.5, 0.4, 0.1, 0.0], [0.0, 0.1, 0.4, 0.5]),
    ([0.2, 0.3, 0.5], [0.2 + 1e-10, 0.3 - 2e-10, 0.5 + 1e-10]),
    ([1e-12, 1 - 1e-12], [1 - 1e-12, 1e-12]),
]


@pytest.mark.parametrize(("p", "q"), PAIRS)
def test_arrays_to_the_last_digits(p, q):
    value, weight = truth(p, q)
    found = chernoff_information(p, q)
    assert found.value == pytest.approx(float(value), rel=2e-13)
    assert found.weight == pytest.approx(float(weight), abs=1e-6)
    assert chernoff_information(q, p).value == pytest.approx(found.value, rel=1e-13)


@pytest.mark.parametrize(("p", "q"), PAIRS[:2])
def test_tilted_law_is_as_far_from_both(p, q):
    found = chernoff_information(p, q)
    assert float(kl.divergence(found.tilted, p)) == pytest.approx(found.value, rel=1e-12)
    assert float(kl.divergence(found.tilted, q)) == pytest.approx(found.value, rel=1e-12)


def test_normal_laws_of_one_scale():
    assert chernoff_information(F.Normal(1, 1.5), F.Normal(3, 1.5)).value == pytest.approx(4 / (8 * 1.5**2), rel=1e-15)


@pytest.mark.parametrize(
    ("p", "q"),
    [
        (F.Normal(0, 1), F.Normal(1, 3)),
        (F.LogNormal(0, 1), F.LogNormal(1, 3)),
        (
            F.MultivariateNormal([0, 0], scale_diag=[1, 2]),
            F.MultivariateNormal([1, 0], covariance_matrix=[[2, 0.3], [0.3, 1]]),
        ),
        (F.Poisson(2), F.Poisson(5)),
        (F.Exponential(1), F.Exponential(3)),
        (F.Gamma(2.5, 1), F.Gamma(2.5, 3)),
        (F.Gamma(2.5, 1), F.Gamma(0.5, 3)),
        (F.Gamma(3, 1e-8), F.Gamma(5, 1e8)),
        (F.Exponential(1), F.Gamma(0.5, 3)),
        (F.Weibull(1, 1.5), F.Weibull(3, 1.5)),
        (F.Frechet(1, 1.5), F.Frechet(3, 1.5)),
        (F.HalfNormal(1), F.Maxwell(1)),
        (F.Beta(2, 3), F.Beta(5, 0.5)),
        (F.Dirichlet([2, 3, 1]), F.Dirichlet([1, 5, 0.5])),
        (F.Binomial(1_000_000, 0.2), F.Binomial(1_000_000, 0.3)),
        (F.NegativeBinomial(2.5, 0.2), F.NegativeBinomial(2.5, 0.6)),
        (F.Geometric(1e-9), F.Geometric(0.6)),
        (F.InverseGaussian(1, 2), F.InverseGaussian(3, 1)),
        (F.VonMises(0, 2), F.VonMises(1, 5)),
        (F.Rayleigh(1), F.Rayleigh(1e150)),
    ],
)
def test_closed_forms_lie_between_both_laws(p, q):
    """At an inner maximum the divergences of the tilted law, which other code computes, are both C."""
    found = chernoff_information(p, q)
    assert float(kl.divergence(found.tilted, p)) == pytest.approx(found.value, rel=1e-12)
    assert float(kl.divergence(found.tilted, q)) == pytest.approx(found.value, rel=1e-12)


@pytest.mark.parametrize(
    ("p", "q"),
    [
        (F.Gamma(2, 1.5), F.Gamma(4, 3)),
        (F.Beta(2, 3), F.Beta(5, 1.5)),
        (F.Weibull(1, 1.5), F.Weibull(3, 1.5)),
        (F.Exponential(1), F.Gamma(2.5, 3)),
        (F.InverseGaussian(1, 2), F.InverseGaussian(3, 1)),
        (F.VonMises(0, 2), F.VonMises(1, 5)),
    ],
)
def test_laws_between_are_the_geometric_mean(p, q):
    """Two points fix the ratio of a law to the normalized path; -log of its constant is the exponent."""
    found = chernoff_information(p, q)
    x = np.array([0.2, 0.4, 0.7, 0.9])
    logs = found.weight * log_prob(p, x) + (1 - found.weight) * log_prob(q, x) - log_prob(found.tilted, x)
    assert logs == pytest.approx(np.full(4, -found.value), rel=1e-11)


@pytest.mark.parametrize(
    ("p", "q", "densities", "points"),
    [
        (
            F.Laplace(0, 1),
            F.Laplace(1, 1),
            (lambda x: mpmath.exp(-abs(x)) / 2, lambda x: mpmath.exp(-abs(x - 1)) / 2),
            (0, 1),
        ),
        (F.Normal(0, 1), F.Laplace(0, 1), (mpmath.npdf, lambda x: mpmath.exp(-abs(x)) / 2), (-3, 0, 3)),
        (
            F.Cauchy(0, 1),
            F.Cauchy(3, 1),
            (lambda x: 1 / mpmath.pi / (1 + x * x), lambda x: 1 / mpmath.pi / (1 + (x - 3) ** 2)),
            (0, 3),
        ),
    ],
)
def test_densities_without_a_form(p, q, densities, points):
    found = chernoff_information(p, q)

    def exponent(s):
        ends = [-mpmath.inf, *points, mpmath.inf]
        return -mpmath.log(mpmath.quad(lambda x: densities[0](x) ** s * densities[1](x) ** (1 - s), ends))

    assert found.value == pytest.approx(float(exponent(mpmath.mpf(found.weight))), rel=1e-11)
    assert all(exponent(mpmath.mpf(found.weight) + step) < found.value for step in (-0.05, 0.05))


def test_zeta_laws_have_tails_too_heavy_to_list():
    found = chernoff_information(F.Zeta(2.5), F.Zeta(3.0))
    s = mpmath.mpf(found.weight)
    exact = (
        s * mpmath.log(mpmath.zeta(2.5))
        + (1 - s) * mpmath.log(mpmath.zeta(3))
        - mpmath.log(mpmath.zeta(2.5 * s + 3 * (1 - s)))
    )
    assert found.value == pytest.approx(float(exact), rel=1e-9)


def test_supports_that_differ_give_a_limit_at_an_end():
    found = chernoff_information([0.5, 0.5, 0.0], [0.0, 0.9, 0.1])
    assert (found.value, found.weight) == (pytest.approx(math.log(2), rel=1e-15), 1.0)
    assert "limit" in str(found)
    assert chernoff_information(F.Uniform(0, 2), F.Uniform(1, 3)).value == pytest.approx(math.log(2), rel=1e-12)


@pytest.mark.parametrize(
    ("p", "q"), [([1, 0], [0, 1]), (F.Uniform(0, 1), F.Uniform(2, 3)), (F.Normal(0, 1), F.Poisson(1))]
)
def test_nothing_in_common_is_infinite(p, q):
    found = chernoff_information(p, q)
    assert math.isinf(found.value)
    assert found.notes


@pytest.mark.parametrize(
    ("p", "q"),
    [
        ([0.2, 0.3, 0.5], [0.2 + 1e-9, 0.3 - 2e-9, 0.5 + 1e-9]),
        (F.Normal(0, 1), F.Normal(1e-12, 1 + 1e-12)),
        (F.Gamma(2, 1), F.Gamma(2, 1 + 1e-11)),
        (F.Beta(2, 3), F.Beta(2, 3 + 1e-9)),
    ],
)
def test_nearly_equal_laws_are_a_quarter_of_the_divergence(p, q):
    assert chernoff_information(p, q).value == pytest.approx(float(kl.divergence(p, q)) / 4, rel=1e-8)


def test_equal_laws_are_zero():
    assert chernoff_information([0.3, 0.7], [0.3, 0.7]).value == 0.0
    assert chernoff_information(F.Normal(0, 1), F.Normal(0, 1)).value == 0.0


def bayes_error(p, q, n):
    """Mean error of the best test of n rows with two outcomes, by adding up all numbers of ones."""
    with mpmath.workdps(30):
        return (
            mpmath.fsum(
                mpmath.binomial(n, k)
                * min(
                    mpmath.mpf(p) ** k * mpmath.mpf(1 - p) ** (n - k), mpmath.mpf(q) ** k * mpmath.mpf(1 - q) ** (n - k)
                )
                for k in range(n + 1)
            )
            / 2
        )


def test_exponent_of_the_exact_bayes_error():
    value = chernoff_information([0.7, 0.3], [0.2, 0.8]).value
    few, many = (float(-mpmath.log(bayes_error(0.3, 0.8, n))) for n in (2000, 4000))
    # Differences take out the constant; what is left is ½ log 2 of the polynomial factor, and the lattice.
    assert (many - few - 0.5 * math.log(2)) / 2000 == pytest.approx(value, rel=1e-3)


def test_tradeoff_meets_stein_and_chernoff():
    p, q = [0.5, 0.3, 0.2], [0.2, 0.3, 0.5]
    chernoff = chernoff_information(p, q).value
    assert hoeffding_tradeoff(p, q, 0.0).value == pytest.approx(float(kl.divergence(p, q)), rel=1e-14)
    assert hoeffding_tradeoff(p, q, chernoff).value == pytest.approx(chernoff, rel=1e-10)
    assert hoeffding_tradeoff(p, q, float(kl.divergence(q, p))).value == 0.0


def test_tradeoff_is_the_least_divergence_on_a_sphere():
    p, q, rate = 0.5, 0.8, 0.05
    v = mpmath.findroot(lambda v: v * mpmath.log(v / p) + (1 - v) * mpmath.log((1 - v) / (1 - p)) - rate, 0.65)
    truth = v * mpmath.log(v / q) + (1 - v) * mpmath.log((1 - v) / (1 - q))
    assert hoeffding_tradeoff([1 - p, p], [1 - q, q], rate).value == pytest.approx(float(truth), rel=1e-11)


def test_bad_input_has_one_clear_error():
    with pytest.raises(InputError, match="shape"):
        chernoff_information([0.5, 0.5], [0.2, 0.3, 0.5])
    with pytest.raises(InputError, match="one dimension"):
        chernoff_information(F.MultivariateNormal([0, 0], scale_diag=[1, 1]), F.Normal(0, 1))
    with pytest.raises(InputError, match="batch"):
        chernoff_information(F.Normal([0, 1], 1), F.Normal(0, 1))
    with pytest.raises(InputError, match="labels"):
        chernoff_information({"a": 0.5, "b": 0.5}, [0.5, 0.5])
    with pytest.raises(InputError, match="rate"):
        hoeffding_tradeoff([0.5, 0.5], [0.2, 0.8], -1.0)
    with pytest.raises(InputError, match="infinite"):
        hoeffding_tradeoff([0.5, 0.5], [0.0, 1.0], 0.1)


@pytest.mark.parametrize("p", [[0.5, 0.5], {"a": 0.5, "b": 0.5}])
def test_labelled_and_plain_arrays_agree(p):
    q = {"b": 0.1, "a": 0.9} if isinstance(p, dict) else [0.9, 0.1]
    assert chernoff_information(p, q).value == pytest.approx(
        chernoff_information([0.5, 0.5], [0.9, 0.1]).value, rel=1e-14
    )


def test_arrays_of_other_libraries(xp):
    found = chernoff_information(xp.asarray([0.5, 0.5], dtype=xp.float64), xp.asarray([0.9, 0.1], dtype=xp.float64))
    assert found.value == pytest.approx(float(truth([0.5, 0.5], [0.9, 0.1])[0]), rel=1e-13)
    assert np.isfinite(found.bits)


def test_far_apart_laws_do_not_underflow():
    """½ exp(-(|x| + |x - 1000|)/2) adds up to 501 exp(-500)."""
    found = chernoff_information(F.Laplace(0, 1), F.Laplace(1000, 1))
    assert found.value == pytest.approx(500 - math.log(501), rel=1e-12)


def test_what_no_float_or_no_table_can_hold_has_one_error():
    with pytest.raises(InputError, match="too far apart"):
        chernoff_information(F.Normal(0, 1e-150), F.Normal(0, 1e150))
    with pytest.raises(InputError, match="too far apart"):
        chernoff_information(F.Exponential(1e-200), F.Exponential(1e200))
    with pytest.raises(InputError, match="different lengths"):
        chernoff_information([[0.5], [0.2, 0.3]], [0.5, 0.5])
    with pytest.raises(InputError, match="One row"):
        hoeffding_tradeoff([[0.5, 0.5]], [[0.2, 0.8]], 0.1)


def test_the_path_is_the_same_from_both_ends():
    there = chernoff_information(F.Normal(0, 1), F.Normal(1, 1e-3))
    back = chernoff_information(F.Normal(1, 1e-3), F.Normal(0, 1))
    assert there.weight + back.weight == pytest.approx(1.0, rel=1e-15)
    assert float(there.tilted.scale) == pytest.approx(float(back.tilted.scale), rel=1e-9)
