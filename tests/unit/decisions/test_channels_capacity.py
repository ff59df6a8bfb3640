import math

import numpy as np
import pytest

import kullback as kl
from kullback._core import InputError
from kullback.decisions.channels import channel_capacity


def h(p):
    return -p * math.log(p) - (1 - p) * math.log1p(-p)


def typewriter(n):
    return [[0.5 * (j in {i, (i + 1) % n}) for j in range(n)] for i in range(n)]


KNOWN = {
    "binary symmetric": ([[0.9, 0.1], [0.1, 0.9]], math.log(2) - h(0.1)),
    "binary erasure": ([[0.7, 0.3, 0.0], [0.0, 0.3, 0.7]], 0.7 * math.log(2)),
    "Z": ([[1.0, 0.0], [0.3, 0.7]], math.log(1 + 0.7 * 0.3 ** (0.3 / 0.7))),
    "typewriter": (typewriter(27), math.log(13.5)),
    "noiseless": (np.eye(5), math.log(5)),
    "useless": (np.full((4, 3), 1 / 3), 0.0),
    # An input that is a mixture of others is never needed.
    "unused input": ([[1, 0], [0, 1], [0.5, 0.5]], math.log(2)),
    # Of two channels that never meet the capacity is log(e^C1 + e^C2).
    "sum of channels": ([[1, 0, 0], [0, 0.9, 0.1], [0, 0.1, 0.9]], math.log(1 + math.exp(math.log(2) - h(0.1)))),
}


@pytest.mark.parametrize("name", KNOWN)
def test_closed_forms(name):
    channel, truth = KNOWN[name]
    found = channel_capacity(channel)
    assert found.value == pytest.approx(truth, abs=2e-12)
    assert found.gap < 1e-9


def test_weakly_symmetric_channel():
    """Equal column sums over permuted rows: log |Y| - H(row) (Cover and Thomas, theorem 7.2.1)."""
    rows = np.array([[1 / 3, 1 / 6, 1 / 2], [1 / 3, 1 / 2, 1 / 6]])
    entropy = float(-(rows[0] * np.log(rows[0])).sum())
    assert channel_capacity(rows).value == pytest.approx(math.log(3) - entropy, abs=1e-12)


@pytest.mark.parametrize("concentration", [1.0, 0.1, 0.02])
def test_hard_channels_are_certified_from_outside(concentration):
    """Both bounds again, from the returned laws alone: information below, largest divergence above."""
    rows = np.random.default_rng(0).dirichlet(np.full(100, concentration), size=100)
    found = channel_capacity(rows)
    joint = found.inputs[:, None] * rows
    lower = float(kl.mutual_information(joint / joint.sum()))
    upper = float(np.max(kl.divergence(rows, np.broadcast_to(found.inputs @ rows, rows.shape))))
    assert 0 <= upper - lower < 1e-9
    assert found.value == pytest.approx(lower, abs=1e-11)


@pytest.mark.parametrize("shape", [(300, 10), (20, 300), (2, 2), (1, 3)])
def test_shapes(shape):
    rows = np.random.default_rng(1).dirichlet(np.ones(shape[1]), size=shape[0])
    found = channel_capacity(rows)
    assert found.gap < 1e-9
    assert 0 <= found.value <= math.log(min(shape)) + 1e-12


def test_radius_of_the_smallest_ball():
    rows = np.random.default_rng(2).dirichlet(np.ones(6), size=8)
    found = channel_capacity(rows)
    used = np.isin(np.arange(8), found.used)
    assert found.divergences[used] == pytest.approx(found.value, abs=1e-9)
    assert (found.divergences[~used] <= found.value + 1e-9).all()
    rng = np.random.default_rng(3)
    centers = [rng.dirichlet(np.ones(6)) for _ in range(200)] + list(rows)
    radii = [np.max(kl.divergence(rows, np.broadcast_to(0.5 * c + 0.5 * found.output, rows.shape))) for c in centers]
    assert min(radii) >= found.value - 1e-9


def test_blahut_arimoto_agrees_where_it_ends():
    rows = np.random.default_rng(4).dirichlet(np.ones(4), size=3)
    p = np.full(3, 1 / 3)
    for _ in range(20_000):
        weights = p * np.exp((rows * np.log(rows / (p @ rows))).sum(axis=1))
        p = weights / weights.sum()
    assert channel_capacity(rows).value == pytest.approx(float(np.log(weights.sum())), abs=1e-10)


def test_nearly_useless_channel_keeps_its_digits():
    """log 2 - h(½ + e) = 2 e² + 4/3 e⁴ …."""
    e = 1e-5
    found = channel_capacity([[0.5 + e, 0.5 - e], [0.5 - e, 0.5 + e]])
    assert found.value == pytest.approx(2 * e**2 + 4 / 3 * e**4, rel=1e-9)


@pytest.mark.parametrize("budget", [0.05, 0.2, 0.4])
def test_cost_of_the_ones_of_a_symmetric_channel(budget):
    """A share of ones of at most the budget: h(budget * 0.9 + (1 - budget) * 0.1) - h(0.1)."""
    found = channel_capacity([[0.9, 0.1], [0.1, 0.9]], costs=[0, 1], budget=budget)
    mixed = budget * 0.9 + (1 - budget) * 0.1
    assert found.value == pytest.approx(h(mixed) - h(0.1), abs=1e-11)
    assert found.cost == pytest.approx(budget, abs=1e-10)
    slope = 0.8 * math.log((1 - mixed) / mixed)
    assert found.price == pytest.approx(slope, rel=1e-6)
    assert found.gap < 1e-9


def test_budget_that_does_not_bind():
    plain = channel_capacity([[0.9, 0.1], [0.1, 0.9]]).value
    assert channel_capacity([[0.9, 0.1], [0.1, 0.9]], costs=[0, 1], budget=0.7).value == pytest.approx(plain, abs=1e-12)
    assert channel_capacity([[0.9, 0.1], [0.1, 0.9]], costs=[0, 1], budget=5.0).value == pytest.approx(plain, abs=1e-12)


def test_noiseless_channel_with_costs():
    """Largest entropy at a mean cost: shares proportional to exp(-λ cost)."""
    found = channel_capacity(np.eye(3), costs=[0, 1, 2], budget=0.5)
    shares = np.exp(-found.price * np.arange(3))
    shares /= shares.sum()
    assert found.inputs == pytest.approx(shares, abs=1e-9)
    assert shares @ np.arange(3) == pytest.approx(0.5, abs=1e-9)


@pytest.mark.parametrize(
    ("channel", "options", "words"),
    [
        ([0.5, 0.5], {}, "shape"),
        ([[0.5, 0.6], [0.5, 0.5]], {}, "adds up"),
        ([[1.5, -0.5], [0.5, 0.5]], {}, "negative"),
        ([[float("nan"), 1.0], [0.5, 0.5]], {}, "nan"),
        ("x", {}, "numbers"),
        (np.eye(2), {"tolerance": 0.0}, "tolerance"),
        (np.eye(2), {"costs": [0, 1]}, "together"),
        (np.eye(2), {"costs": [0, 1, 2], "budget": 1.0}, "costs"),
        (np.eye(2), {"costs": [1, 2], "budget": 0.5}, "smallest cost"),
    ],
)
def test_bad_input(channel, options, words):
    with pytest.raises(InputError, match=words):
        channel_capacity(channel, **options)


def test_input_is_not_changed():
    rows = np.array([[0.9, 0.1], [0.1, 0.9]])
    before = rows.copy()
    channel_capacity(rows)
    assert (rows == before).all()


def test_text_and_picture(require):
    found = channel_capacity([[0.9, 0.1], [0.1, 0.9]])
    assert "0.531004406 bits" in str(found)
    require("matplotlib")
    assert found.plot().axes[0].get_xlabel() == "input"
