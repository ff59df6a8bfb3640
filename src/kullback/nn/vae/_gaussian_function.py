"""The Gaussian divergence as torch calls it: one node that keeps its arguments alone, its gradients finite."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from kullback.nn.vae._inputs import widest

_NEAR, _FAR = 0.5, 60.0  # the series ends below the last digit; e^60 leaves nothing of 1 + r, in float64 too
_SERIES = tuple(0.5 / math.factorial(k + 2) for k in range(14))
_SINGLE = 8  # terms that float32 can see


def divergence_node(*arguments: Tensor) -> Tensor:
    """The divergence from mean, log variance, and those of the prior, four tensors that broadcast."""
    # Dynamo does not trace functions with a rule for forward mode, which nothing else can do without.
    node = _Divergence if torch.compiler.is_compiling() else _ForwardDivergence
    found: Tensor = node.apply(*arguments)  # type: ignore[no-untyped-call]
    return found


class _Divergence(torch.autograd.Function):
    """½[(e^r - 1 - r) + (μ - μ₀)² e^(-v₀)] with r = v - v₀; differentiable twice."""

    generate_vmap_rule = True

    @staticmethod
    def forward(mean: Tensor, log_var: Tensor, center: Tensor, log_scale: Tensor) -> Tensor:
        """The value, at most the largest float."""
        mean, log_var, center, log_scale = _widened(mean, log_var, center, log_scale)
        z = _distance(mean, center, log_scale)[0]
        value = _half_gap(log_var - log_scale) + (0.5 * z) * z
        return value.clamp(max=torch.finfo(value.dtype).max)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:  # noqa: ARG004 - torch passes it
        """Keep the arguments."""
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        """Gradients in the float types that came, those beyond as the largest float."""
        (gradient,) = gradients
        saved, wide = ctx.saved_tensors, _widened(*ctx.saved_tensors)
        return tuple(
            _as_came(gradient * slope(*wide), one) if needed else None
            for slope, one, needed in zip(_SLOPES, saved, ctx.needs_input_grad, strict=True)
        )


class _ForwardDivergence(_Divergence):
    """The same in forward mode too."""

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:  # noqa: ARG004 - torch passes it
        """Keep the arguments."""
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Any:
        """The tangent of the value."""
        wide = _widened(*ctx.saved_tensors)
        total = torch.zeros_like(sum(wide[1:], start=wide[0]))  # slopes by the mean do not know the shape of log_var
        for slope, tangent in zip(_SLOPES, tangents, strict=True):
            if tangent is not None:
                total = total + slope(*wide) * tangent
        return total


def _widened(*values: Tensor) -> list[Tensor]:
    """Tensors in the widest float type among them."""
    dtype = widest(values)
    return [value.to(dtype) for value in values]


def _as_came(gradient: Tensor, one: Tensor) -> Tensor:
    """A gradient in the shape and float type of its argument, finite there."""
    most = torch.finfo(one.dtype).max
    return gradient.sum_to_size(one.shape).clamp(-most, most).to(one.dtype)


def _by_mean(mean: Tensor, log_var: Tensor, center: Tensor, log_scale: Tensor) -> Tensor:  # noqa: ARG001
    z, inverse = _distance(mean, center, log_scale)
    most = torch.finfo(z.dtype).max
    return (z * inverse).clamp(-most, most)


def _by_log_var(mean: Tensor, log_var: Tensor, center: Tensor, log_scale: Tensor) -> Tensor:  # noqa: ARG001
    return _half_step(log_var - log_scale)


def _by_center(*values: Tensor) -> Tensor:
    return -_by_mean(*values)


def _by_log_scale(*values: Tensor) -> Tensor:
    mean, _, center, log_scale = values
    z = _distance(mean, center, log_scale)[0]
    return -(_by_log_var(*values) + (0.5 * z) * z).clamp(max=torch.finfo(z.dtype).max)


# None is beyond the range of floats: 0 · inf would be NaN.
_SLOPES: tuple[Callable[..., Tensor], ...] = (_by_mean, _by_log_var, _by_center, _by_log_scale)


def _distance(mean: Tensor, center: Tensor, log_scale: Tensor) -> tuple[Tensor, Tensor]:
    """The gap of the means in standard deviations of the prior, and one over those; neither is squared yet."""
    most = torch.finfo(mean.dtype).max
    reach, farthest = 1.98 * math.log(most), math.sqrt(1.99 * most)  # the factor and the square stay finite
    inverse = torch.exp(-0.5 * log_scale.clamp(-reach, reach))
    return ((mean - center) * inverse).clamp(-farthest, farthest), inverse


def _half_gap(r: Tensor) -> Tensor:
    """Half of e^r - 1 - r; the subtraction would lose the digits near zero, a series keeps them."""
    r = _limited(r)
    count = _SINGLE if r.dtype == torch.float32 else len(_SERIES)
    series = r * _SERIES[count - 1]
    for coefficient in reversed(_SERIES[1 : count - 1]):
        series.add_(coefficient).mul_(r)
    near = series.add_(_SERIES[0]).mul_(r).mul_(r)
    far = torch.where(r < _FAR, 0.5 * (torch.expm1(r) - r), _half_exp(r))
    return torch.where(r.abs() < _NEAR, near, far)


def _half_step(r: Tensor) -> Tensor:
    """Half of e^r - 1."""
    r = _limited(r)
    near = r < _FAR  # neither branch sees what is beyond the other's range: its derivative would be NaN
    return torch.where(near, 0.5 * torch.expm1(r.clamp(max=_FAR)), _half_exp(r))


def _half_exp(r: Tensor) -> Tensor:
    """Half of e^r, which does not overflow where e^r does."""
    return (0.5 * math.e) * torch.exp(r - 1.0)


def _limited(r: Tensor) -> Tensor:
    """At most so much that half of e^r is just below the largest float."""
    return r.clamp(max=math.log(torch.finfo(r.dtype).max) + math.log(2.0) - 2e-5)
