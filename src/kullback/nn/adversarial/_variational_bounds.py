"""Lower bounds on a divergence from the scores of a critic on samples of both laws."""

import math

import torch
from torch import Tensor

from kullback._core import InputError
from kullback.nn.adversarial._bound_bias import jackknife_bias
from kullback.nn.adversarial._bound_estimate import BoundEstimate, certifiable_nats
from kullback.nn.adversarial._scores import Weights, log_mean_exp, read_sides, squared_error, tilted_size


def donsker_varadhan(
    scores_p: Tensor,
    scores_q: Tensor,
    /,
    *,
    weights: Weights = None,
    ema: Tensor | float | None = None,
    momentum: float = 0.99,
) -> BoundEstimate:
    r"""The bound of Donsker and Varadhan on D(p‖q), from the scores T of a critic.

    $$ D(p \,\|\, q) \ge E_p\,T - \log E_q\, e^{T}, \qquad \text{equal at } T = \log\frac pq + \text{constant} $$

    Args:
        scores_p: Scores of rows of p in nats, shape ``(n,)`` or ``(n, 1)``, any float type.
        scores_q: Scores of rows of q in nats, shape ``(m,)`` or ``(m, 1)``.
        weights: Pair of weights or masks of the rows of p and of q, either of them None.
        ema: Logarithm of the running mean of e to the scores of q: the `log_mean` of the batch before. With it the
            gradient is divided by that mean instead of this batch's. The value stays this batch's.
        momentum: How much of the running mean is kept, from 0 to 1; used with `ema`.

    Returns:
        The bound. Maximize `value` over the critic.

    Raises:
        InputError: No rows, NaN or +inf among the scores, shapes that do not fit, or options out of range.

    Note:
        For a fixed critic the value of a finite sample is above the bound on average, by about
        Var(e^T)/(2m (E e^T)²) and far more where a few rows carry the mean; see `bound_bias`. No sample of m rows
        certifies more than about log m nats. And the gradient of a batch is biased, as the logarithm of a mean is no
        mean: `ema` divides by the mean of many batches, which removes that bias as the running mean settles. Stable
        for scores of any size: only differences are exponentiated.

    References:
        Donsker and Varadhan (1983), Communications on Pure and Applied Mathematics 36; Belghazi et al. (2018), ICML
        ("MINE"), section 3.2, for the running mean; McAllester and Stratos (2020), AISTATS, for its limits.

    Example:
        >>> import torch
        >>> from kullback.nn import donsker_varadhan
        >>> draw = torch.Generator().manual_seed(0)
        >>> x, y = torch.randn(5000, generator=draw) + 1, torch.randn(5000, generator=draw)
        >>> found = donsker_varadhan(x - 0.5, y - 0.5)  # the critic log p/q; D(p‖q) is 0.5
        >>> bool(abs(float(found) - 0.5) < 3 * found.stderr and found.reliable)
        True
    """
    p, q, share_p, share_q = read_sides(scores_p, scores_q, weights)
    log_mean = log_mean_exp(q, share_q)
    batch = log_mean.detach()
    running, term = batch, log_mean
    if ema is not None:
        running = _running(ema, batch, momentum)
        # e^T over the running mean: the gradient of the logarithm times this ratio; the value stays.
        term = batch + (log_mean - batch) * (batch - running).exp()
    value = (share_p * p).sum() - term
    with torch.no_grad():
        ess = tilted_size(q, share_q)
        error = squared_error(p, share_p) + squared_error((q - batch).exp(), share_q)
        bias = jackknife_bias(q, share_q)
    return BoundEstimate(
        value,
        error.sqrt(),
        ess,
        bias,
        running,
        len(p),
        len(q),
        "donsker_varadhan",
        certifiable=certifiable_nats(len(p), len(q)),
    )


def nwj_bound(scores_p: Tensor, scores_q: Tensor, /, *, weights: Weights = None) -> BoundEstimate:
    r"""The bound of Nguyen, Wainwright and Jordan on D(p‖q), from the scores T of a critic.

    $$ D(p \,\|\, q) \ge E_p\,T - E_q\, e^{T - 1}, \qquad \text{equal at } T = 1 + \log\frac pq $$

    Args:
        scores_p: Scores of rows of p in nats, shape ``(n,)`` or ``(n, 1)``, any float type.
        scores_q: Scores of rows of q in nats, shape ``(m,)`` or ``(m, 1)``.
        weights: Pair of weights or masks of the rows of p and of q, either of them None.

    Returns:
        The bound. Maximize `value` over the critic.

    Raises:
        InputError: No rows, NaN or +inf among the scores, or shapes that do not fit.

    Note:
        A plain mean: for a critic that did not learn from these rows value and gradient are unbiased, where
        `donsker_varadhan` is too large. Below it for the same critic unless E_q e^T = e, and of larger variance as the
        mean is not divided out: scores beyond 89 leave the range of float32, and the value is -inf. `FGAN("kl")` has
        the same bound with an activation that cannot.

    References:
        Nguyen, Wainwright and Jordan (2010), IEEE Transactions on Information Theory 56; Poole et al. (2019), ICML.

    Example:
        >>> import torch
        >>> from kullback.nn import nwj_bound
        >>> ratio = torch.tensor([0.8, 1.2])  # p = (0.4, 0.6), q = (0.5, 0.5)
        >>> found = nwj_bound(1 + ratio.log(), 1 + ratio.log(), weights=(torch.tensor([0.4, 0.6]), None))
        >>> round(float(found), 6)
        0.020136
    """
    p, q, share_p, share_q = read_sides(scores_p, scores_q, weights)
    tilted = (q - 1.0).exp()
    value = (share_p * p).sum() - (share_q * tilted).sum()
    with torch.no_grad():
        ess = tilted_size(q, share_q)
        error = squared_error(p, share_p) + squared_error(tilted, share_q)
    return BoundEstimate(
        value,
        error.sqrt(),
        ess,
        torch.zeros_like(ess),
        torch.full_like(ess, torch.nan),
        len(p),
        len(q),
        "nwj_bound",
        certifiable=certifiable_nats(len(p), len(q)),
    )


def _running(ema: Tensor | float, batch: Tensor, momentum: float) -> Tensor:
    if not 0.0 <= momentum <= 1.0:
        raise InputError(f"momentum={momentum!r} is out of range. A number from 0 to 1 is needed.")
    before = torch.as_tensor(ema).detach().to(batch)
    if before.numel() != 1 or (before.device.type == "cpu" and not bool(before.isfinite().all())):
        raise InputError(f"ema={ema!r} came. The log_mean of the batch before, one finite number, is needed.")
    kept, new = (math.log(share) if share else -math.inf for share in (momentum, 1.0 - momentum))
    return torch.logaddexp(before.reshape(()) + kept, batch + new)
