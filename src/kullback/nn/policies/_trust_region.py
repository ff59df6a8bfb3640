"""A natural-gradient step that keeps an exact divergence below a limit, or does not happen."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from kullback._core import InputError
from kullback.nn.policies._checks import check_count, check_number
from kullback.nn.policies._laws import Law, frozen, mean_divergence
from kullback.nn.policies._snapshot import Snapshot, read_parameters
from kullback.nn.policies._solve import Solution, conjugate_gradient

_SAME = 1e-6  # nats: more between two calls at the same parameters is no rounding


@dataclass(frozen=True)
class TrustRegionStep:
    """What a trust-region step did.

    Attributes:
        accepted: Whether the parameters moved. If not they are what they were, bit for bit.
        reason: Why, in words.
        divergence: Mean D(old‖new) over the states, exact, nats; 0 where nothing moved.
        delta: The limit, nats.
        improvement: Of the surrogate.
        expected_improvement: Its slope times the step that was taken.
        full_divergence: Mean D(old‖new) of the full quadratic step, exact, nats: often above `delta`.
        fraction: Of that step which was taken.
        trials: Points of the line search that were tried.
        iterations: Of conjugate gradients, each one product with the Fisher matrix.
        residual: What they left of the equation, relative.
    """

    accepted: bool
    reason: str
    divergence: float
    delta: float
    improvement: float = 0.0
    expected_improvement: float = 0.0
    full_divergence: float = math.nan
    fraction: float = 0.0
    trials: int = 0
    iterations: int = 0
    residual: float = math.nan

    def __str__(self) -> str:
        """One line of words, one of figures."""
        if not self.accepted:
            return f"Not accepted: {self.reason}. The parameters are what they were."
        return (
            f"Accepted: D(old‖new) = {self.divergence:.4g} nats, limit {self.delta:g}; the surrogate rose by "
            f"{self.improvement:.4g}\n  {self.fraction:.3g} of the full step, which has {self.full_divergence:.4g} "
            f"nats; {self.trials} trials, {self.iterations} products, residual {self.residual:.2g}"
        )


class _Problem(NamedTuple):
    """What one step works on."""

    snapshot: Snapshot
    surrogate: Callable[[], Tensor]
    policy: Callable[[], Law]
    mask: Tensor | None
    delta: float


class _Start(NamedTuple):
    """The old law, the surrogate there and its slope."""

    law: Law
    value: float
    slope: Tensor


def trust_region_step(
    parameters: nn.Module | Iterable[Tensor],
    surrogate: Callable[[], Tensor],
    policy: Callable[[], Law],
    /,
    *,
    delta: float = 0.01,
    damping: float = 0.1,
    iterations: int = 10,
    backtracks: int = 15,
    mask: Tensor | None = None,
    buffers: Iterable[Tensor] | None = None,
) -> TrustRegionStep:
    r"""Improve a surrogate by one natural-gradient step inside an exact trust region, or leave everything as it was.

    $$ \max_θ\; L(θ) \quad\text{subject to}\quad \overline{D}(π_{\mathrm{old}} \,\|\, π_θ) \le δ $$

    The direction solves (F + damping) x = ∇L by conjugate gradients, F being the Hessian of the mean divergence, by
    products alone. The full step √(2δ / xᵀFx)·x would have divergence δ if D were a parabola. It is not, so the exact
    D(old‖new) and the surrogate are computed at the full step and at shorter ones, and the first is taken that keeps
    the limit and improves.

    Args:
        parameters: The policy's module (its buffers are guarded too), or its parameters.
        surrogate: Without arguments, a scalar to be *increased*, computed from the parameters, such as the mean of
            ratio · advantage.
        policy: Without arguments, the policy at the given states: logits of shape ``(*states, actions)``, a pair
            (mean, log_std) with shape ``(*states, dimensions)``, or a distribution of torch. It must return the same
            law when called twice: no dropout, no sampling.
        delta: Limit of the mean D(old‖new), nats.
        damping: Added to the diagonal of F in the solve, and nowhere else.
        iterations: At most so many steps of conjugate gradients.
        backtracks: At most so many shorter steps after the full one.
        mask: Booleans over the states, True where one counts.
        buffers: Further tensors to guard, such as the running statistics of a network given by its parameters.

    Returns:
        A record: accepted or not and why, the divergence reached in nats, the improvement, and the work.

    Raises:
        InputError: Nothing to move, a surrogate or a policy that does not depend on the parameters (detached, or
            computed under no_grad), or a policy that is not the same when called twice. Whatever the closures raise
            comes through. In all these cases too the parameters are put back first.

    Note:
        D(old‖new) is computed in float64 means of exact divergences, so an accepted step keeps the limit as exactly
        as it can be computed at the given states. Buffers are as before in any case. `.grad` fields and optimizers
        are not touched. Memory: one graph of the divergence and six vectors as large as the parameters.

    References:
        Schulman et al. (2015), Trust region policy optimization, arXiv:1502.05477.

    Example:
        >>> import torch
        >>> from kullback.nn import trust_region_step
        >>> logits = torch.tensor([0.6, 0.4]).log().requires_grad_()
        >>> step = trust_region_step([logits], lambda: logits.softmax(-1)[1], lambda: logits[None], delta=0.01)
        >>> step.accepted, 0.009 < step.divergence <= 0.01, step.full_divergence > 0.01
        (True, True, True)
    """
    limit, damped = check_number("delta", delta), check_number("damping", damping, closed=True)
    check_count("iterations", iterations)
    check_count("backtracks", backtracks, least=0)
    problem = _Problem(read_parameters(parameters, buffers), surrogate, policy, mask, limit)
    try:
        with torch.enable_grad():
            step = _attempted(problem, damped, iterations, backtracks)
    except BaseException:
        problem.snapshot.restore()
        raise
    return step


def _attempted(problem: _Problem, damping: float, iterations: int, backtracks: int) -> TrustRegionStep:
    """The step; whoever calls puts things back where it raises."""
    start = _started(problem)
    if not math.isfinite(start.value) or not bool(torch.isfinite(start.slope).all()):
        return _refused(problem, f"the surrogate is {start.value} before the step, or its gradient is not finite")
    if not bool(start.slope.any()):
        return _refused(problem, "the gradient of the surrogate is zero")
    product = _fisher_product(problem, start.law)
    solution = conjugate_gradient(lambda v: product(v) + damping * v, start.slope, iterations=iterations)
    # Damping belongs into the solve alone: in the length it would shorten every step.
    curvature = float(solution.direction @ product(solution.direction))
    if not 0.0 < curvature < math.inf:
        return _refused(
            problem,
            f"D(old‖new) has no curvature along the direction ({curvature:.3g}): the policy does not move there, or "
            "cannot be differentiated twice (once_differentiable functions, fused kernels)",
            solution,
        )
    full = math.sqrt(2.0 * problem.delta / curvature) * solution.direction
    return _searched(problem, start, full, solution, backtracks)


def _started(problem: _Problem) -> _Start:
    """Surrogate, slope and law at the old parameters, and whether the closures can be used at all."""
    value: Any = problem.surrogate()
    if not isinstance(value, Tensor) or value.numel() != 1:
        came = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
        raise InputError(f"surrogate() returned {came}. A tensor of one number is needed: take its mean.")
    slope = _flat_gradient(value.reshape(()), problem.snapshot, "surrogate()")
    with torch.no_grad():
        law = frozen(problem.policy())
    problem.snapshot.restore_buffers()
    return _Start(law, float(value.detach()), slope)


def _fisher_product(problem: _Problem, old: Law) -> Callable[[Tensor], Tensor]:
    """Products with the Hessian of the mean D(old‖new) at new = old, which is the Fisher matrix."""
    divergence = mean_divergence(old, problem.policy(), problem.mask)
    again = float(divergence.detach())
    if not abs(again) <= _SAME:
        raise InputError(
            f"policy() gave two laws at the same parameters, {again:.3g} nats apart. Switch dropout off with "
            "model.eval(), draw nothing inside, and compute at fixed states."
        )
    slope = _flat_gradient(divergence, problem.snapshot, "policy()", again=True)
    parameters = problem.snapshot.parameters

    def product(vector: Tensor) -> Tensor:
        found = torch.autograd.grad(
            slope @ vector.to(slope.dtype), parameters, retain_graph=True, materialize_grads=True
        )
        return torch.cat([one.reshape(-1) for one in found]).to(vector.dtype)

    return product


def _flat_gradient(value: Tensor, snapshot: Snapshot, name: str, *, again: bool = False) -> Tensor:
    found: tuple[Tensor | None, ...] = (None,)
    if value.requires_grad:
        found = torch.autograd.grad(value, snapshot.parameters, create_graph=again, allow_unused=True)
    if all(one is None for one in found):
        raise InputError(
            f"{name} does not depend on the parameters: it was detached, computed under no_grad, or from others. "
            "Compute it from these parameters inside the closure."
        )
    pairs = zip(found, snapshot.parameters, strict=True)
    flat = [torch.zeros_like(one).reshape(-1) if grad is None else grad.reshape(-1) for grad, one in pairs]
    joined = torch.cat(flat)
    joined = joined.to(torch.promote_types(joined.dtype, torch.float32))
    if again and not joined.requires_grad:
        raise InputError(
            f"{name} cannot be differentiated twice. Avoid custom functions that are once_differentiable, and fused "
            "kernels without a second derivative."
        )
    return joined


def _searched(problem: _Problem, start: _Start, full: Tensor, solution: Solution, backtracks: int) -> TrustRegionStep:
    """The first of ever shorter steps that keeps the limit and improves."""
    fraction, whole, reason = 1.0, math.nan, ""
    for trial in range(1, backtracks + 2):
        problem.snapshot.move(fraction * full)
        divergence, gain = _tried(problem, start)
        whole = divergence if trial == 1 else whole
        if divergence <= problem.delta and 0.0 < gain < math.inf:
            problem.snapshot.restore_buffers()
            return TrustRegionStep(
                accepted=True,
                reason="the limit is kept and the surrogate improves",
                divergence=divergence,
                delta=problem.delta,
                improvement=gain,
                expected_improvement=fraction * float(start.slope @ full),
                full_divergence=whole,
                fraction=fraction,
                trials=trial,
                iterations=solution.iterations,
                residual=solution.residual,
            )
        reason = _why(divergence, gain, problem.delta)
        fraction *= _shorter(divergence, problem.delta)
    return _refused(problem, f"after {backtracks + 1} trials {reason}", solution, full=whole)


def _tried(problem: _Problem, start: _Start) -> tuple[float, float]:
    """The exact mean divergence and the gain at the parameters as they are now."""
    with torch.no_grad():
        law = problem.policy()
        try:
            divergence = float(mean_divergence(start.law, law, problem.mask))
        except InputError:  # logits or scales that overflowed
            return math.nan, math.nan
        gain = float(problem.surrogate()) - start.value
    return divergence, gain


def _why(divergence: float, gain: float, delta: float) -> str:
    if not divergence <= delta:
        return f"D(old‖new) is still {divergence:.4g} nats, above {delta:g}"
    return f"the surrogate still changes by {gain:.4g}"


def _shorter(divergence: float, delta: float) -> float:
    """Just inside where a parabola through the trial meets the limit; half where that is not what failed."""
    if divergence > delta and math.isfinite(divergence):
        return min(max(0.99 * math.sqrt(delta / divergence), 0.1), 0.99)
    return 0.5


def _refused(
    problem: _Problem, reason: str, solution: Solution | None = None, *, full: float = math.nan
) -> TrustRegionStep:
    problem.snapshot.restore()
    return TrustRegionStep(
        accepted=False,
        reason=reason,
        divergence=0.0,
        delta=problem.delta,
        full_divergence=full,
        iterations=solution.iterations if solution else 0,
        residual=solution.residual if solution else math.nan,
    )
