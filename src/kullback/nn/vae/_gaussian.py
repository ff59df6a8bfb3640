"""The divergence of a diagonal Gaussian from its prior, dimension by dimension."""

from torch import Tensor

from kullback.nn.vae._gaussian_function import divergence_node
from kullback.nn.vae._inputs import check_tensor, read_together


def gaussian_kl(
    mean: Tensor, log_var: Tensor, *, prior_mean: Tensor | float = 0.0, prior_log_var: Tensor | float = 0.0
) -> Tensor:
    r"""Divergence of Gaussians from a Gaussian prior, one number for each dimension.

    $$ D\big(N(μ, e^{v}) \,\|\, N(μ_0, e^{v_0})\big)
       = ½\big[(e^{r} - 1 - r) + (μ - μ_0)^2 e^{-v_0}\big], \qquad r = v - v_0 $$

    Args:
        mean: Means μ, shape ``(*batch, d)``; half precision is computed in float32.
        log_var: Logarithms v of the *variances* (not of the standard deviations), shape that broadcasts.
        prior_mean: Means μ₀ of the prior, a number or a tensor that broadcasts; it may get a gradient.
        prior_log_var: Logarithms v₀ of the variances of the prior, likewise.

    Returns:
        Divergences in nats, of the broadcast shape, in float32 or wider; never negative, 0 where the laws agree. Sum
        over the dimensions, then take the mean over the examples: ``gaussian_kl(mean, log_var).sum(-1).mean()``.

    Raises:
        InputError: No tensors of floats, shapes that do not broadcast, or (on a CPU) NaN or infinite entries.

    Note:
        The textbook form -½(1 + v - μ² - eᵛ) is 0 or wrong in every digit in float32 where v is near 1e-4, and
        overflows from 11.1 (float16) or 88.8 (float32) on. This one has an error of a few ulp (times the size of v₀)
        near the prior as in far tails. Where the true value exceeds the largest float it returns that float, and
        gradients beyond come back as the largest float of their type, so that neither becomes NaN further down.
        Differentiable twice, in forward mode, under vmap, and compiled in one graph. It takes four to five times as
        long as the textbook form, which beside a network is little.

    References:
        Kingma and Welling (2014), Auto-Encoding Variational Bayes, appendix B.

    Example:
        >>> import torch
        >>> from kullback.nn import gaussian_kl
        >>> mean, log_var = torch.tensor([[0.5, -1.0]]), 2 * torch.tensor([[0.8, 1.2]]).log()
        >>> print(f"{gaussian_kl(mean, log_var).sum().item():.6f} nats")
        0.705822 nats
    """
    check_tensor(mean, "mean")
    check_tensor(log_var, "log_var")
    given = {"mean": mean, "log_var": log_var, "prior_mean": prior_mean, "prior_log_var": prior_log_var}
    return divergence_node(*read_together(given))
