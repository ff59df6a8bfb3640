import math

import mpmath
import numpy as np
import pytest

from kullback import InputError
from kullback.decisions.monitoring import KLMatching, evaluate_ood, ood_score, uncertainty_report

Q = [0.7, 0.2, 0.1]


def test_published_numbers():
    assert ood_score(Q, given="probs", method="kl_to_uniform", raw=True) == pytest.approx(0.296793736124772, abs=1e-15)
    assert ood_score(Q, given="probs", method="uniform_to_q", raw=True) == pytest.approx(0.324287027787516, abs=1e-15)


@pytest.mark.parametrize("method", ["entropy", "kl_to_uniform", "uniform_to_q", "max_softmax"])
def test_every_score_is_higher_for_the_prediction_that_is_less_sure(method):
    # log K - H is high for confident predictions: as an alarm it points the wrong way, so its sign is turned.
    sure, unsure = (ood_score(q, given="probs", method=method) for q in ([0.98, 0.01, 0.01], [0.4, 0.3, 0.3]))
    assert unsure > sure
    raw = ood_score([0.98, 0.01, 0.01], given="probs", method="kl_to_uniform", raw=True)
    assert raw > ood_score([0.4, 0.3, 0.3], given="probs", method="kl_to_uniform", raw=True)


@pytest.mark.parametrize("method", ["energy", "max_logit"])
def test_small_logits_score_higher(method):
    assert ood_score([1.0, 0.0, 0.0], method=method) > ood_score([9.0, 0.0, 0.0], method=method)


def exact(logits, method):
    with mpmath.workdps(60):
        z = [mpmath.mpf(x) for x in logits]
        total = mpmath.fsum(mpmath.exp(x) for x in z)
        logs = [x - mpmath.log(total) for x in z]
        size = mpmath.log(len(z))
        entropy = -mpmath.fsum(mpmath.exp(one) * one for one in logs)
        return float({
            "entropy": entropy,
            "kl_to_uniform": entropy - size,
            "uniform_to_q": size + mpmath.fsum(logs) / len(z),
            "max_softmax": mpmath.fsum(mpmath.exp(one) for one in sorted(logs)[:-1]),
            "max_logit": -max(z),
            "energy": -mpmath.log(total),
        }[method])  # fmt: skip


METHODS = ["entropy", "kl_to_uniform", "uniform_to_q", "max_softmax", "max_logit", "energy"]
ROWS = [
    [1e4, 0.0, -1e4],
    [0.0, -50.0, -60.0],
    [1e-7, 0.0, -1e-7],
    [700.0, 710.0, -3.0],
    [-800.0, -801.0, -802.0],
    [10_000.0, 9_999.7, -2e4],
]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("row", ROWS)
def test_nothing_is_clipped(method, row):
    assert ood_score(row, method=method) == pytest.approx(exact(row, method), rel=1e-13, abs=1e-300)


@pytest.mark.parametrize("method", METHODS)
def test_every_library(method, xp):
    rows = np.array([[2.0, -1.0, 0.5], [0.0, 30.0, 1.0]])
    found = ood_score(xp.asarray(rows.T), method=method, axis=0)
    assert isinstance(found, type(xp.asarray([0.0])))
    np.testing.assert_allclose(np.asarray(found), [exact(row, method) for row in rows], rtol=1e-13)


def test_gradient_of_torch(require):
    torch = require("torch")
    logits = torch.tensor([[2.0, -1.0, 0.5]], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda z: ood_score(z, method="entropy"), logits)


def test_forms_of_input_agree():
    logits = np.log(Q) + 3.0
    for method in METHODS[:4]:
        known = ood_score(Q, given="probs", method=method)
        assert ood_score(logits, method=method) == pytest.approx(known, rel=1e-13)
        assert ood_score(np.log(Q), given="log_probs", method=method) == pytest.approx(known, rel=1e-13)
    assert ood_score([0.5, 0.5, 0.0], given="probs", method="uniform_to_q") == -math.inf
    assert ood_score([0.5, 0.5, 0.0], given="probs") == pytest.approx(math.log(2), rel=1e-15)


def test_temperature_divides_the_logits():
    row = np.array([3.0, 1.0, 0.0])
    assert ood_score(row, temperature=2.0) == pytest.approx(exact(row / 2, "entropy"), rel=1e-13)
    assert ood_score(row, method="energy", temperature=2.0) == pytest.approx(2 * exact(row / 2, "energy"), rel=1e-13)


def test_kl_matching(xp):
    fitted = KLMatching.fit([[0.9, 0.1], [0.7, 0.3], [0.1, 0.9]])
    np.testing.assert_allclose(fitted.templates, [[0.8, 0.2], [0.1, 0.9]], rtol=1e-15)
    q = np.array([0.3, 0.7])
    truth = min(float(np.sum(q * np.log(q / d))) for d in fitted.templates)
    found = ood_score(xp.asarray(np.log(q)[None, :]), method=fitted)
    np.testing.assert_allclose(np.asarray(found), [truth], rtol=1e-12)
    assert len(KLMatching.fit([[0.9, 0.1], [0.7, 0.3]], [0, 1]).counts) == 2


def test_report_agrees_with_scikit_learn(require):
    metrics = require("sklearn.metrics")
    rng = np.random.default_rng(0)
    inside, outside = rng.normal(size=300).round(1), rng.normal(1.0, 1.5, size=200).round(1)
    found = evaluate_ood(inside, outside, draws=20)
    truth, scores = np.repeat([0, 1], [300, 200]), np.concatenate([inside, outside])
    assert found.auroc.value == pytest.approx(metrics.roc_auc_score(truth, scores), rel=1e-12)
    by_rank = metrics.average_precision_score(truth, scores)
    assert found.aupr.value == pytest.approx(by_rank, rel=1e-12)
    assert np.mean(inside <= found.threshold) >= 0.95
    assert found.fpr.value == np.mean(outside <= found.threshold)


def test_interval_of_auroc_covers():
    # Two normals a unit apart: AUROC = Φ(1/√2). 200 intervals of 90 %: fewer than 168 hits have a chance below 0.5 %.
    truth, rng = 0.7602499389065233, np.random.default_rng(1)
    hits = 0
    for _ in range(200):
        low, high = evaluate_ood(rng.normal(size=40), rng.normal(1, 1, 60), confidence=0.9, draws=0).auroc.interval
        hits += low <= truth <= high
    assert 168 <= hits <= 194


def test_delong_error_is_the_known_one():
    # Placements by hand: out scores 1, 3 against in scores 0, 2, 2: (1/3, 1) and (1, 1/2, 1/2).
    found = evaluate_ood([0, 2, 2], [1, 3], draws=0).auroc
    assert found.value == pytest.approx(2 / 3)
    assert found.stderr**2 == pytest.approx(np.var([1 / 3, 1], ddof=1) / 2 + np.var([1, 0.5, 0.5], ddof=1) / 3)


def test_all_told_apart():
    found = evaluate_ood(np.zeros(50), np.ones(30), draws=10)
    assert found.auroc.value == found.aupr.value == 1
    assert found.auroc.interval == (pytest.approx(0.025 ** (1 / 30)), 1.0)
    assert found.fpr.value == 0


def test_uncertainty_adds_up():
    probs = np.random.default_rng(2).dirichlet([1.0, 2.0, 0.5], size=(5, 40))
    found = uncertainty_report(probs)
    np.testing.assert_allclose(found.total, found.aleatoric + found.epistemic, rtol=1e-12)
    mean = probs.mean(axis=0)
    np.testing.assert_allclose(found.epistemic, (probs * np.log(probs / mean)).sum(-1).mean(0), rtol=1e-9)


def test_members_that_nearly_agree_keep_their_digits():
    # Members ½ ± ε disagree by 2ε² nats, which a difference of entropies near log 2 would lose.
    step = 1e-9
    found = uncertainty_report([[[0.5 + step, 0.5 - step]], [[0.5 - step, 0.5 + step]]])
    assert found.epistemic[0] == pytest.approx(2 * step**2, rel=1e-6)


def test_report_with_labels_and_outliers(require):
    require("matplotlib")
    rng = np.random.default_rng(3)
    inside = rng.dirichlet([9.0, 1.0, 1.0], size=(4, 300))
    outside = rng.dirichlet([0.4, 0.4, 0.4], size=(4, 200))
    found = uncertainty_report(inside, labels=rng.choice(3, 300, p=[0.8, 0.1, 0.1]), outliers=outside)
    assert found.separation["epistemic"].auroc.value > 0.9
    assert "AUROC by epistemic" in str(found)
    assert len(found.plot().axes) == 2
    assert len(found.separation["total"].plot().axes) == 2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ood_score(Q, method="magic"), "'magic'"),
        (lambda: ood_score(Q, given="odds"), "'odds'"),
        (lambda: ood_score([0.5, 0.6], given="probs"), "1.1"),
        (lambda: ood_score([1.5, -0.5], given="probs"), "-0.5"),
        (lambda: ood_score([0.1, float("nan")]), "NaN"),
        (lambda: ood_score(Q, given="probs", method="energy"), "needs logits"),
        (lambda: ood_score(Q, axis=3), "axis = 3"),
        (lambda: ood_score(3.0), "axis = -1"),
        (lambda: ood_score(np.zeros((2, 0))), "no classes"),
        (lambda: ood_score(Q, temperature=0), "temperature = 0"),
        (lambda: ood_score([[0.0, 1.0]], method=KLMatching.fit([[0.2, 0.3, 0.5]])), "2 classes"),
        (lambda: KLMatching.fit([0.5, 0.5]), r"shape \(2,\)"),
        (lambda: KLMatching.fit([[0.5, 0.6]]), "add up to 1"),
        (lambda: KLMatching.fit([[0.5, 0.5]], [1, 2]), "labels has shape"),
        (lambda: evaluate_ood([], [1.0]), "no scores"),
        (lambda: evaluate_ood([float("nan")], [1.0]), "NaN"),
        (lambda: evaluate_ood([0.0], [1.0], kept=1.0), "kept = 1.0"),
        (lambda: uncertainty_report([[0.5, 0.5]]), r"shape \(1, 2\)"),
        (lambda: uncertainty_report([[[0.5, 0.6]]]), "add up to 1"),
        (lambda: uncertainty_report([[[0.5, 0.5]]], outliers=[[[0.2, 0.3, 0.5]]]), "3 classes"),
    ],
)
def test_errors_say_what_came(call, message):
    with pytest.raises(InputError, match=message):
        call()
