"""Laws that the divergence and its relatives obey, whatever the numbers."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import kullback as kl
import kullback.families as f

# Both sides of an equation are right to 8 ulp and a few roundings come with stating it.
CLOSE = 1e-13
TINY = 1e-15

_weight = st.one_of(st.floats(1e-3, 1.0), st.just(0.0))
_positive = st.floats(1e-3, 1.0)


def _vectors(count, weight=_weight):
    """So many probability vectors of one length."""
    return (
        st.integers(2, 8)
        .flatmap(lambda size: st.lists(st.lists(weight, min_size=size, max_size=size), min_size=count, max_size=count))
        .map(np.array)
        .filter(lambda rows: rows.sum(axis=1).all())
        .map(lambda rows: rows / rows.sum(axis=1, keepdims=True))
    )


pairs, positive_pairs = _vectors(2), _vectors(2, _positive)
laws = st.sampled_from([f.Normal, f.Laplace, f.Cauchy, f.Logistic, f.Gumbel])
_place, _scale = st.floats(-5, 5), st.floats(0.2, 5)
_laws = st.tuples(laws, _place, _scale, _place, _scale)


def _at_most(value, bound):
    return value <= bound * (1 + CLOSE) + TINY


@given(pairs)
def test_never_negative_and_zero_only_for_equal_laws(rows):
    p, q = rows
    assert kl.divergence(p, q) >= 0
    assert kl.divergence(p, p) == 0
    if np.abs(p - q).max() > 1e-12:
        assert kl.divergence(p, q) > 0
    assert (kl.contributions(p, q) >= 0).all()


@given(positive_pairs, st.floats(1e-14, 1e-3), st.integers(0, 99))
def test_near_laws_are_never_at_a_negative_distance(rows, step, seed):
    p = rows[0]
    q = p * (1 + step * np.random.default_rng(seed).uniform(-1, 1, p.size))
    assert kl.divergence(p, q, normalize=True) >= 0
    assert kl.jensen_shannon(p, q, normalize=True) >= 0
    assert kl.renyi(p, q, 0.5, normalize=True) >= 0


@given(pairs)
def test_infinite_exactly_where_q_lacks_an_outcome_of_p(rows):
    p, q = rows
    assert math.isinf(kl.divergence(p, q)) == bool(((p > 0) & (q == 0)).any())


@given(pairs, st.randoms(use_true_random=False))
def test_the_order_of_outcomes_does_not_matter(rows, random):
    order = random.sample(range(rows.shape[1]), rows.shape[1])
    moved = rows[:, order]
    for verb in (kl.divergence, kl.jensen_shannon, kl.cross_entropy, kl.jeffreys):
        assert verb(*moved) == pytest.approx(verb(*rows), rel=CLOSE, abs=TINY)


@given(pairs)
def test_outcomes_of_no_mass_do_not_matter(rows):
    wider = np.column_stack([rows, [0, 0]])
    assert kl.divergence(*wider) == pytest.approx(kl.divergence(*rows), rel=CLOSE, abs=0)


@given(pairs)
def test_merging_outcomes_never_adds(rows):
    merged = np.column_stack([rows[:, :-2], rows[:, -2] + rows[:, -1]])
    verbs = [kl.divergence, kl.jensen_shannon, lambda p, q: kl.renyi(p, q, 0.5)]
    verbs += [lambda p, q, name=name: kl.f_divergence(p, q, name) for name in ("total-variation", "squared-hellinger")]
    for verb in verbs:
        assert _at_most(verb(*merged), verb(*rows))


@given(pairs, st.integers(0, 999))
def test_no_channel_adds(rows, seed):
    channel = np.random.default_rng(seed).dirichlet(np.ones(4), size=rows.shape[1])
    assert _at_most(kl.divergence(*(rows @ channel), normalize=True), kl.divergence(*rows))


@given(pairs, pairs)
def test_additive_over_products(one, other):
    products = np.stack([np.outer(a, b) for a, b in zip(one, other, strict=True)])
    wanted = kl.divergence(*one) + kl.divergence(*other)
    assert kl.divergence(*products, axis=(-2, -1)) == pytest.approx(wanted, rel=CLOSE, abs=TINY)


@given(_vectors(3, _positive), _vectors(1, _positive))
def test_chain_rule(rows, weights):
    table = rows * np.resize(weights[0], 3)[:, None]
    table = table / table.sum()
    x, y = table.sum(axis=1), table.sum(axis=0)
    shared, rest = kl.mutual_information(table), kl.conditional_entropy(table)
    assert shared + rest == pytest.approx(kl.entropy(y), rel=CLOSE)
    assert rest + kl.entropy(x) == pytest.approx(kl.entropy(table, axis=None), rel=CLOSE)
    assert shared == pytest.approx(kl.divergence(table, np.outer(x, y), axis=None), rel=1e-10, abs=TINY)


@given(_vectors(4), st.floats(0, 1))
def test_jointly_convex(rows, share):
    p1, p2, q1, q2 = rows
    assume(0.01 < share < 0.99)
    mixed = kl.divergence(share * p1 + (1 - share) * p2, share * q1 + (1 - share) * q2)
    assert _at_most(mixed, share * kl.divergence(p1, q1) + (1 - share) * kl.divergence(p2, q2))


@given(pairs)
def test_pinsker(rows):
    assert _at_most(2 * kl.f_divergence(*rows, "total-variation") ** 2, kl.divergence(*rows))
    assert _at_most(kl.f_divergence(*rows, "squared-hellinger"), kl.divergence(*rows))


@given(pairs)
def test_jensen_shannon_is_symmetric_and_bounded(rows):
    p, q = rows
    found = kl.jensen_shannon(p, q)
    assert found == pytest.approx(kl.jensen_shannon(q, p), rel=CLOSE, abs=TINY)
    assert 0 <= found <= math.log(2) * (1 + CLOSE)
    assert kl.jensen_shannon(p, p) == 0
    assert _at_most(found, kl.jeffreys(p, q) / 4)


@given(pairs)
def test_jeffreys_is_symmetric(rows):
    p, q = rows
    assert kl.jeffreys(p, q) == kl.jeffreys(q, p) == kl.divergence(p, q) + kl.divergence(q, p)


@given(pairs, st.floats(0, 5), st.floats(0, 5))
def test_renyi_grows_with_its_order(rows, one, other):
    low, high = sorted((one, other))
    assert kl.renyi(*rows, low) <= kl.renyi(*rows, high) * (1 + 1e-11) + TINY
    assert kl.renyi(*rows, high) <= kl.renyi(*rows, math.inf) * (1 + 1e-11) + TINY


@given(positive_pairs, st.floats(0.05, 0.95))
def test_renyi_is_skew_symmetric(rows, alpha):
    p, q = rows
    wanted = alpha / (1 - alpha) * kl.renyi(q, p, 1 - alpha)
    assert kl.renyi(p, q, alpha) == pytest.approx(wanted, rel=1e-11, abs=TINY)


@given(pairs)
def test_entropy_is_bounded_by_that_of_equal_shares(rows):
    p, q = rows
    even = np.full(p.size, 1 / p.size)
    assert 0 <= kl.entropy(p) <= math.log(p.size) * (1 + CLOSE)
    assert kl.divergence(p, even) == pytest.approx(math.log(p.size) - kl.entropy(p), abs=1e-14)
    assert kl.cross_entropy(p, q) == pytest.approx(kl.entropy(p) + kl.divergence(p, q), rel=CLOSE, abs=TINY)


@given(pairs, st.sampled_from([2, 10, math.e, 256]))
def test_the_base_is_a_unit(rows, base):
    assert kl.divergence(*rows, base=base) * math.log(base) == pytest.approx(kl.divergence(*rows), rel=TINY, abs=0)


@given(pairs, st.floats(1e-100, 1e100), st.floats(1e-100, 1e100))
def test_the_size_of_weights_does_not_matter(rows, one, other):
    p, q = rows
    found = kl.divergence(one * p, other * q, normalize=True)
    # the products are rounded, which moves D by the square of what it is near zero
    assert found == pytest.approx(kl.divergence(p, q), rel=CLOSE, abs=1e-14 * math.sqrt(found) if found < 1 else TINY)


@given(_laws, st.floats(-50, 50), st.floats(0.01, 100), st.booleans())
def test_affine_maps_change_nothing(pair, shift, factor, mirrored):
    family, p_loc, p_scale, q_loc, q_scale = pair
    sign = -1.0 if mirrored and family is not f.Gumbel else 1.0
    before = kl.divergence(family(p_loc, p_scale), family(q_loc, q_scale))
    after = kl.divergence(
        family(sign * factor * p_loc + shift, factor * p_scale), family(sign * factor * q_loc + shift, factor * q_scale)
    )
    # shifted places are rounded: 50 + 0.01 x keeps x to 1e-12
    assert after == pytest.approx(before, rel=1e-9, abs=1e-10)


@given(_laws)
def test_location_scale_families_are_never_at_a_negative_distance(pair):
    family, p_loc, p_scale, q_loc, q_scale = pair
    p, q = family(p_loc, p_scale), family(q_loc, q_scale)
    assert kl.divergence(p, q) >= 0
    assert kl.divergence(p, p) == 0
    if abs(p_loc - q_loc) > 1e-6 or abs(p_scale - q_scale) > 1e-6:
        assert kl.divergence(p, q) > 0


@given(st.floats(-3, 3), st.floats(0.2, 3), st.floats(-3, 3), st.floats(0.2, 3))
def test_one_map_of_both_sides_changes_nothing(p_loc, p_scale, q_loc, q_scale):
    normal = kl.divergence(f.Normal(p_loc, p_scale), f.Normal(q_loc, q_scale))
    assert kl.divergence(f.LogNormal(p_loc, p_scale), f.LogNormal(q_loc, q_scale)) == pytest.approx(normal, rel=CLOSE)


@given(st.floats(0.1, 9), st.floats(0.1, 9), st.floats(0.1, 9), st.floats(0.1, 9))
def test_products_of_laws_add_up(a, b, c, d):
    p, q = f.Product([f.Gamma(a, b), f.Poisson(a)]), f.Product([f.Gamma(c, d), f.Poisson(c)])
    wanted = kl.divergence(f.Gamma(a, b), f.Gamma(c, d)) + kl.divergence(f.Poisson(a), f.Poisson(c))
    assert kl.divergence(p, q) == pytest.approx(wanted, rel=TINY)
    assert kl.divergence(f.Binomial(7, a / 10), f.Binomial(7, c / 10)) == pytest.approx(
        7 * kl.divergence(f.Bernoulli(a / 10), f.Bernoulli(c / 10)), rel=CLOSE
    )
