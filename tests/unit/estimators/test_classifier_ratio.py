import math

import numpy as np
import pytest

import kullback as kl
from kullback.estimators import classifier_ratio
from kullback.estimators._classifier_ratio import held_out_log_ratios
from kullback.estimators._folds import labeled
from kullback.estimators._points import Points, read_points
from kullback.estimators._ratio_interval import bounds_of, floored_log, recalibrated


@pytest.fixture(autouse=True)
def _sklearn(require):
    require("sklearn")


@pytest.fixture
def linear():
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - not installed everywhere

    return LogisticRegression()


def test_nested_boxes():
    rng = np.random.default_rng(0)
    found = classifier_ratio(rng.random((1000, 5)), 1.2 * rng.random((1000, 5)))
    assert found.value == pytest.approx(5 * math.log(1.2), abs=0.15)
    assert found.interval[0] < 5 * math.log(1.2) < found.interval[1]
    assert found.reliable


def test_correlated_normals_where_trees_alone_see_a_nat_less():
    root = np.linalg.cholesky(0.9 ** np.abs(np.subtract.outer(np.arange(5), np.arange(5))))
    rng = np.random.default_rng(1)
    found = classifier_ratio(rng.normal(size=(1000, 5)) @ root.T, rng.normal(size=(1000, 5)))
    assert found.value == pytest.approx(-2 * math.log(1 - 0.81), abs=0.6)


def test_equal_laws():
    rng = np.random.default_rng(1)
    found = [classifier_ratio(rng.normal(size=(150, 3)), rng.normal(size=(200, 3))) for _ in range(8)]
    assert math.sqrt(np.mean([one.value**2 for one in found])) < 0.06
    # At a false-alarm rate of 5 % two of eight happen by chance in 6 % of all seeds, three in 0.6 %.
    assert sum(one.interval[0] > 0 for one in found) <= 2


def test_labels_and_numbers():
    rng = np.random.default_rng(2)
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.3, 0.3, 0.4])
    labels, other = rng.choice(3, 1000, p=p), rng.choice(3, 1500, p=q)
    x, y = np.c_[10 - labels, rng.normal(0.5 * labels)], np.c_[10 - other, rng.normal(size=1500)]
    truth = float(kl.divergence(p, q)) + float(p @ (0.5 * np.arange(3)) ** 2) / 2
    found = classifier_ratio(x, y, categories=(0,))
    assert found.value == pytest.approx(truth, abs=0.1)
    assert found.interval[0] < truth < found.interval[1]


def test_any_classifier_and_weights(linear):
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=2000), rng.normal(1.0, 1.0, size=2000)
    found = classifier_ratio(x, y, classifier=linear, weights=(np.ones(2000), None))
    assert found.value == pytest.approx(0.5, abs=0.1)
    assert found.log_ratios == pytest.approx(0.5 - x, abs=0.6)


def test_weights_tilt_one_normal_into_another(linear):
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=3000), rng.normal(size=3000)
    found = classifier_ratio(x, y, classifier=linear, weights=(np.exp(0.7 * x), None))
    assert found.value == pytest.approx(0.7**2 / 2, abs=0.08)


def test_sizes_of_the_samples_do_not_matter(linear):
    rng = np.random.default_rng(4)
    found = classifier_ratio(rng.normal(0.8, 1.0, 300), rng.normal(size=6000), classifier=linear)
    assert found.value == pytest.approx(0.32, abs=0.12)


def test_chances_of_zero_and_one():
    from sklearn.neighbors import KNeighborsClassifier  # noqa: PLC0415 - not installed everywhere

    rng = np.random.default_rng(5)
    found = classifier_ratio(rng.normal(size=200), rng.normal(size=200), classifier=KNeighborsClassifier(1))
    assert abs(found.value) < 0.05
    assert np.all(np.isfinite(found.log_ratios))


def test_samples_apart_bound_from_below():
    rng = np.random.default_rng(6)
    found = classifier_ratio(rng.normal(size=(80, 2)), rng.normal(50.0, 1.0, (80, 2)))
    assert not found.reliable
    assert found.interval[1] == math.inf
    assert 3.0 < found.interval[0] <= found.value < math.log(2 * 80) + 0.1


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([0.0, 1.0], [2.0, 0.5]),
        (np.ones((20, 2)), np.ones((30, 2))),
        (np.ones(20), np.zeros(20)),
        (np.arange(30.0), np.arange(30.0)),
        (np.r_[np.arange(30.0), 1e300], np.arange(30.0)),
        (np.arange(60).reshape(3, 20), np.arange(80).reshape(4, 20)),
    ],
)
def test_odd_samples(x, y):
    found = classifier_ratio(x, y)
    assert math.isfinite(found.value)
    assert found.interval[0] <= found.value <= found.interval[1]


def test_same_seed_same_answer():
    from sklearn.ensemble import RandomForestClassifier  # noqa: PLC0415 - not installed everywhere

    rng = np.random.default_rng(7)
    x, y = rng.normal(size=(60, 2)), rng.normal(size=(60, 2))
    forest = RandomForestClassifier(10)
    first, second, other = (classifier_ratio(x, y, classifier=forest, rng=seed) for seed in (None, 0, 1))
    assert first.log_ratios.tolist() == second.log_ratios.tolist()
    assert first.log_ratios.tolist() != other.log_ratios.tolist()


def test_models_are_compared_by_the_values_of_the_estimate(linear):
    rng = np.random.default_rng(8)
    points = read_points(rng.normal(size=90), rng.normal(size=60))
    at_x, at_y = held_out_log_ratios(points, np.random.default_rng(0), classifier=linear)
    assert at_x == pytest.approx(classifier_ratio(points.x, points.y, classifier=linear).log_ratios)
    assert at_y.shape == (60,)


def test_labels_in_a_frame(require):
    pandas = require("pandas")
    rng = np.random.default_rng(3)

    def side(shares):
        return pandas.DataFrame({"g": rng.choice(list("abc"), 800, p=shares), "v": rng.normal(size=800)})

    p, q = [0.6, 0.3, 0.1], [0.2, 0.3, 0.5]
    found = kl.estimate(side(p), side(q), method="classifier_ratio")
    assert found.value == pytest.approx(float(kl.divergence(p, q)), abs=0.15)


def test_recalibration_undoes_what_a_model_is_too_sure_of():
    rng = np.random.default_rng(9)
    x, y = rng.normal(1.0, 1.0, 20_000), rng.normal(size=10_000)
    data = labeled(Points(x[:, None], y[:, None]), 5, rng)
    truth = np.concatenate([x, y]) - 0.5
    found = recalibrated(np.stack([6.0 * truth + 3.0, rng.normal(size=30_000)]), data)
    assert found == pytest.approx(truth, abs=0.2)
    assert recalibrated(-truth[None], data) == pytest.approx(np.zeros(30_000), abs=1e-6)


def test_bounds_of_two_values():
    # p = (3/4, 1/4), q = (1/2, 1/2): with the true ratio both bounds are the divergence.
    x, y = np.array([0.0, 0, 0, 1]), np.array([0.0, 0, 1, 1])
    data = labeled(Points(x[:, None], y[:, None]), 2, np.random.default_rng(0))
    truth = float(kl.divergence([0.75, 0.25], [0.5, 0.5]))
    log_ratios = np.where(np.concatenate([x, y]) == 0, math.log(1.5), math.log(0.5))
    direct, bound, stderr, shared = bounds_of(log_ratios, data)
    assert [direct, bound] == pytest.approx([truth, truth])
    assert stderr == pytest.approx(math.sqrt((0.1875 * math.log(3) ** 2 + 0.25) / 4))
    assert shared == pytest.approx(4 / 1.25)


def test_ratios_of_zero_have_a_floor():
    data = labeled(Points(np.zeros((10, 1)), np.zeros((20, 1))), 2, np.random.default_rng(0))
    logits = floored_log(np.where(data.is_x, 0.0, 4.0), data) - math.log(10 / 20)
    assert logits[data.is_x] == pytest.approx(math.log(0.1))
    assert logits[~data.is_x] == pytest.approx(0.0)


def test_bad_requests(linear):
    from sklearn.neighbors import KNeighborsClassifier  # noqa: PLC0415 - not installed everywhere

    x = np.random.default_rng(4).normal(size=(50, 2))
    with pytest.raises(kl.InputError, match="predict_proba"):
        classifier_ratio(x, x, classifier=object())
    with pytest.raises(kl.InputError, match="is a class"):
        classifier_ratio(x, x, classifier=type(linear))
    with pytest.raises(kl.InputError, match="sample_weight"):
        classifier_ratio(x, x, classifier=KNeighborsClassifier(), weights=(np.arange(50), None))
    with pytest.raises(kl.InputError, match="positive weight"):
        classifier_ratio(x, x, classifier=linear, weights=(np.arange(50) == 3, None))
    with pytest.raises(kl.InputError, match="folds"):
        classifier_ratio(x, x, folds=1)
    with pytest.raises(kl.InputError, match="column 2"):
        classifier_ratio(x, x, categories=(2,))
