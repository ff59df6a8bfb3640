import warnings

import numpy as np
import pytest

from kullback import InputError

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from kullback.decisions.monitoring import evaluate_ood, ood_score
from kullback.decisions.monitoring.detectors import DriftDetector, OODDetector

# What cannot hold: a drift is that of a column, not of a row; and without labels there is no classifier.
NOT_FOR_COLUMNS = {
    "check_methods_sample_order_invariance": "predict gives a sign for each column, not for each row",
    "check_methods_subset_invariance": "predict gives a sign for each column, not for each row",
}
NEEDS_LABELS = {
    "check_outliers_train": "fits without labels, which a classifier needs",
    "check_outliers_fit_predict": "fits without labels, which a classifier needs",
}


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks(
    [DriftDetector(permutations=99), OODDetector()],
    expected_failed_checks=lambda one: NOT_FOR_COLUMNS if isinstance(one, DriftDetector) else NEEDS_LABELS,
)
def test_conventions_of_scikit_learn(estimator, check):
    if "array_api" in str(check):
        pytest.skip("asks for a setting of SciPy")
    check(estimator)


def test_calm_columns_are_flagged_as_seldom_as_promised():
    # 40 pairs of samples of 10 calm columns at 20 %: more than 15 with any column flagged have a chance of 0.3 %.
    rng = np.random.default_rng(0)
    flagged = sum(
        (DriftDetector(alpha=0.2).fit(rng.normal(size=(150, 10))).predict(rng.normal(size=(120, 10))) == -1).any()
        for _ in range(40)
    )
    assert flagged <= 15


def test_drifted_columns_are_named():
    rng = np.random.default_rng(1)
    reference, current = rng.normal(size=(800, 4)), rng.normal(size=(700, 4))
    current[:, 1] *= 1.6
    current[:100, 3] = np.nan
    detector = DriftDetector().fit(reference)
    found = detector.detect(current)
    assert found.drifted.tolist() == [False, True, False, True]
    assert detector.predict(current).tolist() == [1, -1, 1, -1]
    assert detector.score(current) == -found.bits.max()
    # A seventh of NaN against none, over the cells of the rest: log2(7/6) bits and what the cell itself adds.
    assert found.low[3] > 0.1
    assert str(found).startswith("2 of 4 columns drifted")


def test_divergence_of_a_known_shift(require):
    pd = require("pandas")
    rng = np.random.default_rng(2)
    column = pd.DataFrame({"coin": rng.random(4000) < 0.5}).astype(float)
    current = pd.DataFrame({"coin": rng.random(4000) < 0.6}).astype(float)
    found = DriftDetector().fit(column).detect(current)
    truth = 0.6 * np.log2(1.2) + 0.4 * np.log2(0.8)
    assert found.low[0] < truth < found.high[0]
    assert found.names == ("coin",)


def digits():
    x, y = load_digits(return_X_y=True)
    return x / 16.0, y


@pytest.mark.parametrize("method", ["entropy", "max_softmax", "energy", "kl_matching"])
def test_held_out_digits_are_found(method):
    x, y = digits()
    known = y < 8
    order = np.random.default_rng(0).permutation(np.flatnonzero(known))
    fit, held = order[:800], order[800:]
    detector = OODDetector(LogisticRegression(max_iter=400), method=method).fit(x[fit], y[fit])
    # 5 % on average over thresholds from 200 rows, whose own spread is 1.5 %; 632 rows add 0.9 %.
    assert (detector.predict(x[held]) == -1).mean() <= 0.05 + 3 * 0.0175
    found = evaluate_ood(-detector.score_samples(x[held]), -detector.score_samples(x[~known]), draws=0)
    assert found.auroc.value > 0.85


def test_threshold_keeps_what_it_promises():
    # Mean over 200 fits of the share flagged: k / (m + 1) = 2/26 exactly for exchangeable rows without ties.
    rng, flagged = np.random.default_rng(3), []
    for seed in range(200):
        y = np.arange(100) % 2
        x, more = rng.normal(size=(100, 2)) + y[:, None], rng.normal(size=(100, 2)) + y[:, None]
        detector = OODDetector(contamination=0.1, random_state=seed).fit(x, y)
        flagged.append((detector.predict(more) == -1).mean())
    assert np.mean(flagged) == pytest.approx(2 / 26, abs=4 * np.std(flagged) / np.sqrt(200))
    assert np.mean(flagged) < 0.1


def test_scores_are_those_of_the_verb():
    x, y = digits()
    detector = OODDetector(LogisticRegression(max_iter=200)).fit(x[:600], y[:600])
    log_probs = detector.classifier_.predict_log_proba(x[600:640])
    np.testing.assert_allclose(detector.score_samples(x[600:640]), -ood_score(log_probs, given="log_probs"))
    signs = np.sign(detector.decision_function(x[600:640]))
    assert ((signs >= 0) == (detector.predict(x[600:640]) == 1)).all()


def test_works_in_a_pipeline_and_clones():
    x, y = digits()
    detector = make_pipeline(StandardScaler(), OODDetector(RandomForestClassifier(20, random_state=0)))
    assert set(clone(detector).fit(x, y).predict(x[:50]).tolist()) <= {1, -1}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "magic"}, "'magic'"),
        ({"contamination": 0.0}, "contamination = 0.0"),
        ({"held_out": 1.0}, "held_out = 1.0"),
    ],
)
def test_errors_say_what_came(options, message):
    x, y = digits()
    with pytest.raises(InputError, match=message):
        OODDetector(**options).fit(x[:50], y[:50])


def test_missing_labels_are_named():
    with warnings.catch_warnings(), pytest.raises(InputError, match="requires y"):
        OODDetector().fit(np.zeros((5, 2)))
