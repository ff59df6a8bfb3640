"""Figures of `kullback.fitting` against truths of 30 digits, computed here from first principles with mpmath.

Maximum likelihood by the roots of the score, criteria by their definitions, Fisher information by its textbook form,
projections and divergences of mixtures by mpmath's own quadrature of the densities; nothing of the library goes in.
"""

import math
from typing import Any

import mpmath as mp
import numpy as np
import pytest

import kullback as kl
from kullback import families as laws
from kullback import fitting

TIMES = [1.2, 0.7, 3.4, 2.2, 5.1]
SHARES = [0.1, 0.4, 0.35, 0.8]
COUNTS = [0, 3, 1, 7, 2, 2]


@pytest.fixture(autouse=True)
def digits():
    with mp.workdps(30):
        yield


def m(value: Any) -> mp.mpf:
    """A decimal as it is written, not as a float holds it."""
    return mp.mpf(str(value))


def near(value: Any, truth: Any, tolerance: float = 1e-12) -> bool:
    values, truths = np.ravel(np.asarray(value, dtype=float)).tolist(), np.ravel(np.array(truth, dtype=object)).tolist()
    gaps = [abs(mp.mpf(one) - two) / (abs(two) or 1) for one, two in zip(values, truths, strict=True)]
    return bool(max(gaps) <= tolerance)


def mean(values: list[Any]) -> Any:
    return mp.fsum(values) / len(values)


# Roots of the score.


@pytest.mark.parametrize(("hits", "rows"), [(0, 10), (7, 10), (10, 10)])
def test_coins_at_the_edge_too(hits, rows):
    found = kl.fit([1] * hits + [0] * (rows - hits), "bernoulli")
    share = mp.mpf(hits) / rows
    inner = 0 if hits in (0, rows) else share * mp.log(share) + (1 - share) * mp.log(1 - share)
    assert near([found.law.probs, found.log_likelihood], [share, rows * inner])


def test_gamma_and_weibull():
    x = [m(one) for one in TIMES]
    logs = mean([mp.log(one) for one in x])
    a = mp.findroot(lambda a: mp.log(a) - mp.digamma(a) - mp.log(mean(x)) + logs, 2)
    gamma = kl.fit(TIMES, "gamma").law
    assert near([gamma.concentration, gamma.rate], [a, a / mean(x)])
    k = mp.findroot(
        lambda k: mean([one**k * mp.log(one) for one in x]) / mean([one**k for one in x]) - 1 / k - logs, 1.5
    )
    weibull = kl.fit(TIMES, "weibull").law
    assert near([weibull.concentration, weibull.scale], [k, mean([one**k for one in x]) ** (1 / k)])


def test_beta_and_negative_binomial():
    x = [m(one) for one in SHARES]
    up, down = mean([mp.log(one) for one in x]), mean([mp.log(1 - one) for one in x])
    a, b = mp.findroot(
        lambda a, b: [mp.digamma(a) - mp.digamma(a + b) - up, mp.digamma(b) - mp.digamma(a + b) - down], (1, 1)
    )
    beta = kl.fit(SHARES, "beta").law
    assert near([beta.concentration1, beta.concentration0], [a, b])
    average = mp.mpf(sum(COUNTS)) / 6
    r = mp.findroot(lambda r: mean([mp.digamma(k + r) for k in COUNTS]) - mp.digamma(r) + mp.log(r / (r + average)), 2)
    counts = kl.fit(COUNTS, "negative_binomial").law
    assert near([counts.total_count, counts.probs], [r, r / (r + average)])


# Akaike (1974), Hurvich and Tsai (1989), Schwarz (1978), Takeuchi (1976): definitions.


def test_criteria_and_weights():
    x = [m(one) for one in TIMES]
    variance = mean([(one - mean(x)) ** 2 for one in x])
    log_likelihood = -(mp.log(2 * mp.pi * variance) + 1) * 5 / 2
    normal = kl.fit(TIMES, "normal")
    penalties = [4, 4 + mp.mpf(2 * 2 * 3) / (5 - 2 - 1), 2 * mp.log(5)]
    truth = [penalty - 2 * log_likelihood for penalty in penalties]
    assert near([normal.aic, normal.aicc, normal.bic], truth)
    fourth = mean([(one - mean(x)) ** 4 for one in x]) / variance**2
    assert near(normal.tic, -2 * log_likelihood + 2 + fourth - 1, 1e-10)  # sensitivities by differences
    other = 2 + 10 * (mp.log(mean(x)) + 1)
    weight = 1 / (1 + mp.exp((truth[0] - other) / 2))
    weights = kl.select(TIMES, ["normal", "exponential"]).weights
    assert near([weights["normal"], weights["exponential"]], [weight, 1 - weight])


# Lehmann and Casella (1998), section 2.5, and direct integrals.

INFORMATION = {
    "Normal": (laws.Normal(1.0, 2.0), lambda: [m(0.25), 0, 0, m(0.5)]),
    "Bernoulli": (laws.Bernoulli(0.3), lambda: [1 / (m(0.3) * m(0.7))]),
    "Poisson": (laws.Poisson(4.0), lambda: [m(0.25)]),
    "Geometric": (laws.Geometric(0.3), lambda: [1 / (m(0.09) * m(0.7))]),
    "Gamma": (laws.Gamma(1.5, 0.4), lambda: [mp.psi(1, m(1.5)), -m(2.5), -m(2.5), m(1.5) / m(0.16)]),
    "Logistic": (laws.Logistic(0.0, 2.0), lambda: [mp.mpf(1) / 12, 0, 0, (3 + mp.pi**2) / 36]),
    "Cauchy": (laws.Cauchy(0.0, 2.0), lambda: [m(0.125), 0, 0, m(0.125)]),
    "Laplace": (laws.Laplace(0.0, 2.0), lambda: [m(0.25), 0, 0, m(0.25)]),
    "Rayleigh": (laws.Rayleigh(2.0), lambda: [mp.mpf(1)]),
    "Beta": (
        laws.Beta(2.0, 3.0),
        lambda: [mp.psi(1, 2) - mp.psi(1, 5), -mp.psi(1, 5), -mp.psi(1, 5), mp.psi(1, 3) - mp.psi(1, 5)],
    ),
    "Weibull": (
        laws.Weibull(2.0, 1.5),
        lambda: [
            m(2.25) / 4,
            -(1 - mp.euler) / 2,
            -(1 - mp.euler) / 2,
            ((1 - mp.euler) ** 2 + mp.pi**2 / 6) / m(2.25),
        ],
    ),
}


@pytest.mark.parametrize("name", INFORMATION)
def test_fisher_information(name):
    law, truth = INFORMATION[name]
    assert near(kl.fisher_information(law).matrix, truth())


def test_fisher_information_of_student_t():
    law = laws.StudentT(5.0, 0.0, 2.0)
    known = kl.fisher_information(law, fixed="df").matrix
    assert near(known, [mp.mpf(6) / 8 / 4, 0, 0, mp.mpf(10) / 8 / 4])  # (ν+1)/(ν+3)σ², 2ν/(ν+3)σ²


def test_law_of_kinetic_energies():
    """Fisher information 3/2α² in α = kT, so a small step costs 3 dα²/4α²."""
    alpha, step = mp.mpf(2), m(0.1)
    law, other = laws.Gamma(1.5, 0.5), laws.Gamma(1.5, float(1 / (alpha + step)))
    rate = kl.fisher_information(law, fixed="concentration")
    assert near(float(rate) * (1 / float(alpha) ** 2) ** 2, 3 / (2 * alpha**2))
    truth = mp.mpf(3) / 2 * (alpha / (alpha + step) - 1 - mp.log(alpha / (alpha + step)))
    assert near(kl.divergence(other, law), mp.mpf(3) / 2 * (step / alpha - mp.log1p(step / alpha)), 1e-11)
    assert near(kl.divergence(law, other), truth, 1e-11)


# Mixtures, by mpmath's quadrature between the places where the densities bend.

CUTS = [-30, -15, -8, -5, -3, -1.5, 0, 1.5, 3, 5, 8, 15, 30]
TWO = laws.Mixture([0.5, 0.5], [laws.Normal(-3, 1), laws.Normal(3, 1)])
UNEVEN = laws.Mixture([0.3, 0.7], [laws.Normal(-1, 0.5), laws.Normal(2, 2)])


def two(x: Any, away: Any = 3) -> Any:
    return (mp.npdf(x, -away, 1) + mp.npdf(x, away, 1)) / 2


def uneven(x: Any) -> Any:
    return m(0.3) * mp.npdf(x, -1, m(0.5)) + m(0.7) * mp.npdf(x, 2, 2)


def gap(p: Any, q: Any) -> Any:
    return mp.quad(lambda x: p(x) * mp.log(p(x) / q(x)), CUTS)


def test_divergence_of_mixtures():
    with mp.workdps(20):
        truth = [gap(two, uneven), gap(uneven, two)]
    assert near([float(fitting.mixture_divergence(TWO, UNEVEN)), float(kl.divergence(UNEVEN, TWO))], truth)
    assert near(float(fitting.mixture_divergence(TWO, UNEVEN)), truth[0])


def test_forward_projection_matches_moments():
    found = kl.project(TWO, "normal")
    assert near([found.law.loc, found.law.scale], [0, mp.sqrt(10)])
    with mp.workdps(20):
        truth = gap(two, lambda x: mp.npdf(x, 0, mp.sqrt(10)))
    assert near(found.value, truth)


def test_reverse_projection_has_five_stationary_points():
    found = kl.project(TWO, "normal", direction="reverse")
    assert [one.kind for one in found.optima] == ["minimum"] * 3 + ["saddle"] * 2

    def slope(loc: Any, scale: Any) -> Any:
        # d/dμ and d/dσ of E_q log q/p, by the reparametrization x = μ + σ z.
        def pull(z: Any) -> Any:
            x = loc + scale * z
            return x - 3 * mp.tanh(3 * x)  # -(log p)'

        return [
            mp.quad(lambda z: mp.npdf(z) * pull(z), [-12, -4, -1, 0, 1, 4, 12]),
            mp.quad(lambda z: mp.npdf(z) * pull(z) * z, [-12, -4, -1, 0, 1, 4, 12]) - 1 / scale,
        ]

    with mp.workdps(20):
        for one in found.optima:
            assert max(map(abs, slope(mp.mpf(float(one.law.loc)), mp.mpf(float(one.law.scale))))) < 1e-12
    best = found.optima[0]
    with mp.workdps(20):
        loc, scale = mp.mpf(float(best.law.loc)), mp.mpf(float(best.law.scale))
        cuts = [loc + scale * z for z in (-14, -6, -3, 0, 3, 6, 14)]
        truth = mp.quad(lambda x: mp.npdf(x, loc, scale) * mp.log(mp.npdf(x, loc, scale) / two(x)), cuts)
    assert near(best.reverse.value, truth)


@pytest.mark.parametrize(("away", "is_broad"), [(2.79, True), (2.81, False)])
def test_broad_fit_is_best_while_modes_are_close(away, is_broad):
    target = laws.Mixture([0.5, 0.5], [laws.Normal(-away, 1.0), laws.Normal(away, 1.0)])
    found = kl.project(target, "gaussian", direction="reverse")
    assert (abs(float(found.law.loc)) < 1e-9) is is_broad


def test_missed_mode_is_told():
    far = laws.Mixture([0.5, 0.5], [laws.Normal(-10.0, 1.0), laws.Normal(10.0, 1.0)])
    found = kl.project(far, laws.Normal, direction="reverse")
    assert any("missed" in warning for warning in found.warnings)
    assert near(found.value, mp.log(2), 1e-12)


# Csiszár (1975): tilts, and tables with given margins, which keep their odds ratio.


def test_tilted_die():
    t = mp.findroot(lambda t: sum((k - 5) * mp.exp(t * k) for k in range(1, 7)), 0.5)
    total = sum(mp.exp(t * k) for k in range(1, 7))
    found = fitting.tilt([1 / 6] * 6, [1, 2, 3, 4, 5, 6], 5)
    assert near([*found.probs, found.value], [*[mp.exp(t * k) / total for k in range(1, 7)], 5 * t - mp.log(total / 6)])


def test_table_with_given_margins():
    corner = mp.findroot(lambda a: 3 * a * (m(0.1) + a) - 2 * (m(0.5) - a) * (m(0.4) - a), 0.18)
    truth = [corner, m(0.5) - corner, m(0.4) - corner, m(0.1) + corner]
    found = fitting.fit_margins([[0.1, 0.2], [0.3, 0.4]], [[0.5, 0.5], [0.4, 0.6]])
    start = [m(0.1), m(0.2), m(0.3), m(0.4)]
    assert near(found.table, truth)
    assert near(found.value, sum(a * mp.log(a / b) for a, b in zip(truth, start, strict=True)), 1e-11)


def test_one_batch_is_no_list_of_components():
    with pytest.raises(kl.InputError, match="one law for each weight"):
        laws.Mixture([0.5, 0.5], laws.Normal([-3.0, 3.0], 1.0))


def test_distances_of_normal_laws():
    """Half-plane: √2 arcosh(1 + ((Δμ)²/2 + (Δσ)²) / 2σ₁σ₂)."""
    found = fitting.fisher_rao_distance(laws.Normal(0.0, 1.0), laws.Normal(1.0, 2.0))
    assert near(found, mp.sqrt(2) * mp.acosh(1 + m(1.5) / 4))
    assert math.isfinite(found)
