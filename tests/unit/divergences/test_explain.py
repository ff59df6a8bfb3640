"""`explain`: the way to a number, its error, and the cause of an infinite one."""

import math

import numpy as np
import pytest
from scipy import stats

import kullback as kl
import kullback.families as f

TABLE = {"Windows": 0.60, "macOS": 0.25, "Linux": 0.15}, {"Windows": 0.75, "macOS": 0.25}


def test_labelled_outcomes():
    found = kl.explain(*TABLE)
    assert found.value == math.inf
    assert found.reverse == pytest.approx(0.167357663485657, rel=1e-14)
    assert found.cause == "q holds Linux impossible, p gives it 15 %"
    assert found.reverse_cause is None
    assert found.mass == 0.15
    assert found.rung == "sum over 3 outcomes"
    assert [label for label, _ in found.contributions] == ["Linux", "Windows", "macOS"]


def test_the_other_direction_has_its_own_cause():
    found = kl.explain(*TABLE[::-1])
    assert found.cause is None
    assert found.mass is None
    assert found.reverse_cause == "p holds Linux impossible, q gives it 15 %"


def test_many_lost_outcomes_are_counted():
    p = [0.3, 0.25, 0.2, 0.15, 0.1, 0.0]
    found = kl.explain(p, [0.0] * 5 + [1.0])
    assert found.cause == "q holds 0, 1, 2 and 2 more impossible, p gives them 100 %"
    assert len(found.contributions) == 5


def test_contributions_are_sorted_and_add_up():
    found = kl.explain([0.2, 0.3, 0.5], [0.5, 0.3, 0.2])
    parts = [part for _, part in found.contributions]
    assert parts == sorted(parts, reverse=True)
    assert sum(parts) == pytest.approx(found.value, rel=1e-14)
    assert found.bits == found.value / math.log(2)


@pytest.mark.parametrize(
    ("p", "q", "rung"),
    [
        (f.Normal(0, 1), f.Normal(1, 2), "closed form of Normal"),
        (f.Exponential(1), f.Gamma(2, 1), "closed form of Gamma"),
        (f.Gamma(2, 1), f.Normal(0, 1), "moments"),
        (f.Normal(0, 1), f.Poisson(1), "supports"),
        (f.PointMass(1), f.Poisson(1), "point"),
        (f.PointMass(1), f.PointMass(1), "points"),
        (f.Product([f.Normal(0, 1)] * 2), f.Product([f.Normal(1, 1)] * 2), "sum over coordinates"),
        (f.Normal(0, 1), f.Mixture([0.5, 0.5], [f.Normal(0, 1), f.Normal(1, 1)]), "adaptive Gauss-Kronrod quadrature"),
        (f.Poisson(2), f.Mixture([0.5, 0.5], [f.Poisson(1), f.Poisson(3)]), "sum over "),
    ],
)
def test_the_rung_is_named(p, q, rung):
    found = kl.explain(p, q)
    assert found.rung.startswith(rung)
    assert found.error >= 0
    assert found.value == kl.divergence(p, q)
    assert found.reverse == kl.divergence(q, p)


@pytest.mark.parametrize(
    ("p", "q", "truth"),
    [
        (f.Normal(0, 1), f.Normal(1, 2), math.log(2) - 0.25),
        # E x²/2 = 3 under Gamma(2, 1), whose entropy is 2 - ψ(2) = 1 + γ
        (f.Gamma(2, 1), f.Normal(0, 1), 0.5 * math.log(2 * math.pi) + 3 - (1 + np.euler_gamma)),
        (f.Logistic(0, 1), f.Normal(0, 1), 0.5 * math.log(2 * math.pi) + math.pi**2 / 6 - 2),
    ],
)
def test_the_error_is_a_bound(p, q, truth):
    found = kl.explain(p, q)
    assert abs(found.value - truth) <= found.error + 4e-16 * truth
    assert found.error < 1e-8 * truth


@pytest.mark.parametrize(
    ("p", "q", "words"),
    [
        (f.Normal(0, 1), f.Exponential(1), ["[-inf, inf]", "[0, inf]", "Exponential"]),
        (f.Uniform(0, 2), f.Uniform(0, 1), ["[0, 2]", "[0, 1]"]),
        (f.Normal(0, 1), f.Poisson(1), ["density", "points"]),
        (f.PointMass(0), f.Normal(0, 1), ["point", "density"]),
        (f.PointMass(-1), f.Poisson(1), ["Poisson", "no mass"]),
        (f.PointMass(0), f.PointMass(1), ["differ"]),
        (f.Poisson(1), f.PointMass(1), ["point"]),
        (f.Cauchy(0, 1), f.Normal(0, 1), ["mean", "tails"]),
    ],
)
def test_infinite_laws_have_a_cause(p, q, words):
    found = kl.explain(p, q)
    assert found.value == math.inf
    assert found.error == 0 or math.isinf(found.error)
    assert all(word in found.cause for word in words), found.cause
    assert "D(p‖q) = inf" in str(found)
    assert found.cause in str(found)


def test_text():
    text = str(kl.explain(f.Normal(0, 1), f.Normal(0, 1)))
    assert text.splitlines()[0] == "D(p‖q) = 0 nats = 0 bits, exactly"
    found = kl.explain([0.5, 0.5], [0.3, 0.7])
    assert repr(found) == str(found)
    assert "0.08717669357 nats = 0.1257693835 bits" in str(found)
    assert found._repr_html_().startswith("<pre>")


def test_labels_are_made_harmless():
    found = kl.explain({"<b>\n\x1b[31m": 1.0}, {"other": 1.0})
    assert "\x1b" not in str(found)
    assert "<b>" not in found._repr_html_()


def test_objects_and_weights():
    assert kl.explain(stats.norm(0, 1), f.Normal(1, 1)).value == 0.5
    assert kl.explain([3, 7], [1, 1], normalize=True).value == kl.divergence([3, 7], [1, 1], normalize=True)
