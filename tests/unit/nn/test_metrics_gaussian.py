"""The streaming report of latents: equal to the one of all examples at once."""

import math
import pickle

import pytest
import torch

from kullback.nn import collapse_report, gaussian_kl


@pytest.fixture(scope="module")
def metrics(require):
    require("torchmetrics")
    from kullback.nn import metrics  # noqa: PLC0415 - it needs torchmetrics

    return metrics


def _posterior(n=500, shift=0.0):
    chance = torch.Generator().manual_seed(0)
    mean = torch.randn(n, 3, generator=chance, dtype=torch.float64) * torch.tensor([1.0, 0.5, 0.001]) + shift
    log_var = torch.randn(n, 3, generator=chance, dtype=torch.float64) - 1
    return mean, log_var


@pytest.mark.parametrize("shift", [0.0, 1e6])
def test_batches_give_the_report_of_all(metrics, shift):
    mean, log_var = _posterior(shift=shift)
    metric = metrics.GaussianKL(3)
    for part in torch.arange(500).split([1, 0, 99, 250, 150]):
        metric.update(mean[part], log_var[part])
    found, report = metric.compute(), collapse_report(mean, log_var)
    assert found["rate"].item() == pytest.approx(report.rate, rel=1e-12)
    assert found["active_units"].item() == report.active == 2
    assert found["examples"].item() == report.n == 500
    for key, true in (("kl", report.kl), ("information", report.information), ("variance", report.variances)):
        # A mean of 1e6 is known to 1e-10; the information is a difference of two numbers of the size of shift².
        loose = 1e-14 * shift**2 if key == "information" else 0.0
        assert found[key].tolist() == pytest.approx(true, rel=1e-7 if shift else 1e-9, abs=loose)


def test_sums_of_squares_would_lose_the_variance(metrics):
    mean, log_var = _posterior(shift=1e8)
    naive = (mean.square().mean(0) - mean.mean(0).square())[2].item()
    metric = metrics.GaussianKL(3)
    metric.update(mean, log_var)
    assert abs(naive - 1e-6) > 0.1
    assert metric.compute()["variance"][2].item() == pytest.approx(mean.var(0, correction=0)[2].item(), rel=1e-4)


def test_masked_examples_may_hold_anything(metrics):
    mean, log_var = _posterior(12)
    mask = torch.arange(12) % 3 > 0
    right = collapse_report(mean[mask], log_var[mask])
    mean[~mask], log_var[~mask] = torch.nan, torch.inf
    metric = metrics.GaussianKL(3)
    metric.update(mean.reshape(3, 4, 3), log_var.reshape(3, 4, 3), mask.reshape(3, 4))
    found = metric.compute()
    assert found["rate"].item() == pytest.approx(right.rate, rel=1e-12)
    assert found["information"].tolist() == pytest.approx(right.information, rel=1e-9, abs=1e-12)


def test_prior_of_its_own(metrics):
    mean, log_var = _posterior(20)
    prior = {"prior_mean": torch.tensor([1.0, 0.0, -1.0]), "prior_log_var": 0.5}
    found = metrics.GaussianKL(3, **prior)(mean, log_var)
    assert found["kl"].tolist() == pytest.approx(gaussian_kl(mean, log_var, **prior).mean(0).tolist(), rel=1e-12)


def test_forward_reset_and_pickle(metrics):
    mean, log_var = _posterior(30)
    metric = metrics.GaussianKL(3)
    metric(mean[:10], log_var[:10])
    last = metric(mean[10:], log_var[10:])
    assert last["rate"].item() == pytest.approx(collapse_report(mean[10:], log_var[10:]).rate, rel=1e-12)
    again = pickle.loads(pickle.dumps(metric))  # noqa: S301 - made here
    true = collapse_report(mean, log_var)
    assert again.compute()["information"].tolist() == pytest.approx(true.information, rel=1e-9, abs=1e-12)
    metric.reset()
    metric.update(mean[:0], log_var[:0])
    assert math.isnan(metric.compute()["rate"])


def test_one_dimension_and_a_collection(metrics, require):
    mean, log_var = _posterior(30)
    collection = require("torchmetrics").MetricCollection(
        {"low": metrics.GaussianKL(1), "high": metrics.GaussianKL(1, prior_mean=5.0)}
    )
    collection.update(mean[:, :1], log_var[:, :1])
    collection.update(mean[:, :1], log_var[:, :1])
    found = collection.compute()
    rates = [value for key, value in found.items() if key.endswith("rate")]
    assert len(set(map(float, rates))) == 2


def test_refuses(metrics):
    mean, log_var = _posterior(4)
    metric = metrics.GaussianKL(3)
    for given, match in (
        ((mean[:, :2], log_var[:, :2]), "shape"),
        ((mean.long(), log_var), "mean is torch.int64"),
        ((mean, [0.0]), "log_var is list"),
        ((mean, log_var, torch.ones(3, dtype=torch.bool)), "mask has shape"),
        ((mean * torch.nan, log_var), "NaN"),
    ):
        with pytest.raises(ValueError, match=match):
            metric.update(*given)
    for made, match in (((0,), "latents=0"), ((2.0,), "latents=2.0")):
        with pytest.raises(ValueError, match=match):
            metrics.GaussianKL(*made)
    with pytest.raises(ValueError, match="threshold"):
        metrics.GaussianKL(2, threshold=-1.0)
    assert repr(metric) == "GaussianKL(D(posterior‖prior), in nats, 3 dimensions, mean over examples)"
