"""Mixtures of normal laws on the line against mpmath at 40 digits."""

import numpy as np
import pytest

import kullback as kl
from kullback.fitting.mixtures import mixture_divergence

TWO = [(0.3, -1.0, 0.5), (0.7, 2.0, 1.0)]
RNG = np.random.default_rng(0)


def ten():
    weights = RNG.dirichlet(np.ones(10)).tolist()
    return [(w, float(RNG.normal(0, 5)), float(RNG.uniform(0.2, 2))) for w in weights]


PAIRS = {
    "broad against two modes": ([(0.5, -3.0, 1.0), (0.5, 3.0, 1.0)], [(1.0, 0.0, 3.0)]),
    "narrow": ([(0.5, 0.0, 1e-6), (0.5, 0.0, 1.0)], [(0.5, 1e-6, 1e-6), (0.5, 0.1, 1.0)]),
    "a billion times narrower": ([(0.5, 0.3, 1e-9), (0.5, 0.0, 1.0)], [(0.2, 0.3, 2e-9), (0.8, 0.0, 1.0)]),
    "far apart": ([(0.5, -1e3, 1.0), (0.5, 1e3, 1.0)], [(0.5, -1e3, 1.0), (0.5, 0.0, 1.0)]),
    "farther": ([(0.5, -1e6, 1.0), (0.5, 1e6, 1.0)], [(0.4, -1e6, 1.0), (0.6, 1e6, 2.0)]),
    "near by a mean": (TWO, [(0.3, -1.0 + 1e-7, 0.5), (0.7, 2.0, 1.0)]),
    "near by the weights": (TWO, [(0.3 + 1e-9, -1.0, 0.5), (0.7 - 1e-9, 2.0, 1.0)]),
    "near by a scale": (TWO, [(0.3, -1.0, 0.5 * (1 + 1e-5)), (0.7, 2.0, 1.0)]),
    "nearer": (TWO, [(0.3, -1.0 + 1e-11, 0.5), (0.7, 2.0, 1.0 + 3e-12)]),
    "ten components": (ten(), ten()),
    "light component in p": ([(1e-12, 100.0, 1e-3), (1.0, 0.0, 1.0)], [(1.0, 0.0, 1.0)]),
    "light component in q": ([(1.0, 0.0, 1.0)], [(1.0, 0.0, 1.0), (1e-12, 100.0, 1.0)]),
    "light components apart": ([(1e-12, 100.0, 1.0), (1.0, 0.0, 1.0)], [(1.0, 0.0, 1.0), (1e-12, -100.0, 1.0)]),
}


def mixture(parts):
    return kl.families.Mixture([w for w, _, _ in parts], [kl.families.Normal(m, s) for _, m, s in parts])


def truth(p, q, mp):
    """The plain integral, cut at every scale of every component."""
    sides = []
    for parts in (p, q):
        exact = [tuple(map(mp.mpf, part)) for part in parts]
        total = sum(w for w, _, _ in exact)
        sides.append([(w / total / (s * mp.sqrt(2 * mp.pi)), m, s) for w, m, s in exact])

    def log_density(parts, x):
        logs = [mp.log(c) - ((x - m) / s) ** 2 / 2 for c, m, s in parts]
        return max(logs) + mp.log(sum(mp.exp(one - max(logs)) for one in logs))

    def integrand(x):
        left, right = (log_density(parts, x) for parts in sides)
        return mp.exp(left) * (left - right)

    steps = (-14, -9, -6, -3.5, -1.5, 0, 1.5, 3.5, 6, 9, 14)
    cuts = {m + k * s for parts in sides for _, m, s in parts for k in steps}
    low, high = (end(m + k * s for _, m, s in sides[0]) for end, k in ((min, -14), (max, 14)))
    return mp.quad(integrand, sorted(x for x in cuts if low <= x <= high), method="gauss-legendre", maxdegree=4)


@pytest.mark.parametrize("name", PAIRS)
def test_within_a_ten_billionth_of_mpmath(name, require):
    mp = require("mpmath").mp.clone()
    mp.dps = 40
    p, q = PAIRS[name]
    exact = float(truth(p, q, mp))
    assert float(kl.divergence(mixture(p), mixture(q))) == pytest.approx(exact, rel=1e-10)
    found = mixture_divergence(mixture(p), mixture(q))
    assert found.exact
    assert found.value == pytest.approx(exact, rel=1e-10)
    assert found.lower <= found.value <= found.upper


def test_equal_mixtures_have_none():
    law = mixture(TWO)
    assert float(kl.divergence(law, law)) == 0.0
    assert mixture_divergence(law, mixture(TWO)).value == 0.0


def test_order_of_components_does_not_matter():
    p, q = PAIRS["ten components"]
    one, two = (float(kl.divergence(mixture(p), mixture(parts))) for parts in (q, q[::-1]))
    assert one == pytest.approx(two, rel=1e-12)
