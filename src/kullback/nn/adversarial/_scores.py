"""Scores of a critic as they came, checked and flattened, and means of them by weights."""

from typing import Any

import torch
from torch import Tensor

from kullback._core import InputError

Weights = tuple[Tensor | None, Tensor | None] | None


def read_scores(scores: Any, name: str, /) -> Tensor:
    """Scores as a vector in float32, or from float64 in float64.

    Raises:
        InputError: They are no floating tensor with one entry for each of at least one row.
    """
    if not isinstance(scores, Tensor) or not scores.is_floating_point():
        came = f"dtype {scores.dtype}" if isinstance(scores, Tensor) else type(scores).__name__
        raise InputError(f"{name} came as {came}. A floating tensor of scores, one for each row, is needed.")
    if scores.numel() == 0:
        raise InputError(f"{name} is empty, of shape {tuple(scores.shape)}. At least one row is needed.")
    if scores.ndim > 1 and scores.numel() != scores.shape[0]:
        raise InputError(f"{name} has shape {tuple(scores.shape)}. One score for each row, (n,) or (n, 1), is needed.")
    flat = scores.reshape(-1)
    return flat.double() if flat.dtype == torch.float64 else flat.float()


def check_finite(scores: Tensor, name: str, /, *, floor: bool = False) -> None:
    """Refuse NaN and infinities, with `floor` all but -inf; not on a device, where looking makes the host wait.

    Raises:
        InputError: There are some.
    """
    if scores.device.type != "cpu":
        return
    good = scores.detach().isfinite()
    good = good | (scores.detach() == -torch.inf) if floor else good
    if not bool(good.all()):
        raise InputError(
            f"{name} has NaN or infinite scores in {int((~good).sum())} of {len(good)} rows. Finite ones are needed: "
            "has the critic diverged? Try a smaller step."
        )


def read_sides(scores_p: Any, scores_q: Any, weights: Any, /) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Scores of both sides, -inf allowed, and their weights as shares that add up to 1.

    Raises:
        InputError: Scores or weights cannot be used.
    """
    if weights is not None and (not isinstance(weights, tuple) or len(weights) != 2):
        raise InputError("weights must be a pair: those of scores_p and those of scores_q, either of them None.")
    left, right = (None, None) if weights is None else weights
    p, share_p = _weighted(read_scores(scores_p, "scores_p"), left, "scores_p")
    q, share_q = _weighted(read_scores(scores_q, "scores_q"), right, "scores_q")
    return p, q, share_p, share_q


def _weighted(scores: Tensor, weights: Any, name: str) -> tuple[Tensor, Tensor]:
    """Scores with rows of weight 0 set to 0, and the shares of the rows."""
    if weights is None:
        check_finite(scores, name, floor=True)
        return scores, torch.full_like(scores, 1.0 / len(scores)).detach()
    if not isinstance(weights, Tensor) or weights.numel() != len(scores):
        came = tuple(weights.shape) if isinstance(weights, Tensor) else type(weights).__name__
        raise InputError(f"weights of {name} came as {came}. A tensor or mask of {len(scores)} entries is needed.")
    wide = weights.detach().reshape(-1).to(scores)
    if wide.device.type == "cpu" and not bool((wide.isfinite() & (wide >= 0)).all() and wide.sum() > 0):
        raise InputError(f"weights of {name} are negative, not finite or all 0. Zero or more, and a row, is needed.")
    kept = torch.where(wide > 0, scores, torch.zeros_like(scores))
    check_finite(kept, name, floor=True)
    return kept, wide / wide.sum()


def log_mean_exp(scores: Tensor, shares: Tensor, /) -> Tensor:
    """Logarithm of the mean of e to the scores."""
    return torch.logsumexp(scores + shares.log(), dim=0)


def squared_error(values: Tensor, shares: Tensor, /) -> Tensor:
    """Squared standard error of a weighted mean; 0 for a single row."""
    fine = torch.where(values.isfinite(), values, torch.zeros_like(values))
    mean = (shares * fine).sum()
    squares = (shares**2).sum()
    # Of n equal shares: the variance with n - 1 below, over n.
    return (shares * (fine - mean) ** 2).sum() * squares / (1.0 - squares).clamp_min(1e-12)


def tilted_size(log_weights: Tensor, shares: Tensor, /) -> Tensor:
    """How many equal rows the rows with weights of e to these logarithms are worth (Kish); 0 if all are -inf."""
    logs = log_weights + shares.log()
    top = logs.max()
    weights = (logs - torch.where(top.isfinite(), top, torch.zeros_like(top))).exp()
    return weights.sum() ** 2 / (weights**2).sum().clamp_min(1e-30)
