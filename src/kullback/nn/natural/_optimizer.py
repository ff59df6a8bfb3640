"""An optimizer for small models: every step is solved with the exact Fisher matrix of the outputs."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch

from kullback._core import InputError
from kullback.nn.natural._direction import check_damping, solved
from kullback.nn.natural._outputs import Likelihood, check_likelihood, mean_divergence
from kullback.nn.natural._products import FisherProducts, conjugate_gradients

Closure = Callable[[], tuple[torch.Tensor, torch.Tensor]]
SOLVERS = ("auto", "cholesky", "cg")
# Parameters up to which the whole matrix costs no more than a few times what conjugate gradients do.
_DENSE = 1500
_TRIES = 30


@dataclass(frozen=True)
class NaturalStep:
    """What a step did; divergences in nats, averaged over rows.

    Attributes:
        loss: Loss before the step.
        length: Multiple of the natural direction that was gone.
        expected: D(old‖new) by its quadratic approximation, ½ dᵀFd without damping.
        divergence: The exact D(old‖new) of the outputs; None where no `max_kl` was given.
        solver: "cholesky" or "cg".
    """

    loss: float
    length: float
    expected: float
    divergence: float | None
    solver: str

    def __str__(self) -> str:
        exact = "" if self.divergence is None else f", exactly {self.divergence:.4g} nats"
        return (
            f"loss {self.loss:.6g}, step {self.length:.3g} by {self.solver}: D(old‖new) = {self.expected:.4g} nats "
            f"expected{exact}"
        )


class NaturalGradient(torch.optim.Optimizer):
    r"""Natural gradient descent with the exact Fisher matrix of a model's output law.

    $$ \theta \leftarrow \theta - \eta\,(F + \lambda I)^{-1} \nabla \ell, \qquad
       F = \frac1N \sum_n J_n^\top H_n J_n $$

    where $J_n$ are the derivatives of the outputs of row n and $H_n$ the Fisher matrix of the law that they are
    parameters of. The step does not depend on how the model is parametrized, but for the damping and second order.

    Args:
        params: Parameters, in one group.
        lr: η, positive; 1 is a full step (Fisher scoring).
        damping: λ, zero or larger. Without it a singular F is solved by its pseudo-inverse.
        likelihood: "categorical" (outputs are logits on the last axis), "bernoulli" (each output a logit) or
            "gaussian" (each output a mean, unit variance).
        max_kl: Largest exact mean D(old‖new) of the outputs that a step may make, in nats; None for no limit.
        solver: "cholesky" (the whole matrix), "cg" (conjugate gradients with Fisher-vector products) or "auto": the
            first up to 1,500 parameters.
        iterations: Limit of conjugate gradients.

    Raises:
        InputError: An option is out of range, or there are several groups.

    Note:
        The loss must be the mean over rows of the negative log likelihood (`cross_entropy`,
        `binary_cross_entropy_with_logits` summed over outputs, half the squared error summed over outputs), or η is off
        by a factor. A row is whatever stands before the last axis of the outputs. The matrix costs as many double
        backward passes as there are parameters and 8 k² bytes: on one core 0.6 s a step at 1,500 parameters and 7 s at
        4,500, where conjugate gradients take 0.1 to 0.2 s. Solved in float64, differentiated in the model's type.

    References:
        Amari (1998), Neural Computation 10; Martens (2020), Journal of Machine Learning Research 21, sections 6 and 9.

    Example:
        >>> import torch
        >>> from kullback.nn import NaturalGradient
        >>> generator = torch.Generator().manual_seed(0)
        >>> x, y = torch.randn(50, 3, generator=generator), torch.randn(50, 1, generator=generator)
        >>> model = torch.nn.Linear(3, 1)
        >>> optimizer = NaturalGradient(model.parameters(), likelihood="gaussian")
        >>> def closure():
        ...     outputs = model(x)
        ...     return 0.5 * (outputs - y).square().sum(-1).mean(), outputs
        >>> _ = optimizer.step(closure)
        >>> loss, _ = closure()
        >>> bool(torch.autograd.grad(loss, model.weight)[0].abs().max() < 1e-6)  # least squares in one step
        True
    """

    def __init__(
        self,
        params: Iterable[Any],
        /,
        *,
        lr: float = 1.0,
        damping: float = 0.0,
        likelihood: Likelihood = "categorical",
        max_kl: float | None = None,
        solver: str = "auto",
        iterations: int = 250,
    ) -> None:
        for name, value in (("lr", lr), ("max_kl", max_kl), ("iterations", iterations)):
            if value is not None and not (math.isfinite(value) and value > 0):
                raise InputError(f"{name}={value!r}. It must be a positive finite number.")
        check_damping(damping)
        check_likelihood(likelihood)
        if solver not in SOLVERS:
            raise InputError(f"solver={solver!r}. It must be one of {', '.join(map(repr, SOLVERS))}.")
        self.likelihood, self.solver, self.iterations = likelihood, solver, int(iterations)
        self.last: NaturalStep | None = None
        super().__init__(params, {"lr": lr, "damping": damping, "max_kl": max_kl})

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Take the one group of parameters.

        Args:
            param_group: Parameters and options, as torch gives them.

        Raises:
            InputError: There is a group already: one matrix holds all parameters.
        """
        if self.param_groups:
            raise InputError("a second group of parameters came. One Fisher matrix holds all of them: give one list.")
        super().add_param_group(param_group)

    def step(self, closure: Closure | None = None) -> torch.Tensor:  # type: ignore[override]
        """Make one step.

        Args:
            closure: Gives the loss and the outputs that it was made of, both with their graph: no `backward` inside.
                With `max_kl` it is called again without a graph, so it must give the same outputs for the same
                parameters.

        Returns:
            The loss before the step, detached. `last` has the record of the step.

        Raises:
            InputError: The closure gives something else, the loss or its gradient is not finite, or no step is within
                `max_kl`. Parameters are then as they were.
        """
        if closure is None:
            raise InputError("step() came without a closure. Give a function that returns (loss, outputs).")
        group = self.param_groups[0]
        parameters = [parameter for parameter in group["params"] if parameter.requires_grad]
        with torch.enable_grad():
            loss, outputs = _checked(closure())
            gradient = _flat_gradient(loss, parameters)
            direction, expected, solver = self._direction(gradient, outputs, parameters, group["damping"])
        length = float(group["lr"])
        if group["max_kl"] is not None and expected > 0:
            length = min(length, math.sqrt(group["max_kl"] / expected))
        length, exact = self._move(closure, outputs.detach(), parameters, direction, length)
        self.last = NaturalStep(float(loss.detach()), length, length**2 * expected, exact, solver)
        return loss.detach()

    def _direction(
        self, gradient: torch.Tensor, outputs: torch.Tensor, parameters: list[torch.Tensor], damping: float
    ) -> tuple[torch.Tensor, float, str]:
        """The natural direction, half its squared Fisher length without damping, and how it was solved."""
        products = FisherProducts(outputs, parameters, self.likelihood)
        dense = self.solver == "cholesky" or (self.solver == "auto" and products.size <= _DENSE)
        if dense:
            matrix = products.dense()
            noise = torch.finfo(outputs.dtype).eps  # the matrix is float64, the derivatives in it are not
            direction = solved(matrix, gradient, damping=damping, noise=noise)
            length = float(direction @ matrix @ direction)
        else:
            direction = conjugate_gradients(
                lambda way: products(way) + damping * way, gradient, iterations=self.iterations, tolerance=1e-8
            )
            length = float(direction @ products(direction))
        if not math.isfinite(length) or not bool(torch.isfinite(direction).all()):
            raise InputError(f"the natural direction is not finite with damping={damping!r}. Add damping.")
        return direction, 0.5 * max(length, 0.0), "cholesky" if dense else "cg"

    def _move(
        self,
        closure: Closure,
        old: torch.Tensor,
        parameters: list[torch.Tensor],
        direction: torch.Tensor,
        length: float,
    ) -> tuple[float, float | None]:
        """Move the parameters; with a limit, less and less until the exact divergence is within it."""
        limit = self.param_groups[0]["max_kl"]
        before = [parameter.detach().clone() for parameter in parameters]
        if limit is None:
            _set(parameters, before, direction, length)
            return length, None
        try:
            for _ in range(_TRIES):
                _set(parameters, before, direction, length)
                with torch.no_grad():
                    exact = mean_divergence(old, closure()[1].detach(), self.likelihood)
                if exact <= limit:
                    return length, exact
                # As D grows with the square of the length; a margin, as it does not quite.
                length *= min(0.95 * math.sqrt(limit / exact), 0.95) if math.isfinite(exact) else 0.1
        except BaseException:
            _set(parameters, before, direction, 0.0)
            raise
        _set(parameters, before, direction, 0.0)
        raise InputError(
            f"no step is within max_kl={limit!r} nats: at {length:.3g} of the direction D(old‖new) is still "
            f"{exact:.3g}. The closure must give the same outputs for the same parameters: no dropout, one batch."
        )


def _checked(found: Any) -> tuple[torch.Tensor, torch.Tensor]:
    if not (isinstance(found, tuple) and len(found) == 2 and all(isinstance(one, torch.Tensor) for one in found)):
        raise InputError(f"the closure gave {type(found).__name__}. It must return (loss, outputs), two tensors.")
    loss, outputs = found
    if loss.numel() != 1 or not loss.requires_grad or not outputs.requires_grad or outputs.ndim < 2:
        raise InputError(
            f"the closure gave a loss of shape {tuple(loss.shape)} and outputs of shape {tuple(outputs.shape)}. One "
            "number and (rows, outputs) are needed, both with their graph: no backward, detach or no_grad inside."
        )
    return loss, outputs


def _flat_gradient(loss: torch.Tensor, parameters: list[torch.Tensor]) -> torch.Tensor:
    slopes = torch.autograd.grad(loss, parameters, retain_graph=True, materialize_grads=True)
    gradient = torch.cat([slope.reshape(-1).double() for slope in slopes])
    if not math.isfinite(float(loss.detach())) or not bool(torch.isfinite(gradient).all()):
        raise InputError(
            f"the loss is {float(loss.detach())!r} and its gradient is not all finite. The parameters stay as they are."
        )
    return gradient


@torch.no_grad()
def _set(parameters: list[torch.Tensor], before: list[torch.Tensor], direction: torch.Tensor, length: float) -> None:
    parts = torch.split(direction, [parameter.numel() for parameter in parameters])
    for parameter, start, part in zip(parameters, before, parts, strict=True):
        parameter.copy_(start - length * part.reshape(start.shape).to(start.dtype) if length else start)
