"""The rate of a variational autoencoder and what its latents carry, over a data set."""

from typing import Any

import torch
from torch import Tensor

from kullback._core import InputError
from kullback.nn.metrics._states import WideMetric, tagged
from kullback.nn.vae import gaussian_kl


def merged_moments(parts: Tensor, /) -> Tensor:
    """Counts, means and sums of squared deviations of several parts as those of one.

    Args:
        parts: Shape (parts, 3, d).

    Returns:
        Shape (3, d); deviations are taken from the common mean, so a mean far from 0 costs no digits.
    """
    n, means, squares = parts.unbind(dim=1)
    total = n.sum(dim=0)
    near = means[n[:, 0].argmax()]  # a part that is not empty
    center = near + (n * (means - near)).sum(dim=0) / total.clamp(min=1)
    return torch.stack([total, center, (squares + n * (means - center).square()).sum(dim=0)])


def merged_spreads(parts: Tensor, /) -> Tensor:
    """Logarithms of sums as the logarithm of their sum."""
    return torch.logsumexp(parts, dim=0)


class GaussianKL(WideMetric):
    """Mean divergence of Gaussian posteriors from their prior, and what it says about the latents: all in nats.

    The streaming form of `collapse_report`: equal to it on all examples together, however batches and processes are
    cut.

    Args:
        latents: Number d of latent dimensions.
        prior_mean: Mean of the prior, a number or a tensor of shape (d,).
        prior_log_var: Logarithm of its variance, likewise.
        threshold: Variance of the posterior mean above which a dimension is active.
        options: Options of every metric of torchmetrics.

    Raises:
        InputError: `latents` is not a positive whole number, or `threshold` is negative.
        MissingExtraError: torchmetrics is not installed.

    Note:
        Variances are merged by Chan's update in float64 (float32 on MPS).

    References:
        Chan, Golub and LeVeque (1983), The American Statistician 37; Burda, Grosse and Salakhutdinov (2016),
        section 5.2 (active units); Hoffman and Johnson (2016), ELBO surgery (information).

    Example:
        >>> import torch
        >>> from kullback.nn.metrics import GaussianKL
        >>> metric = GaussianKL(2)
        >>> metric.update(torch.tensor([[1.0, 0.0]]), torch.zeros(1, 2))
        >>> metric.update(torch.tensor([[-1.0, 0.0], [0.0, 0.0]]), torch.zeros(2, 2))
        >>> found = metric.compute()
        >>> round(found["rate"].item(), 6), found["active_units"].item()
        (0.333333, 1.0)
    """

    kl: Tensor
    spread: Tensor

    def __init__(
        self,
        latents: int,
        *,
        prior_mean: Tensor | float = 0.0,
        prior_log_var: Tensor | float = 0.0,
        threshold: float = 0.01,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        _check_count(latents)
        if not threshold >= 0.0:
            raise InputError(f"threshold={threshold!r} is not a variance. Give a number that is not negative.")
        self.latents, self.threshold = latents, float(threshold)
        self._prior = prior_mean, prior_log_var
        self._moments = tagged("moments", f"{latents} {_text(prior_mean)} {_text(prior_log_var)} {threshold}")
        self.add_state(self._moments, torch.zeros(3, latents, dtype=torch.float64), dist_reduce_fx=merged_moments)
        self.add_state("kl", torch.zeros(latents, dtype=torch.float64), dist_reduce_fx="sum")
        start = torch.full((latents,), -torch.inf, dtype=torch.float64)
        self.add_state("spread", start, dist_reduce_fx=merged_spreads)

    def update(self, mean: Tensor, log_var: Tensor, mask: Tensor | None = None) -> None:
        """Add a batch.

        Args:
            mean: Posterior means, shape (..., d).
            log_var: Logarithms of their variances, the same shape.
            mask: True where an example counts, shape (...).

        Raises:
            InputError: Shapes do not fit, or (on a CPU) NaN or infinite entries where the mask is True.
        """
        self._check(mean, log_var, mask)
        keep = torch.ones(mean.shape[:-1], dtype=torch.bool, device=mean.device) if mask is None else mask.bool()
        keep = keep.to(mean.device).reshape(-1, 1)
        # Examples that do not count may hold anything; none is taken out, as a GPU would have to wait for their number.
        means, spreads = (
            torch.where(keep, side.reshape(-1, self.latents).to(self.kl.dtype), 0.0) for side in (mean, log_var)
        )
        self.kl = self.kl + torch.where(keep, self._divergence(means, spreads), 0.0).sum(dim=0)
        self.spread = torch.logaddexp(self.spread, spreads.masked_fill(~keep, -torch.inf).logsumexp(dim=0))
        before: Tensor = getattr(self, self._moments)
        setattr(self, self._moments, merged_moments(torch.stack([before, _moments(means, keep)])))

    def compute(self) -> dict[str, Tensor]:
        """What all examples of all processes say.

        Returns:
            "rate", nats per example; "active_units", how many dimensions have a posterior mean whose variance is above
            the threshold; "examples", their number; and of shape (d,): "kl", nats per example, "information", of that
            what can be information about the example (an upper bound), and "variance" of the posterior mean. NaN as
            long as no example counted.
        """
        n, center, squares = getattr(self, self._moments)
        variance, kl = squares / n, self.kl / n
        # The variance of the mixture of all posteriors: the mean of the variances and the variance of the means.
        whole = torch.logaddexp(self.spread - n.log(), variance.log())
        seen = n > 0
        mismatch = self._divergence(torch.where(seen, center, 0.0), torch.where(seen, whole, 0.0))
        return {
            "rate": kl.sum(),
            "active_units": (variance > self.threshold).sum().to(kl.dtype),
            "examples": n[0].clone(),
            "kl": kl,
            "information": (kl - mismatch).clamp(min=0.0),
            "variance": variance,
        }

    def _divergence(self, means: Tensor, spreads: Tensor) -> Tensor:
        center, scale = (side.to(means) if isinstance(side, Tensor) else side for side in self._prior)
        return gaussian_kl(means, spreads, prior_mean=center, prior_log_var=scale)

    def _check(self, mean: Tensor, log_var: Tensor, mask: Tensor | None) -> None:
        _check_floats("mean", mean)
        _check_floats("log_var", log_var)
        if mean.shape != log_var.shape or mean.dim() < 1 or mean.shape[-1] != self.latents:
            raise InputError(
                f"mean has shape {tuple(mean.shape)}, log_var {tuple(log_var.shape)}. Give both as (..., "
                f"{self.latents}), examples by dimensions."
            )
        if mask is not None and (mask.shape != mean.shape[:-1] or mask.is_floating_point()):
            raise InputError(
                f"mask has shape {tuple(mask.shape)} and dtype {mask.dtype}. Give booleans of shape "
                f"{tuple(mean.shape[:-1])}, True where an example counts."
            )

    def extra_repr(self) -> str:
        """The direction spelled out, and the unit."""
        return f"D(posterior‖prior), in nats, {self.latents} dimensions, mean over examples"


def _check_count(latents: Any) -> None:
    if isinstance(latents, bool) or not isinstance(latents, int) or latents < 1:
        raise InputError(f"latents={latents!r} is not a number of dimensions. Give a positive whole number.")


def _check_floats(name: str, side: Any) -> None:
    if not isinstance(side, Tensor) or not side.is_floating_point():
        kind = side.dtype if isinstance(side, Tensor) else type(side).__name__
        raise InputError(f"{name} is {kind}. Give a tensor of floats.")


def _text(prior: Tensor | float) -> str:
    return str(prior.tolist() if isinstance(prior, Tensor) else prior)


def _moments(means: Tensor, keep: Tensor) -> Tensor:
    """Counts, means and sums of squared deviations of a batch, shape (3, d)."""
    n = keep.sum(dim=0).to(means.dtype)
    center = means.sum(dim=0) / n.clamp(min=1)
    squares = torch.where(keep, (means - center).square(), 0.0).sum(dim=0)
    return torch.stack([n.expand_as(center), center, squares])
