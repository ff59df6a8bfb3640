"""The verbs on arrays: one number in every library, and all its digits."""

import mpmath
import numpy as np
import pytest

import kullback as kl
from kullback._core import numbers

WITHOUT_JAX = ["numpy", "array_api_strict", "torch"]  # where each new shape would cost JAX a second of compiling
CLOSE = 2e-15

P = [[0.2, 0.3, 0.5], [0.7, 0.2, 0.1]]
Q = [[0.25, 0.35, 0.4], [0.5, 0.0, 0.5]]
BOTH = {
    "divergence": kl.divergence,
    "cross_entropy": kl.cross_entropy,
    "jensen_shannon": kl.jensen_shannon,
    "jeffreys": kl.jeffreys,
    "contributions": kl.contributions,
    "textbook": lambda p, q, **options: kl.contributions(p, q, form="textbook", **options),
    "renyi": lambda p, q, **options: kl.renyi(p, q, 2.0, **options),
    "f_divergence": lambda p, q, **options: kl.f_divergence(p, q, "squared-hellinger", **options),
}
VERBS = BOTH | {"entropy": lambda p, _, **options: kl.entropy(p, **options)}
ROWS = {name: verb for name, verb in VERBS.items() if name not in {"contributions", "textbook"}}
every_verb = pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
every_row_verb = pytest.mark.parametrize("verb", ROWS.values(), ids=ROWS)
few_libraries = pytest.mark.parametrize("xp", WITHOUT_JAX, indirect=True)


def _exact(p, q):
    """D(p/Σp ‖ q/Σq) in 60 digits."""
    with mpmath.workdps(60):
        p, q = ([mpmath.mpf(float(x)) for x in side] for side in (p, q))
        p_total, q_total = mpmath.fsum(p), mpmath.fsum(q)
        if any(a and not b for a, b in zip(p, q, strict=True)):
            return mpmath.inf
        terms = [a / p_total * mpmath.log(a * q_total / (b * p_total)) for a, b in zip(p, q, strict=True) if a]
        return +mpmath.fsum(terms)


def _same(found, wanted, tolerance=CLOSE):
    found = float(found)
    with mpmath.workdps(60):
        return found == wanted or abs(mpmath.mpf(found) - wanted) <= tolerance * abs(wanted)


def _neighbors(size, step, seed=0):
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.full(size, 2.0))
    q = p * (1.0 + step * rng.uniform(-1.0, 1.0, size))
    return p, q / q.sum()


# Every library


@every_verb
def test_every_library_gives_the_same_numbers(xp, verb):
    p, q = (xp.asarray(side, dtype=xp.float64) for side in (P, Q))
    found = verb(p, q)
    assert type(found) is type(p)
    assert found.dtype == xp.float64
    np.testing.assert_allclose(numbers(found), verb(np.array(P), np.array(Q)), rtol=CLOSE, atol=1e-17)


@every_verb
def test_float32_stays_and_is_right_to_4_ulp(xp, verb):
    p, q = (xp.asarray(side, dtype=xp.float32) for side in (P, Q))
    found = verb(p, q)
    wanted = verb(np.array(P, dtype=np.float32).astype(float), np.array(Q, dtype=np.float32).astype(float))
    assert found.dtype == xp.float32
    finite = np.isfinite(wanted)
    assert np.array_equal(numbers(found)[~finite], wanted[~finite])
    distance = np.abs(numbers(found)[finite] - wanted[finite])
    assert (distance <= 4 * np.spacing(np.abs(wanted[finite]).astype(np.float32))).all()


def test_mutual_information_in_every_library(xp):
    joint = [[[0.3, 0.1], [0.2, 0.4]], [[0.12, 0.28], [0.18, 0.42]]]
    found = kl.mutual_information(xp.asarray(joint, dtype=xp.float64))
    assert numbers(found) == pytest.approx([0.0863046217355343, 0.0], rel=CLOSE, abs=1e-17)
    narrow = kl.mutual_information(xp.asarray(joint, dtype=xp.float32))
    assert narrow.dtype == xp.float32
    assert narrow.shape == (2,)


@every_row_verb
def test_a_verb_of_one_row_gives_one_number(verb):
    found = verb(np.array(P[0]), np.array(Q[0]))
    assert np.ndim(found) == 0
    assert found == verb(P[0], Q[0]) == verb(np.array(P), np.array(Q))[0]


def test_float16_and_integers():
    half = np.array([0.25, 0.75], dtype=np.float16)
    assert kl.divergence(half, half[::-1]).dtype == np.float16
    assert kl.divergence(np.array([1, 3]), np.array([3, 1]), normalize=True).dtype == np.float64
    assert kl.divergence(half, np.array([0.5, 0.5])).dtype == np.float64


# Shapes


@few_libraries
@every_verb
def test_rows_are_computed_by_themselves(xp, verb):
    p, q = (xp.asarray(side, dtype=xp.float64) for side in (P, Q))
    whole = numbers(verb(p, q))
    for row in range(2):
        np.testing.assert_allclose(numbers(verb(p[row, :], q[row, :])), whole[row], rtol=CLOSE)


@few_libraries
@every_row_verb
def test_batches_broadcast(xp, verb):
    p, q = xp.asarray(P, dtype=xp.float64), xp.asarray(Q, dtype=xp.float64)
    found = verb(p[:, None, :], q[None, :, :])
    # the entropy has no second side to broadcast with
    assert tuple(found.shape) in {(2, 2), (2, 1)}
    np.testing.assert_allclose(np.diagonal(np.broadcast_to(numbers(found), (2, 2))), numbers(verb(p, q)), rtol=CLOSE)


@few_libraries
@every_row_verb
def test_axis(xp, verb):
    cube = np.random.default_rng(1).dirichlet(np.ones(12), size=(2, 5)).reshape(2, 5, 3, 4)
    p, q = (xp.asarray(cube[i]) for i in range(2))
    together = verb(xp.reshape(p, (5, 12)), xp.reshape(q, (5, 12)))
    assert np.array_equal(numbers(verb(p, q, axis=(1, 2))), numbers(together))
    assert np.array_equal(numbers(verb(p, q, axis=(-2, -1))), numbers(together))
    p, q = (xp.reshape(side, (5, 12)).T for side in (p, q))
    assert np.array_equal(numbers(verb(p, q, axis=0)), numbers(together))
    flat = verb(p, q, axis=None, normalize=True)
    assert flat.shape == ()
    flattened = (xp.reshape(side, (-1,)) for side in (p, q))
    assert float(flat) == pytest.approx(float(verb(*flattened, normalize=True)), rel=CLOSE)


@few_libraries
def test_contributions_stay_at_their_axis(xp):
    p, q = (xp.asarray(side, dtype=xp.float64).T for side in (P, Q))
    found = kl.contributions(p, q, axis=0)
    assert tuple(found.shape) == (3, 2)
    np.testing.assert_array_equal(numbers(found).T, kl.contributions(np.array(P), np.array(Q)))


@pytest.mark.parametrize("form", ["bregman", "textbook"])
def test_contributions_add_up_to_the_divergence(form):
    assert kl.contributions(P[0], Q[0], form=form).sum() == pytest.approx(kl.divergence(P[0], Q[0]), rel=1e-14)


def test_no_rows_give_no_numbers():
    assert kl.divergence(np.zeros((0, 3)), np.zeros((0, 3))).shape == (0,)


# Options


@few_libraries
@every_verb
def test_base(xp, verb):
    p, q = (xp.asarray(side, dtype=xp.float64) for side in (P, Q))
    nats = numbers(verb(p, q))
    np.testing.assert_allclose(numbers(verb(p, q, base=2)) * np.log(2), nats, rtol=CLOSE)
    np.testing.assert_allclose(numbers(verb(p, q, base=10)) * np.log(10), nats, rtol=CLOSE)


@few_libraries
@every_verb
def test_normalize(xp, verb):
    p, q = (xp.asarray(side, dtype=xp.float64) for side in (P, Q))
    found = numbers(verb(3.0 * p, 1e9 * q, normalize=True))
    np.testing.assert_allclose(found, numbers(verb(p, q)), rtol=4e-15, atol=1e-16)


@few_libraries
@pytest.mark.parametrize("factor", [1e-300, 1e-20, 1e-16, 1e12, 1e16, 1e17, 1e300])
def test_totals_may_be_far_apart(xp, factor):
    p, q = (xp.asarray(side, dtype=xp.float64) for side in ([0.25, 0.75], [0.625, 0.375]))
    wanted = _exact([0.25, 0.75], [0.625, 0.375])
    assert float(kl.divergence(factor * p, q, normalize=True)) == pytest.approx(float(wanted), rel=1e-14)
    assert float(kl.divergence(p, factor * q, normalize=True)) == pytest.approx(float(wanted), rel=1e-14)


def test_normalize_mutual_information():
    joint = np.array([[3.0, 1.0], [2.0, 4.0]])
    assert kl.mutual_information(joint, normalize=True) == pytest.approx(kl.mutual_information(joint / 10), rel=4e-15)


@every_verb
def test_read_only_and_strided_input_is_read_and_left_alone(verb):
    p, q = (np.repeat(np.array(side), 2, axis=1) for side in (P, Q))
    p.flags.writeable = q.flags.writeable = False
    before = p.copy(), q.copy()
    found = verb(p[:, ::-2], q[:, ::-2])
    wanted = verb(p[:, ::-2].copy(), q[:, ::-2].copy())
    assert np.array_equal(found, wanted)
    assert np.array_equal(p, before[0])
    assert np.array_equal(q, before[1])


@every_verb
def test_fortran_order_and_other_byte_order(verb):
    p, q = np.asfortranarray(P), np.array(Q).astype(">f8")
    np.testing.assert_allclose(verb(p, q), verb(np.array(P), np.array(Q)), rtol=CLOSE)


@few_libraries
@every_verb
def test_input_is_not_modified(xp, verb):
    p, q = (xp.asarray(side, dtype=xp.float64) for side in (P, Q))
    verb(p, q)
    verb(p, q, normalize=True)
    assert np.array_equal(numbers(p), P)
    assert np.array_equal(numbers(q), Q)


# Digits


@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize("size", [2, 10, 1000])
@pytest.mark.parametrize("exponent", range(2, 13, 2))
def test_near_pairs_keep_their_digits(exponent, size, normalize):
    p, q = _neighbors(size, 10.0**-exponent)
    assert _same(kl.divergence(p, q, normalize=normalize), _exact(p, q))


@few_libraries
@pytest.mark.parametrize("exponent", [3, 7, 12])
def test_near_pairs_keep_their_digits_elsewhere(xp, exponent):
    p, q = _neighbors(10, 10.0**-exponent)
    assert _same(kl.divergence(xp.asarray(p), xp.asarray(q)), _exact(p, q))
    assert _same(kl.divergence(xp.asarray(3 * p), xp.asarray(7 * q), normalize=True), _exact(3 * p, 7 * q))


def test_batches_of_near_pairs_keep_their_digits():
    pairs = [_neighbors(10, 10.0**-exponent, exponent) for exponent in range(2, 13)]
    p, q = (np.array(side) for side in zip(*pairs, strict=True))
    found = kl.divergence(p, q)
    assert all(_same(value, _exact(*pair)) for value, pair in zip(found, pairs, strict=True))


def test_totals_within_the_tolerance_do_not_count():
    p, q = _neighbors(10, 1e-8)
    wide = p * (1 + 5e-7)
    assert _same(kl.divergence(wide, q), _exact(wide, q))


@pytest.mark.parametrize("size", [2, 10, 1000, 40_000])
def test_far_pairs(size):
    rng = np.random.default_rng(size)
    p, q = rng.dirichlet(np.full(size, 0.5), size=2)
    assert _same(kl.divergence(p, q), _exact(p, q))


@few_libraries
@pytest.mark.parametrize(
    ("p", "q"),
    [
        ([0.5, 0.5, 0.0], [0.25, 0.25, 0.5]),
        ([0.5, 0.25, 0.25], [0.5, 0.5, 0.0]),
        ([0.5, 0.5, 0.0], [0.3, 0.7, 0.0]),
        ([1.0, 0.0, 0.0], [1.0, 0.0, 0.0]),
        ([1.0, 0.0, 0.0], [0.0, 0.0, 1.0]),
        ([1.0, 5e-324, 0.0], [1.0, 0.0, 5e-324]),
        ([1.0, 1e-310, 1e-320], [1.0, 1e-320, 1e-310]),
        ([0.5, 0.5, 1e-310], [0.5, 0.25, 0.25]),
        ([0.5, 0.25, 0.25], [0.5, 0.5, 5e-324]),
        ([1e-300, 1.0, 1e-16], [1.0, 1e-300, 1e-16]),
    ],
)
def test_zeros_and_subnormals(xp, p, q):
    p, q = (np.array(side) for side in (p, q))
    found, wanted = kl.divergence(xp.asarray(p), xp.asarray(q)), _exact(p, q)
    assert found >= 0
    assert _same(found, wanted) or (wanted < 1e-300 and found < 1e-300)


@few_libraries
@pytest.mark.parametrize(
    ("p", "q"),
    [
        ([1e308, 1.5e308], [1.5e308, 1e308]),
        ([1e308, 1.5e308], [1.0, 2.0]),
        ([1.0, 2.0], [1e308, 1.5e308]),
        ([1.7e308] * 3, [1.7e308, 1.7e308, 0.9e308]),
        ([1e-308, 2e-308], [2e-308, 1e-308]),
        ([1e-308, 2e-308], [1.5e308, 1e308]),
        ([1e150, 1e-150], [1e-150, 1e150]),
    ],
)
def test_weights_at_the_ends_of_the_range(xp, p, q):
    p, q = (np.array(side) for side in (p, q))
    assert _same(kl.divergence(xp.asarray(p), xp.asarray(q), normalize=True), _exact(p, q))


@every_verb
def test_totals_beyond_the_range_of_floats(verb):
    p, q = np.array([1e308, 1.5e308]), np.array([1.5e308, 1e308])
    wanted = verb(p / 16, q / 16, normalize=True)
    np.testing.assert_allclose(verb(p, q, normalize=True), wanted, rtol=4e-15)


def test_joint_tables_at_the_ends_of_the_range():
    joint = np.array([[1.0, 1.5], [1.7, 1.0]])
    wanted = kl.mutual_information(joint, normalize=True)
    for factor in (1e308, 1e160, 1e-160, 1e-300):
        assert kl.mutual_information(factor * joint, normalize=True) == pytest.approx(wanted, rel=1e-13)


def test_exactly_zero_for_equal_laws(xp):
    p = xp.asarray(np.random.default_rng(3).dirichlet(np.ones(3), size=2))
    assert not numbers(kl.divergence(p, p)).any()
    assert not numbers(kl.divergence(p, 4.0 * p, normalize=True)).any()


@pytest.mark.parametrize("size", [1, 2, 7, 1000, 20_000, 40_000])
def test_exactly_zero_for_equal_laws_of_any_size(size):
    p = np.random.default_rng(size).dirichlet(np.ones(size))
    assert kl.divergence(p, p) == 0
    assert kl.divergence(p, 8 * p, normalize=True) == 0
    assert kl.jensen_shannon(p, p) == 0
    assert kl.renyi(p, p, 2.0) == 0
    assert kl.f_divergence(p, p, "chi-squared") == 0


def test_nearly_independent_tables_keep_their_digits():
    rows, columns = np.array([0.25, 0.75]), np.array([0.375, 0.625])
    for step in (1e-3, 1e-6, 1e-9, 1e-12):
        joint = np.outer(rows, columns) + step * np.array([[1.0, -1.0], [-1.0, 1.0]])
        with mpmath.workdps(60):
            cells = [[mpmath.mpf(x) for x in row] for row in joint.tolist()]
            total = mpmath.fsum(cell for row in cells for cell in row)
            down = [mpmath.fsum(row) for row in cells]
            across = [mpmath.fsum(column) for column in zip(*cells, strict=True)]
            wanted = mpmath.fsum(
                cells[i][j] / total * mpmath.log(cells[i][j] * total / (down[i] * across[j]))
                for i in range(2)
                for j in range(2)
            )
        # the rounding of the margins enters squared
        assert _same(kl.mutual_information(joint), wanted, 1e-14 + (2.0**-52 / step) ** 2)


def test_entropy_near_certainty_keeps_its_digits():
    rest = 2.0**-40
    with mpmath.workdps(60):
        wanted = -(1 - mpmath.mpf(rest)) * mpmath.log1p(-mpmath.mpf(rest)) - rest * mpmath.log(rest)
    assert _same(kl.entropy([1 - rest, rest]), wanted)
