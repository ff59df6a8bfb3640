import sys

import numpy as np
import pytest
import torch

import kullback as kl
from kullback.nn import active_units, collapse_report, gaussian_kl


def latents(scales, n=500, dtype=torch.float64):
    """Posteriors whose mixture is N(0, 1) in each dimension: the means spread as `scales`, the variances fill up."""
    rng = torch.Generator().manual_seed(0)
    scales = torch.tensor(scales, dtype=dtype)
    mean = torch.randn(n, len(scales), dtype=dtype, generator=rng) * scales
    return mean, (1 - scales**2).log().expand(n, -1)


def test_active_units_are_variances_of_the_means():
    mean = latents([0.9, 0.3, 0.05])[0] + 1e3
    found = active_units(mean)
    assert found.variances == pytest.approx(np.var(mean.numpy(), axis=0).tolist(), rel=1e-10)
    assert (found.active, found.count, int(found), found.n) == ((True, True, False), 2, 2, 500)
    assert str(found).startswith("2 of 3 units are active")
    assert active_units(mean, threshold=0.5).count == 1


def test_batches_of_any_size_are_merged():
    mean = latents([0.9, 0.3, 0.05], dtype=torch.float32)[0] + 1e3
    stream = (batch for batch in mean.split([1, 0, 99, 150, 250]))
    assert active_units(stream).variances == pytest.approx(active_units(mean).variances, rel=1e-12)
    naive = (mean.square().mean(dim=0) - mean.mean(dim=0).square()).tolist()
    assert naive[2] != pytest.approx(active_units(mean).variances[2], rel=0.5)


@pytest.mark.parametrize(
    ("means", "message"),
    [
        (torch.zeros(1, 3), "means has 1 examples"),
        ([], "means has 0 examples"),
        (torch.zeros(3), r"shape \(3,\)"),
        ([torch.zeros(2, 3), torch.zeros(2, 4)], "batches of 3 and of 4"),
        (3.0, "means is a float"),
        (torch.full((2, 2), float("nan")), "means has 4 NaN"),
        (torch.zeros(2, 2, dtype=torch.long), "dtype torch.int64"),
    ],
)
def test_bad_means_are_refused(means, message):
    with pytest.raises(kl.InputError, match=message):
        active_units(means)


def test_figures_of_a_known_channel():
    """z = s·e + noise with unit variance carries -½ log(1 - s²) nats and matches the prior."""
    mean, log_var = latents([0.9, 0.3, 0.0], n=20000)
    found = collapse_report(mean, log_var)
    # Five standard errors of a mean of 20,000 squares.
    assert found.information == pytest.approx([-0.5 * np.log(1 - 0.81), -0.5 * np.log(1 - 0.09), 0.0], abs=0.03)
    assert found.kl == pytest.approx(gaussian_kl(mean, log_var).mean(dim=0).tolist())
    assert found.rate == pytest.approx(gaussian_kl(mean, log_var).sum(dim=-1).mean().item())
    assert found.mismatch == pytest.approx(0.0, abs=1e-3)
    assert found.empty == (2,)
    assert found.active == 2


def test_rate_is_information_and_mismatch():
    """Against the mixture's own Gaussian nothing is left but information."""
    mean, log_var = latents([0.9, 0.3])
    mean, log_var = 2 * mean + 1, log_var + 0.5
    found = collapse_report(mean, log_var)
    variance = mean.var(dim=0, correction=0) + log_var.exp().mean(dim=0)
    own = collapse_report(mean, log_var, prior_mean=mean.mean(dim=0), prior_log_var=variance.log())
    assert own.information == pytest.approx(found.information, rel=1e-9)
    assert own.mismatch == pytest.approx(0.0, abs=1e-12)
    assert found.mismatch > 0.5


def test_divergence_without_information_is_empty():
    """Free bits may fill with one law for all examples: its divergence is large and it says nothing."""
    mean, log_var = torch.full((100, 4), 1.0), torch.zeros(100, 4)
    found = collapse_report(mean, log_var)
    assert found.kl == pytest.approx([0.5] * 4)
    assert found.empty == (0, 1, 2, 3)
    assert "4 of the empty dimensions pay all the same" in str(found)


@pytest.mark.parametrize(
    ("scales", "verdict"),
    [
        ([0.9, 0.8], "healthy: each of the 2 dimensions carries at least 0.01 nats"),
        ([0.9, 0.0], "partly collapsed: 1 of 2 dimensions carries less than 0.01 nats"),
        ([0.9, 0.9] + [0.0] * 14, "collapsed: 14 of 16 dimensions carry less than 0.01 nats"),
        ([0.0], "collapsed: 1 of 1 dimensions carries less than 0.01 nats"),
    ],
)
def test_verdict(scales, verdict):
    found = collapse_report(*latents(scales))
    assert found.verdict == verdict
    assert found.state == verdict.partition(":")[0]
    assert str(found).startswith(verdict)


def test_distortion_is_per_example():
    mean, log_var = latents([0.9, 0.3])
    losses = torch.arange(500.0)
    found = collapse_report(mean, log_var, reconstruction=losses)
    assert found.distortion == pytest.approx(249.5)
    assert found.negative_elbo == pytest.approx(found.rate + 249.5)
    assert "distortion = 249.5 nats per example" in str(found)
    assert collapse_report(mean, log_var).negative_elbo is None
    # A mean over 64 pixels makes the distortion 64 times too small beside the rate: refused, as its shape tells.
    for wrong in (losses.mean(), losses[:, None].expand(500, 64)):
        with pytest.raises(kl.InputError, match=r"\(500,\) is needed"):
            collapse_report(mean, log_var, reconstruction=wrong)


def test_extremes_and_half_precision_stay_finite():
    mean, log_var = torch.zeros(3, 2), torch.tensor([[500.0, -500.0]] * 3)
    found = collapse_report(mean, log_var)
    assert np.isfinite(found.kl).all()
    assert found.information == pytest.approx([0.0, 0.0], abs=1e-9)
    mean, log_var = latents([0.9, 0.3])
    half = collapse_report(mean.half(), log_var.half())
    assert half.rate == pytest.approx(collapse_report(mean, log_var).rate, rel=1e-2)


def test_gradients_are_not_kept_and_inputs_not_changed():
    mean, log_var = latents([0.9, 0.3])
    mean = mean.clone().requires_grad_()
    before = mean.detach().clone()
    collapse_report(mean, log_var, reconstruction=mean.sum(dim=-1))
    assert torch.equal(mean.detach(), before)
    assert mean.grad is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mean": torch.zeros(500)}, r"mean has the shape \(500,\)"),
        ({"log_var": torch.zeros(2)}, r"log_var \(2,\)"),
        ({"floor": -1.0}, "floor is -1.0"),
        ({"prior_mean": torch.zeros(500, 2)}, "prior_mean has the shape"),
        ({"prior_log_var": float("nan")}, "prior_log_var is nan"),
    ],
)
def test_bad_input_is_refused(change, message):
    mean, log_var = latents([0.9, 0.3])
    given = {"mean": mean, "log_var": log_var, **change}
    with pytest.raises(kl.InputError, match=message):
        collapse_report(given.pop("mean"), given.pop("log_var"), **given)


def test_picture(require):
    require("matplotlib")
    found = collapse_report(*latents([0.3, 0.9, 0.0]))
    (axis,) = found.plot().axes
    heights = [bar.get_height() for bar in axis.containers[0]]
    assert heights == pytest.approx(sorted(found.information, reverse=True))
    assert [label.get_text() for label in axis.get_xticklabels()] == ["1", "0", "2"]
    assert "nats" in axis.get_ylabel()


def test_picture_without_matplotlib_names_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(kl.MissingExtraError, match="pip install"):
        collapse_report(*latents([0.3, 0.9])).plot()
