"""Numbers without a closed form where two laws nearly agree, lie at both ends of floats, or touch a pole at 1."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mpmath import mp, mpf
from scipy.special import gammaln

import kullback.families as f
from kullback.divergences._ladder import divergence_of_laws, numeric
from kullback.families import quotient_of
from kullback.numerics import Density, lattice_sum, quadrature

DATA = Path(__file__).parent.parent / "data"
PAIRS = (
    "beta-continuousbernoulli",
    "betabinomial-betabinomial",
    "hypergeometric-hypergeometric",
    "kumaraswamy-kumaraswamy",
    "logistic-logistic",
    "normal-studentt",
    "studentt-normal",
    "studentt-studentt",
    "truncatednormal-truncatednormal",
)


def pairs(name: str) -> list[tuple[Any, Any, Any, str]]:
    data = json.loads((DATA / f"{name}.json").read_text())
    p, q = (getattr(f, data[side]) for side in ("family_p", "family_q"))
    return [(p(**x["p"]), q(**x["q"]), mpf(x["kl"]), x["regime"]) for x in data["points"]]


@pytest.mark.parametrize("name", PAIRS)
def test_nearly_equal_laws_keep_their_digits(name: str) -> None:
    for p, q, truth, regime in pairs(name):
        if regime.startswith("near") or regime == "equal":
            found = numeric(p, q)
            assert abs(mpf(found.value) - truth) <= found.error, (p, q)
            assert abs(mpf(found.value) - truth) <= 1e-11 * truth, (p, q)
            assert found.error <= max(1e-3 * truth, 1e-30), (p, q)


@pytest.mark.parametrize("name", PAIRS)
def test_log_ratios_agree_with_differences(name: str) -> None:
    for p, q, _, regime in pairs(name):
        ratio = quotient_of(p, q)
        if name == "beta-continuousbernoulli" or regime == "scale" or ratio is None:
            continue
        lattice = f.FAMILIES[type(p)].support(p).kind == "lattice"
        marks = f.FAMILIES[type(p)].marks(p)  # type: ignore[misc]
        x = np.array(sorted(marks) if not name.startswith("kumaraswamy") else [0.1, 0.5, 0.9])
        x = np.rint(x) if lattice else x
        points = -np.log(x) if name.startswith("kumaraswamy") else x
        plain = f.log_prob(q, x) - f.log_prob(p, x)
        sharp = ratio(points)
        used = np.isfinite(sharp) & (np.abs(plain) < 1.0)
        size = 1.0 + np.abs(f.log_prob(p, x)[used])
        assert np.all(np.abs(sharp - plain)[used] <= 1e-9 * size), (p, q)


@pytest.mark.parametrize(
    ("p", "q"),
    [
        (f.Binomial(20, 0.3), f.Binomial(21, 0.3)),
        (f.Binomial(20, 0.3), f.Binomial(21, 0.28)),
        (f.NegativeBinomial(2.5, 0.3), f.NegativeBinomial(2.5 + 1e-8, 0.3)),
        (f.NegativeBinomial(2.5, 0.3), f.NegativeBinomial(2.5 + 1e-12, 0.3 + 1e-12)),
    ],
)
def test_counts_of_two_sizes(p: Any, q: Any) -> None:
    def log_mass(law: Any, k: int) -> Any:
        n, share = mpf(float(law.total_count)), mpf(float(law.probs))
        if isinstance(law, f.Binomial):
            return mp.log(mp.binomial(n, k)) + k * mp.log(share) + (n - k) * mp.log1p(-share)
        return mp.loggamma(k + n) - mp.loggamma(n) - mp.loggamma(k + 1) + n * mp.log(share) + k * mp.log1p(-share)

    with mp.workdps(60):
        last = 21 if isinstance(p, f.Binomial) else 600
        logs = [(log_mass(p, k), log_mass(q, k)) for k in range(last)]
        truth = mp.fsum(mp.exp(lp) * (lp - lq) for lp, lq in logs)
        found = numeric(p, q)
        assert abs(mpf(found.value) - truth) <= found.error <= 1e-4 * truth
        assert abs(mpf(found.value) - truth) <= 1e-11 * truth


def test_log_ratio_of_the_user() -> None:
    # mpmath 1.3: D of two exponential laws, rates 1 and 1 + d, is log1p(-d/(1+d)) + d = d - log1p(d)
    for d in (1e-3, 1e-8, 1e-13):
        rate = 1.0 + d
        step = rate - 1.0
        p, q = Density(lambda x: -x, 0.0), Density(lambda x, rate=rate: np.log(rate) - rate * x, 0.0)
        with mp.workdps(50):
            truth = mpf(step) - mp.log1p(mpf(step))
            found = quadrature(p, q, log_ratio=lambda x, step=step: np.log1p(step) - step * x)
            assert abs(mpf(found.value) - truth) <= found.error <= 1e-12 * truth
            # without it the error must say what was lost
            plain = quadrature(p, q)
            assert abs(mpf(plain.value) - truth) <= plain.error


def test_a_constant_in_the_log_ratio_counts_by_its_square() -> None:
    def law(rate: float) -> Density:
        return Density(lambda k: k * np.log(rate) - rate - gammaln(k + 1.0), 0.0, marks=(rate,))

    step = 1e-9
    rate = 3.0 * (1.0 + step)
    gap = (rate - 3.0) / 3.0
    off = lattice_sum(law(3.0), law(rate), log_ratio=lambda k: k * np.log1p(gap) - 3.0 * gap + 1e-14)
    with mp.workdps(50):
        truth = mpf(3) * mp.log(mpf(3) / mpf(rate)) + mpf(rate) - 3
        assert abs(mpf(off.value) - truth) <= 1e-9 * truth


def test_small_mass_defects_scale_with_the_divergence() -> None:
    def law(mean: float, off: float = 0.0) -> Density:
        return Density(
            lambda x: -0.5 * (x - mean) ** 2 - 0.5 * np.log(2 * np.pi) + off, marks=(mean - 2, mean, mean + 2)
        )

    step = 1e-8
    found = quadrature(law(0.0, 1e-11), law(step), log_ratio=lambda x: step * x - 0.5 * step * step)
    assert abs(found.value - 0.5e-16) <= found.error <= 1e-8 * 0.5e-16
    # without the log ratio the constant is in the difference: it counts by its square
    plain = quadrature(law(0.0, 1e-11), law(1e-3))
    assert abs(plain.value - 0.5e-6) <= plain.error <= 1e-14
    # a peak that holds a millionth is no constant
    assert quadrature(law(0.0, 1e-5), law(step)).error == np.inf


def test_supports_that_differ_by_a_few_floats() -> None:
    p, q = Density(lambda x: 0.0 * x, 0.0, 1.0), Density(lambda x: 0.0 * x, 0.0, 1.0 + 4e-16)
    found = quadrature(p, q)
    assert found.value == pytest.approx(4.44e-16, rel=1e-2)


@pytest.mark.parametrize("name", ["kumaraswamy-kumaraswamy", "kumaraswamy-beta"])
def test_poles_at_one(name: str) -> None:
    for p, q, truth, regime in pairs(name):
        found = numeric(p, q)
        assert abs(mpf(found.value) - truth) <= found.error, (p, q)
        if regime == "ordinary":
            assert abs(mpf(found.value) - truth) <= 3e-15 * truth, (p, q)


@pytest.mark.parametrize(
    ("p", "q", "truth"),
    [
        # mpmath 1.3, 40 digits; see also tests/oracle/data, regimes "scale" and "tinyp"
        (
            f.ContinuousBernoulli(probs=0.4864739107329268),
            f.Exponential(5.7527112426985875e-151),
            "345.940799798619861",
        ),
        (f.Uniform(0.0, 1.0), f.Exponential(1e-150), "345.387763949106842"),
        (f.Uniform(0.0, 1.0), f.Gamma(2.0, 1e-150), "691.775527898213684"),
        (f.Exponential(1.0), f.Exponential(1e-150), "344.387763949106842"),
        (f.Exponential(1e150), f.Exponential(1e-150), "689.775527898213684"),
        (f.Poisson(1.4799298161389212), f.Geometric(1e-300), "689.243927422332"),
        (f.Poisson(5.0324571250037895), f.Geometric(1e-20), "43.8439210892859"),
        (f.Binomial(10, 0.5674312917302973), f.Geometric(1e-20), "44.1857987116142"),
    ],
)
def test_no_false_infinity(p: Any, q: Any, truth: str) -> None:
    found = numeric(p, q)
    assert abs(found.value - float(truth)) <= found.error + 1e-13 * float(truth)
    assert found.error <= 1e-10 * found.value


def test_no_law_is_nan_at_the_ends_of_floats() -> None:
    laws = [family(0.0, scale) for family in (f.Gumbel, f.Logistic, f.Normal) for scale in (1e-150, 1e20, 1e150)]
    laws.append(f.Pareto(1e150, 3.0))
    for p in laws:
        for q in laws:
            if isinstance(p, f.Pareto) or not isinstance(q, f.Pareto):
                assert numeric(p, q).value >= 0


def test_a_true_gap_is_infinite() -> None:
    hole = Density(lambda x: np.where(np.abs(x - 0.5) < 0.1, -np.inf, -np.log(0.8)), 0.0, 1.0, (0.4, 0.6))
    assert quadrature(Density(lambda x: 0.0 * x, 0.0, 1.0), hole).value == np.inf


def test_uniform_against_powers_of_a_tiny_scale() -> None:
    found = divergence_of_laws(f.Uniform(0.0, 1e-20), f.HalfNormal(1e-150))
    assert found.value == pytest.approx(1e260 / 6.0)
