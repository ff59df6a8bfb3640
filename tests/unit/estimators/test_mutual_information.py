import math

import numpy as np
import pytest
from scipy import special
from sklearn.feature_selection import mutual_info_classif, mutual_info_regression

import kullback as kl
from kullback.estimators import information_as_divergence, ksg, mixed_ksg
from kullback.estimators._boxes import box_counts, box_masses, box_neighbors, with_labels
from kullback.estimators._information_interval import information_variance
from kullback.estimators._information_terms import information_terms
from kullback.estimators._scores import rank_scores


def normal_pair(rng, rho, n=1000):
    x = rng.normal(size=n)
    return x, rho * x + math.sqrt(1 - rho**2) * rng.normal(size=n)


@pytest.mark.parametrize(("rho", "goal"), [(0.0, 0.03), (0.5, 0.05), (0.9, 0.05), (0.999, 0.1)])
def test_normal_pairs(rho, goal):
    rng = np.random.default_rng(0)
    truth = -0.5 * math.log(1 - rho**2)
    found = [kl.estimate_mutual_information(*normal_pair(rng, rho)) for _ in range(10)]
    assert math.sqrt(np.mean([(one.value - truth) ** 2 for one in found])) <= goal
    # At 95 % fewer than 7 of 10 have a chance of .001.
    assert sum(one.interval[0] <= truth <= one.interval[1] for one in found) >= 7


def test_independent_columns_are_rarely_called_dependent():
    rng = np.random.default_rng(1)
    lows = [kl.estimate_mutual_information(*rng.normal(size=(2, 200))).interval[0] for _ in range(60)]
    assert sum(low > 0 for low in lows) <= 7


def test_agrees_with_another_library():
    x, y = normal_pair(np.random.default_rng(2), 0.7, 3000)
    other = float(mutual_info_regression(x[:, None], y, n_neighbors=5, random_state=0)[0])
    assert kl.estimate_mutual_information(x, y).value == pytest.approx(other, abs=0.06)


def test_is_the_divergence_of_the_joint_from_the_product():
    x, y = normal_pair(np.random.default_rng(3), 0.8, 2000)
    direct, indirect = kl.estimate_mutual_information(x, y), information_as_divergence(x, y)
    assert abs(direct.value - indirect.value) <= 3 * math.hypot(direct.stderr, indirect.stderr)


def test_monotone_maps_change_nothing():
    x, y = normal_pair(np.random.default_rng(4), 0.6, 500)
    plain, mapped = kl.estimate_mutual_information(x, y), kl.estimate_mutual_information(np.exp(3 * x), y**3)
    assert mapped.value == pytest.approx(plain.value, abs=1e-9)


def test_labels_beside_numbers():
    # Gao, Kannan, Oh and Viswanath (2017), example 2: x uniform on 0 ... m - 1, y uniform on [x, x + 2].
    rng = np.random.default_rng(5)
    x = rng.integers(0, 5, 2000)
    y = x + 2 * rng.random(2000)
    truth = math.log(5) - 4 * math.log(2) / 5
    found = kl.estimate_mutual_information(np.array(list("abcde"))[x], y)
    assert found.value == pytest.approx(truth, abs=0.06)


def test_two_columns_of_labels():
    rng = np.random.default_rng(6)
    joint = np.array([[0.4, 0.1], [0.1, 0.4]])
    cells = rng.choice(4, 3000, p=joint.ravel())
    found = kl.estimate_mutual_information(np.array(list("ab"))[cells // 2], np.array(list("uv"))[cells % 2])
    assert found.interval[0] < float(kl.mutual_information(joint)) < found.interval[1]


def test_constant_columns_and_bad_requests():
    x = np.random.default_rng(7).normal(size=50)
    assert kl.estimate_mutual_information(x, np.ones(50)).value == 0.0
    with pytest.raises(kl.InputError, match="rows"):
        kl.estimate_mutual_information(x, x[:10])
    with pytest.raises(kl.InputError, match="ksg"):
        kl.estimate_mutual_information(x, x**2, method="best")
    with pytest.raises(kl.InputError, match="nan_policy"):
        kl.estimate_mutual_information(np.where(x > 1, np.nan, x), x)


def by_pairs(x, y, k):
    """Equation 8 of Kraskov, Stögbauer and Grassberger (2004), loop by loop."""
    n, total = len(x), 0.0
    for i in range(n):
        gaps = [np.maximum(np.abs(x - x[i]).max(axis=1), np.abs(y - y[i]).max(axis=1))[j] for j in range(n) if j != i]
        radius = sorted(gaps)[k - 1]
        near = [sum(np.abs(side[j] - side[i]).max() < radius for j in range(n) if j != i) for side in (x, y)]
        total += special.digamma(near[0] + 1) + special.digamma(near[1] + 1)
    return special.digamma(k) + special.digamma(n) - total / n


@pytest.mark.parametrize(("a", "b"), [(1, 1), (2, 1), (4, 5)])
def test_terms_are_those_of_the_paper(a, b):
    rng = np.random.default_rng(10)
    x, y = rng.normal(size=(60, a)), rng.normal(size=(60, b))
    y[:, 0] += x[:, 0]
    assert information_terms(x, y, 3).mean() == pytest.approx(by_pairs(x, y, 3), abs=1e-12)


def test_terms_of_labels_are_harmonic_entropies():
    rng = np.random.default_rng(11)
    x, y = rng.integers(0, 3, 200), rng.integers(0, 4, 200)
    nothing = np.empty((200, 0))

    def entropy(codes):
        counts = np.unique(codes, return_counts=True)[1]
        return float(counts @ (special.digamma(200) - special.digamma(counts))) / 200

    found = information_terms(with_labels(nothing, x), with_labels(nothing, y), 3).mean()
    assert found == pytest.approx(entropy(x) + entropy(y) - entropy(4 * x + y), abs=1e-12)


def test_terms_of_labels_and_numbers_are_those_of_ross():
    # Ross (2014), equation 2, label by label.
    rng = np.random.default_rng(12)
    x, y = rng.integers(0, 3, 150), rng.normal(size=150)
    total = 0.0
    for i in range(150):
        gaps = np.abs(y - y[i])
        radius = np.sort(gaps[x == x[i]])[3]
        total += special.digamma((x == x[i]).sum()) + special.digamma((gaps < radius).sum())
    expected = special.digamma(150) + special.digamma(3) - total / 150
    found = information_terms(with_labels(np.empty((150, 0)), x), y[:, None], 3).mean()
    assert found == pytest.approx(expected, abs=1e-12)


def test_equal_weights_change_nothing():
    x, y = (side[:, None] for side in normal_pair(np.random.default_rng(13), 0.5, 200))
    even = np.full(200, 1 / 200)
    np.testing.assert_allclose(information_terms(x, y, 4, even), information_terms(x, y, 4), atol=1e-12)


def test_weights_make_other_laws():
    # Rows of independent normals, weighted to a correlation of .6.
    rng = np.random.default_rng(14)
    x, y = rng.normal(size=(2, 4000))
    weights = np.exp(-0.5 * (x**2 - 1.2 * x * y + y**2) / 0.64 + 0.5 * (x**2 + y**2))
    found = kl.estimate_mutual_information(x, y, weights=weights)
    assert found.interval[0] < -0.5 * math.log(0.64) < found.interval[1]
    assert found.value == pytest.approx(-0.5 * math.log(0.64), abs=0.08)


@pytest.mark.parametrize("d", [1, 2, 9])
def test_boxes(d):
    rng = np.random.default_rng(15)
    points, radius, weights = rng.integers(0, 6, (90, d)) / 2, rng.integers(1, 4, 90) / 2, rng.random(90)
    gaps = np.abs(points[:, None] - points).max(axis=2)
    inside = gaps <= radius[:, None]
    np.testing.assert_array_equal(box_counts(points, radius), inside.sum(axis=1))
    np.testing.assert_allclose(box_masses(points, radius, weights), inside @ weights)
    distances, places = box_neighbors(points, 4)
    np.testing.assert_allclose(distances, np.sort(gaps + np.diag(np.full(90, np.inf)), axis=1)[:, :4])
    np.testing.assert_allclose(distances, np.take_along_axis(gaps, places, axis=1))
    assert not (places == np.arange(90)[:, None]).any()


def test_equal_values_get_scores_by_chance():
    scores = rank_scores(np.array([[1.0], [1.0], [0.0], [2.0]] * 50), np.random.default_rng(0))[:, 0]
    np.testing.assert_allclose(np.sort(scores), special.ndtri((np.arange(200) + 0.5) / 200))
    assert scores[2::4].max() < scores[0::4].min()
    assert scores[1::4].max() < scores[3::4].min()


@pytest.mark.parametrize(("rho", "d"), [(0.0, 1), (0.9, 1), (0.7, 2)])
def test_variance_is_that_of_the_terms(rho, d):
    rng = np.random.default_rng(16)
    means, variances = [], []
    for _ in range(150):
        x, y = (rank_scores(side, rng) for side in normal_pair(rng, rho, (200, d)))
        means.append(information_terms(x, y, 5).mean())
        variances.append(information_variance(x, y, 5, None, rng))
    # The spread of 150 figures is known within 6 % (one standard deviation).
    assert math.sqrt(np.mean(variances)) == pytest.approx(np.std(means), rel=0.3)


def test_blocks_of_three_are_better_than_neighbors_alone():
    rng = np.random.default_rng(17)
    truth, found, plain = -1.5 * math.log(1 - 0.81), [], []
    for _ in range(6):
        x, y = normal_pair(rng, 0.9, (500, 3))
        found.append(ksg(x, y))
        plain.append(information_terms(x, y, 5).mean())
    assert np.mean([abs(one.value - truth) for one in found]) < 0.2 * np.mean([abs(one - truth) for one in plain])
    assert sum(one.interval[0] <= truth <= one.interval[1] for one in found) >= 4


@pytest.mark.parametrize("width", [0.5, 0.1, 0.01])
def test_added_uniform_noise(width):
    # y = x + noise, x uniform on [0, 1], noise on [0, w]: I = w / 2 - ln w.
    rng = np.random.default_rng(18)
    truth, found = width / 2 - math.log(width), []
    for _ in range(6):
        x = rng.random(1000)
        found.append(kl.estimate_mutual_information(x, x + width * rng.random(1000)))
    assert np.mean([one.value for one in found]) == pytest.approx(truth, rel=0.08)
    assert sum(one.interval[0] <= truth <= one.interval[1] for one in found) >= 4


def test_control_does_no_harm_where_dependence_is_no_correlation():
    rng = np.random.default_rng(19)
    controlled, plain = [], []
    # Bent normals: I(x; y) = h(y) - h(noise), by quadrature of the density of y.
    grid, nodes = np.linspace(-1, 30, 60_001), np.linspace(-6, 6, 6001)
    share = np.exp(-0.5 * nodes**2) / math.sqrt(2 * math.pi) * (nodes[1] - nodes[0])
    cells = np.bincount(np.clip(np.rint((nodes**2 + 1) / (grid[1] - grid[0])).astype(int), 0, 60_000), share, 60_001)
    steps = np.arange(-1000, 1001) * (grid[1] - grid[0])
    bell = np.exp(-0.5 * (steps / 0.1) ** 2) / math.sqrt(2 * math.pi) / 0.1
    density = np.convolve(cells, bell, mode="same")
    truth = float(special.entr(density).sum()) * (grid[1] - grid[0]) - 0.5 * math.log(2 * math.pi * math.e * 0.01)
    for _ in range(6):
        x = rng.normal(size=1000)
        y = x**2 + 0.1 * rng.normal(size=1000)
        controlled.append(ksg(x, y))
        scores = (rank_scores(side[:, None], rng) for side in (x, y))
        plain.append(information_terms(*scores, 5).mean())
    off = [np.mean([abs(value - truth) for value in side]) for side in ([one.value for one in controlled], plain)]
    assert off[0] < off[1]
    assert sum(one.interval[0] <= truth <= one.interval[1] for one in controlled) >= 4


def test_independent_planes_are_rarely_called_dependent():
    rng = np.random.default_rng(20)
    lows = [kl.estimate_mutual_information(*rng.normal(size=(2, 150, 2))).interval[0] for _ in range(40)]
    # At 5 % more than 6 of 40 have a chance of .003.
    assert sum(low > 0 for low in lows) <= 6


def test_independent_labels_and_numbers_are_rarely_called_dependent():
    rng = np.random.default_rng(21)
    lows = [
        kl.estimate_mutual_information(rng.choice(list("abc"), 150), rng.normal(size=150)).interval[0]
        for _ in range(60)
    ]
    assert sum(low > 0 for low in lows) <= 7


def test_counts_with_extra_zeros():
    # Gao, Kannan, Oh and Viswanath (2017), experiment III: zero with chance .15, else Poisson of an exponential rate.
    rng = np.random.default_rng(22)
    k = np.arange(80)
    rates, weights = np.polynomial.laguerre.laggauss(60)
    given = 0.15 * (k == 0) + 0.85 * np.exp(-rates[:, None] + special.xlogy(k, rates[:, None]) - special.gammaln(k + 1))
    given = np.maximum(given, 1e-300)
    truth = float(weights @ (given * np.log(given / (weights @ given))).sum(axis=1))
    x = rng.exponential(size=3000)
    y = np.where(rng.random(3000) < 0.15, 0, rng.poisson(x))
    found = kl.estimate_mutual_information(x, y)
    assert found.method == "mixed_ksg"
    assert found.interval[0] < truth < found.interval[1]
    assert found.value == pytest.approx(truth, abs=0.05)


def test_atoms_on_both_sides():
    # Gao and others (2017): half the rows normal with correlation .9, half on the corners of a square.
    rng = np.random.default_rng(23)
    x, y = normal_pair(rng, 0.9, 3000)
    corner = rng.choice([-1.0, 1.0], 3000)
    other = np.where(rng.random(3000) < 0.8, corner, -corner)
    heavy = rng.random(3000) < 0.5
    truth = math.log(2) - 0.25 * math.log(0.19) + 0.5 * (math.log(2) + 0.8 * math.log(0.8) + 0.2 * math.log(0.2))
    found = mixed_ksg(np.where(heavy, corner, x), np.where(heavy, other, y))
    assert found.interval[0] < truth < found.interval[1]


def test_agrees_with_another_library_on_labels():
    rng = np.random.default_rng(24)
    x = rng.integers(0, 4, 2000)
    y = rng.normal(x, 1.0)
    other = float(mutual_info_classif(y[:, None], x, n_neighbors=5, random_state=0)[0])
    assert kl.estimate_mutual_information(x.astype(str), y).value == pytest.approx(other, abs=0.01)


def test_does_not_matter_which_side_is_which():
    rng = np.random.default_rng(25)
    x, y = rng.choice(list("ab"), 300), rng.normal(size=(300, 2))
    assert kl.estimate_mutual_information(x, y).value == pytest.approx(kl.estimate_mutual_information(y, x).value)


def test_rounding_costs_little():
    x, y = normal_pair(np.random.default_rng(26), 0.8, 2000)
    found = kl.estimate_mutual_information(np.round(x, 1), np.round(y, 1))
    assert found.value == pytest.approx(-0.5 * math.log(0.36), abs=0.08)


def test_too_many_pairs_of_numbers_to_count():
    rng = np.random.default_rng(27)
    found = kl.estimate_mutual_information(rng.poisson(20, 400), rng.poisson(20, 400))
    assert found.method == "ksg"
    assert found.interval[0] <= 0 < found.interval[1]


def test_a_copy_cannot_be_certified():
    x = np.random.default_rng(28).normal(size=300)
    found = kl.estimate_mutual_information(x, x)
    assert not found.reliable
    assert math.isinf(found.interval[1])
    assert math.isfinite(found.value)
    assert any("ln 300" in note for note in found.notes)


def test_names_tell_nothing_certain():
    rng = np.random.default_rng(29)
    found = kl.estimate_mutual_information([f"row {i}" for i in range(100)], rng.normal(size=100))
    assert not found.reliable
    assert math.isinf(found.interval[1])


@pytest.mark.parametrize("n", [3, 4, 7])
def test_few_rows(n):
    rng = np.random.default_rng(30)
    for x in (rng.normal(size=n), rng.choice(list("ab"), n), rng.normal(size=(n, 3)), np.arange(n) // 2):
        found = kl.estimate_mutual_information(x, rng.normal(size=n))
        assert math.isfinite(found.value)
        assert math.isfinite(found.stderr)
        assert not found.reliable


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_scales(scale):
    x, y = normal_pair(np.random.default_rng(31), 0.5, 200)
    assert kl.estimate_mutual_information(scale * x, y).value == kl.estimate_mutual_information(x, y).value


def test_frames_and_missing_rows(require):
    pandas = require("pandas")
    rng = np.random.default_rng(32)
    x, y = normal_pair(rng, 0.9, 300)
    table = pandas.DataFrame({"a": np.append(x, [np.nan, 0.0]), "b": rng.choice(list("uv"), 302)})
    found = kl.estimate_mutual_information(table, np.append(y, [1.0, np.nan]), nan_policy="omit")
    whole = kl.estimate_mutual_information(table.iloc[:300], y)
    assert found.n == 300
    assert found.value == pytest.approx(whole.value)


def test_another_base():
    x, y = normal_pair(np.random.default_rng(33), 0.9, 200)
    nats, bits = kl.estimate_mutual_information(x, y), kl.estimate_mutual_information(x, y, base=2)
    assert bits.value == pytest.approx(nats.value / math.log(2))


def test_constant_columns_beside_others():
    x, y = normal_pair(np.random.default_rng(34), 0.9, 200)
    wide = np.column_stack([np.ones(200), x])
    found = kl.estimate_mutual_information(wide, y)
    assert found.value == pytest.approx(kl.estimate_mutual_information(x, y).value)
    assert any("constant" in note for note in found.notes)


@pytest.mark.parametrize("method", ["extrapolated", "zhang_grabchak", "grassberger", "miller_madow", "chao_shen"])
def test_methods_for_counts(method):
    rng = np.random.default_rng(35)
    cells = rng.choice(4, 2000, p=[0.4, 0.1, 0.1, 0.4])
    found = kl.estimate_mutual_information(cells // 2, cells % 2, method=method)
    assert found.method == method
    assert found.value == pytest.approx(float(kl.mutual_information([[0.4, 0.1], [0.1, 0.4]])), abs=0.04)


@pytest.mark.parametrize(
    ("options", "words"),
    [({"base": 0.5}, "base"), ({"k": 0}, "k = 0"), ({"weights": [1.0]}, "weights"), ({"confidence": 95}, "confidence")],
)
def test_bad_options(options, words):
    x = np.random.default_rng(36).normal(size=20)
    with pytest.raises(kl.InputError, match=words):
        kl.estimate_mutual_information(x, x**2, **options)


def test_ksg_takes_no_labels():
    with pytest.raises(kl.InputError, match="mixed_ksg"):
        kl.estimate_mutual_information(["a", "b", "c"], [1.0, 2.0, 3.0], method="ksg")
