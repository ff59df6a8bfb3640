"""Metrics of rows: against brute force, torchmetrics and themselves on all data at once."""

import math
import pickle
import subprocess
import sys

import pytest
import torch

from kullback.nn import TopKTeacher, kl_loss


@pytest.fixture(scope="module")
def metrics(require):
    require("torchmetrics")
    from kullback.nn import metrics  # noqa: PLC0415 - it needs torchmetrics

    return metrics


def _two(shape, seed=0):
    chance = torch.Generator().manual_seed(seed)
    return [torch.randn(*shape, generator=chance) for _ in range(2)]


def _exact(student, teacher):
    s, t = student.double().log_softmax(-1), teacher.double().log_softmax(-1)
    return (t.exp() * (t - s)).sum(-1)


def test_mean_over_rows_of_unequal_batches(metrics):
    s, t = _two((10, 7))
    mask = torch.arange(10) != 3
    metric = metrics.KLDivergence()
    for rows in (slice(0, 1), slice(1, 8), slice(8, 8), slice(8, 10)):
        metric.update(s[rows], t[rows], mask[rows])
    assert metric.compute().item() == pytest.approx(_exact(s, t)[mask].mean().item(), rel=1e-6)


@pytest.mark.parametrize("direction", ["forward", "reverse", "jeffreys", "js", "skew"])
def test_options_are_those_of_the_loss(metrics, direction):
    s, t = _two((2, 3, 5))
    options = {"direction": direction, "temperature": 2.0, "weight": 0.3}
    metric = metrics.KLDivergence(**options)
    assert metric(s, t).item() == pytest.approx(kl_loss(s, t, **options).item(), rel=1e-6)


def test_names_say_the_direction(metrics):
    assert repr(metrics.KLDivergence()) == "KLDivergence(D(teacher‖student), in nats, from logits, mean over rows)"
    assert "D(student‖teacher), times T² at T = 2" in repr(metrics.KLDivergence(direction="reverse", temperature=2.0))
    with pytest.raises(ValueError, match="direction='backward'"):
        metrics.KLDivergence(direction="backward")
    with pytest.raises(ValueError, match="given='scores'"):
        metrics.KLDivergence(given="scores")


def test_torchmetrics_is_nan_on_masked_outcomes(metrics, require):
    usual = require("torchmetrics").KLDivergence(log_prob=True)
    t, s = (torch.tensor([[*row, -torch.inf]]).log_softmax(-1) for row in ((2.0, 1.0), (1.0, 1.0)))
    assert math.isnan(usual(t, s))
    ours = metrics.KLDivergence(given="log_probs")(s, t).item()
    assert ours == pytest.approx(_exact(s[:, :2], t[:, :2]).item(), rel=1e-6)


def test_gradient_of_torchmetrics_is_nan_where_probabilities_are_0(require):
    usual = require("torchmetrics").functional.kl_divergence
    p, q = torch.tensor([[0.6, 0.4, 0.0]]), torch.tensor([[0.5, 0.5, 0.0]])
    a = q.clone().requires_grad_()
    usual(p, a).backward()
    assert torch.isnan(a.grad).any()
    b = q.clone().requires_grad_()
    kl_loss(b, p, given="probs").backward()
    assert torch.isfinite(b.grad).all()


def test_the_place_of_torchmetrics_in_a_collection(metrics, require):
    module = require("torchmetrics")
    both = module.MetricCollection(
        {"ours": metrics.KLDivergence(direction="reverse", given="probs"), "theirs": module.KLDivergence()}
    )
    for seed in range(3):
        both.update(*(side.softmax(-1) for side in _two((4, 5), seed)))
    found = both.compute()
    assert found["ours"].item() == pytest.approx(found["theirs"].item(), rel=1e-6)


def test_a_collection_keeps_directions_apart_that_start_equal(metrics, require):
    make, collection = metrics.KLDivergence, require("torchmetrics").MetricCollection
    both = collection({"ours": make(), "reverse": make(direction="reverse"), "again": make()})
    s, t = _two((4, 5))
    both.update(t, t)  # a student that starts as its teacher: all are 0
    both.update(s, t)
    found = both.compute()
    assert found["reverse"].item() == pytest.approx(kl_loss(s, t, direction="reverse").item() / 2, rel=1e-6)
    assert found["ours"] == found["again"]
    assert len(both.compute_groups) == 2


def test_torchmetrics_merges_directions_that_start_equal(require):
    module = require("torchmetrics")

    class Reverse(module.KLDivergence):
        def update(self, p, q):
            super().update(q, p)

    both = module.MetricCollection({"ours": module.KLDivergence(), "reverse": Reverse()})
    p, q = (side.softmax(-1) for side in _two((4, 5)))
    both.update(p, p)
    both.update(p, q)
    found = both.compute()
    apart = kl_loss(q, p, given="probs").item() - kl_loss(p, q, given="probs").item()
    assert abs(apart) > 0.005
    assert found["ours"] == found["reverse"]  # though they differ


def test_forward_gives_the_batch_and_reset_forgets(metrics):
    s, t = _two((6, 4))
    metric = metrics.KLDivergence()
    assert metric(s[:2], t[:2]).item() == pytest.approx(_exact(s[:2], t[:2]).mean().item(), rel=1e-6)
    assert metric(s[2:], t[2:]).item() == pytest.approx(_exact(s[2:], t[2:]).mean().item(), rel=1e-6)
    assert metric.compute().item() == pytest.approx(_exact(s, t).mean().item(), rel=1e-6)
    metric.reset()
    metric.update(s[:1], t[:1])
    assert metric.compute().item() == pytest.approx(_exact(s, t)[0].item(), rel=1e-6)


def test_saved_and_pickled(metrics):
    s, t = _two((6, 4))
    metric = metrics.KLDivergence()
    metric.persistent(mode=True)
    metric.update(s, t)
    other = metrics.KLDivergence()
    other.persistent(mode=True)
    other.load_state_dict(metric.state_dict())
    assert other.rows == 6
    with pytest.raises(RuntimeError, match="Unexpected key"):  # what was summed is another divergence
        metrics.KLDivergence(direction="reverse").load_state_dict(metric.state_dict())
    again = pickle.loads(pickle.dumps(metric))  # noqa: S301 - made here
    again.update(s, t)
    assert again.compute().item() == pytest.approx(metric.compute().item(), rel=1e-12)


def test_sums_keep_their_digits_when_the_model_is_cast(metrics, require):
    s, t = _two((100, 4))
    model = torch.nn.Module()
    model.metric = metrics.KLDivergence()
    model.to(torch.bfloat16)
    for rows in range(100):
        model.metric.update(s[rows : rows + 1], t[rows : rows + 1])
    assert model.metric.compute().dtype == torch.float64
    usual = require("torchmetrics").KLDivergence()
    assert usual.to(torch.bfloat16).measures.dtype == torch.bfloat16
    assert model.metric.compute().item() == pytest.approx(_exact(s, t).mean().item(), rel=1e-6)


def test_devices_without_float64_get_float32(metrics, monkeypatch):
    from kullback.nn.metrics import _states  # noqa: PLC0415

    monkeypatch.setattr(_states, "_SINGLE", ("meta",))
    metric = metrics.KLDivergence().to("meta")
    assert {metric.metric_state[name].dtype for name in metric.metric_state} == {torch.float32, torch.int64}


def test_no_row_is_not_agreement(metrics):
    s, t = _two((2, 4))
    metric = metrics.KLDivergence()
    metric.update(s, t, torch.zeros(2, dtype=torch.bool))
    assert math.isnan(metric.compute())
    metric.update(s, t)
    assert metric.compute().item() == pytest.approx(_exact(s, t).mean().item(), rel=1e-6)


def test_teachers_of_other_kinds(metrics):
    s, t = _two((5, 9))
    top = TopKTeacher(*reversed(t.log_softmax(-1).topk(3)))
    assert metrics.KLDivergence()(s, top).item() == pytest.approx(kl_loss(s, top).item(), rel=1e-6)


def test_log_score_is_entropy_plus_divergence(metrics):
    s, t = _two((1, 6))
    law = t.softmax(-1).squeeze(0).double()
    counts = (law * 100_000).round().long()
    labels = torch.arange(6).repeat_interleave(counts)
    score = metrics.LogScore()
    for part in labels.split(7_000):
        score.update(s.expand(len(part), 6), part)
    entropy = -(law * law.log()).sum().item()
    assert score.compute().item() == pytest.approx(entropy + _exact(s, t).item(), abs=1e-4)


def test_log_score_against_torch(metrics):
    logits, _ = _two((3, 4, 6))
    labels = torch.randint(6, (3, 4), generator=torch.Generator().manual_seed(1))
    labels[0, :2] = -100
    mask = torch.ones(3, 4, dtype=torch.bool)
    mask[2] = False
    kept = mask & (labels >= 0)
    true = torch.nn.functional.cross_entropy(logits[kept], labels[kept]).item()
    nats, bits = metrics.LogScore(), metrics.LogScore(unit="bits")
    assert nats(logits, labels, mask).item() == pytest.approx(true, rel=1e-6)
    assert bits(logits, labels, mask).item() == pytest.approx(true / math.log(2), rel=1e-6)
    assert bits.perplexity.item() == pytest.approx(math.exp(true), rel=1e-6)


@pytest.mark.parametrize("given", ["log_probs", "probs"])
def test_log_score_of_laws(metrics, given):
    logits, _ = _two((5, 4))
    labels = torch.tensor([0, 3, 1, 1, 2])
    law = logits.softmax(-1) if given == "probs" else logits.log_softmax(-1)
    true = torch.nn.functional.cross_entropy(logits, labels).item()
    assert metrics.LogScore(given=given)(law, labels).item() == pytest.approx(true, rel=1e-6)
    certain = torch.eye(4)[labels] if given == "probs" else torch.eye(4)[labels].log()
    assert metrics.LogScore(given=given)(certain, labels).item() == 0
    assert metrics.LogScore(given=given)(certain, labels.flip(0)).item() == math.inf


def test_log_score_refuses(metrics):
    logits, other = _two((3, 4))
    for options, match in (({"unit": "dits"}, "unit='dits'"), ({"given": "scores"}, "given='scores'")):
        with pytest.raises(ValueError, match=match):
            metrics.LogScore(**options)
    score = metrics.LogScore()
    with pytest.raises(ValueError, match="whole numbers"):
        score.update(logits, other)
    with pytest.raises(ValueError, match="whole numbers"):
        score.update(logits, [0, 1, 2])
    with pytest.raises(ValueError, match="labels go from 0 to 4"):
        score.update(logits, torch.tensor([0, 1, 4]))
    with pytest.raises(ValueError, match="mask has shape"):
        score.update(logits, torch.tensor([0, 1, 2]), torch.ones(2, dtype=torch.bool))


def test_missing_libraries_are_named():
    code = """
import sys
sys.modules.update(dict.fromkeys(["torchmetrics", "lightning", "pytorch_lightning"]))
from kullback._core import MissingExtraError
for name in ("metrics", "callbacks"):
    try:
        __import__(f"kullback.nn.{name}")
    except MissingExtraError as error:
        print(error)
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.count("pip install") == 2
    assert "kullback[training]" in said
    assert "pip install lightning" in said
