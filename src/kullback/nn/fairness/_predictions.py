"""Predictions, groups and labels of a batch as they came, checked and brought to one form."""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import log_softmax, logsigmoid

from kullback._core import InputError

_GIVEN = ("logits", "log_probs", "probs")


def log_probabilities(predictions: Any, given: str, weights: Tensor | None, /) -> Tensor:
    """Predictions as logarithms of shape ``(rows, classes)``, in float32 or, from float64, in float64.

    Raises:
        InputError: They are no floating tensor of rows, or what `given` says they are not.
    """
    if given not in _GIVEN:
        raise InputError(f"given={given!r} is unknown. Choose one of {', '.join(map(repr, _GIVEN))}.")
    if not isinstance(predictions, Tensor) or not predictions.is_floating_point():
        came = f"dtype {predictions.dtype}" if isinstance(predictions, Tensor) else type(predictions).__name__
        raise InputError(f"predictions came as {came}. A floating tensor of {given} is needed.")
    if predictions.ndim not in {1, 2} or predictions.shape[-1] == 0 or len(predictions) == 0:
        raise InputError(
            f"predictions have shape {tuple(predictions.shape)}. (rows, classes), or (rows,) for the {given} of one "
            "yes-or-no outcome, are needed, with at least one row."
        )
    wide = predictions.double() if predictions.dtype == torch.float64 else predictions.float()
    wide = wide[:, 0] if wide.ndim == 2 and wide.shape[1] == 1 else wide
    if weights is not None:  # what is left out may be padding of any value
        kept = (weights > 0).view(-1, *([1] * (wide.ndim - 1)))
        wide = torch.where(kept, wide, torch.full_like(wide, 0.5 if given == "probs" else 0.0))
    _check_values(wide, given)
    # No operation from here on is one that autocast takes to half precision.
    return _both_outcomes(wide, given) if wide.ndim == 1 else _by_class(wide, given)


def _both_outcomes(one: Tensor, given: str) -> Tensor:
    if given == "logits":
        return torch.stack([logsigmoid(-one), logsigmoid(one)], dim=1)
    if given == "probs":
        return _safe_log(torch.stack([1.0 - one, one], dim=1))
    raise InputError("log_probs of one outcome do not give those of the other. Give log_probs of shape (rows, 2).")


def _by_class(wide: Tensor, given: str) -> Tensor:
    if given == "logits":
        return log_softmax(wide, dim=-1)
    return wide if given == "log_probs" else _safe_log(wide)


def _safe_log(probs: Tensor) -> Tensor:
    """Logarithms; -inf at zero, with no gradient there."""
    some = probs > 0
    return torch.where(some, torch.where(some, probs, torch.ones_like(probs)).log(), -torch.inf)


def _check_values(wide: Tensor, given: str) -> None:
    if wide.device.type != "cpu":  # looking at values would make the host wait for the device
        return
    values = wide.detach()
    if bool(values.isnan().any()) or bool((values == torch.inf).any() and wide.ndim == 2):
        raise InputError("predictions hold NaN or +inf. Finite values, or -inf for what cannot happen, are needed.")
    if given == "logits":
        if wide.ndim == 2 and bool((values.amax(dim=-1) == -torch.inf).any()):
            raise InputError("a row of predictions is -inf in every class: it predicts nothing. Leave the row out.")
        return
    probs = values.exp() if given == "log_probs" else values
    if bool((probs < 0).any() or (probs > 1.0 + 1e-3).any()):
        raise InputError(
            f"predictions reach from {float(values.min()):.4g} to {float(values.max()):.4g}, which are no {given}. "
            "Say given='logits' if they are scores."
        )
    if wide.ndim == 2 and bool(((totals := probs.sum(dim=-1)) - 1.0).abs().max() > 1e-2):
        raise InputError(
            f"rows of predictions add up to between {float(totals.min()):.4g} and {float(totals.max()):.4g} as "
            f"{given}, not to 1. Normalize them, or say given='logits' if they are scores."
        )


def row_codes(codes: Any, rows: int, count: int | None, name: str, /) -> Tensor:
    """Whole numbers from 0 to count - 1, one for each row.

    Raises:
        InputError: They are not.
    """
    if not isinstance(codes, Tensor) or codes.is_floating_point() or codes.is_complex():
        came = f"dtype {codes.dtype}" if isinstance(codes, Tensor) else type(codes).__name__
        raise InputError(
            f"{name} came as {came}. A tensor of whole numbers 0, 1, ... is needed: give numbers to names."
        )
    if codes.shape != (rows,):
        raise InputError(
            f"{name} have shape {tuple(codes.shape)}, the predictions {rows} rows. One for each is needed."
        )
    whole = codes.long()
    if whole.device.type == "cpu":
        low, high = int(whole.min()), int(whole.max())
        if low < 0 or (count is not None and high >= count):
            upper = "upwards" if count is None else f"to {count - 1}"
            raise InputError(f"{name} run from {low} to {high}. Whole numbers from 0 {upper} are needed.")
    return whole


def row_weights(weights: Any, like: Any, /) -> Tensor | None:
    """Weights of rows as floats; a mask counts as zeros and ones.

    Raises:
        InputError: They are no weights.
    """
    if weights is None:
        return None
    rows = len(like) if isinstance(like, Tensor) and like.ndim else 0
    if not isinstance(weights, Tensor) or weights.shape != (rows,):
        came = tuple(weights.shape) if isinstance(weights, Tensor) else type(weights).__name__
        raise InputError(f"weights came as {came}. A tensor of shape ({rows},) or a mask is needed.")
    wide = weights.detach().to(torch.float64 if like.dtype == torch.float64 else torch.float32)
    if wide.device.type == "cpu" and not bool((wide.isfinite() & (wide >= 0)).all()):
        raise InputError(f"weights reach down to {float(wide.min()):.4g} or are not finite. Zero or more is needed.")
    return wide
