"""A test of penalties by exact enumeration: which gradient does it have?"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from kullback._core import InputError
from kullback.nn.policies._checks import check_count, check_number, check_word
from kullback.nn.policies._enumerate import exact_gradients, list_outcomes, loss_gradients, reward_gradients
from kullback.nn.policies._names import GRADIENTS, MEANING, USES
from kullback.nn.policies._penalty import PolicyPenalty

_EXACT, _PARALLEL, _MOST = 1e-5, 1e-9, 20_000


@dataclass(frozen=True)
class EstimatorCheck:
    """What a sampled penalty estimates, by enumeration of every outcome of a small random policy.

    Attributes:
        verdict: The gradient in words.
        unbiased: Whether it is the gradient of the divergence that was wanted.
        wanted: "D(π‖ref)" or "D(ref‖π)".
        relative_error: Of the expected gradient, against the wanted one.
        cosine: Between the two.
        scale: What the wanted gradient is multiplied by in the expected one (its projection).
        value_verdict: The expected value in words.
        value: The expected value, nats.
        variance: Of the gradient from one sequence, summed over the parameters.
        noise: Its root over the norm of the wanted gradient: about the square of it in sequences are needed.
        errors: Relative error against each gradient that was tried, by name.
        divergences: D(π‖ref) and D(ref‖π) of the policy of the test, nats.
        use: "loss" or "reward".
        steps: Actions in a sequence.
    """

    verdict: str
    unbiased: bool
    wanted: str
    relative_error: float
    cosine: float
    scale: float
    value_verdict: str
    value: float
    variance: float
    noise: float
    errors: dict[str, float] = field(repr=False)
    divergences: tuple[float, float]
    use: str
    steps: int

    def __str__(self) -> str:
        """Some lines of words and figures."""
        reverse, forward = self.divergences
        return (
            f"As a {self.use} its expected gradient is {self.verdict}.\n"
            f"  Against the gradient of {self.wanted}: {'un' if self.unbiased else ''}biased, relative error "
            f"{self.relative_error:.3g}, cosine {self.cosine:.4f}, scale {self.scale:.4g}.\n"
            f"  One sequence has a noise of {self.noise:.3g} times that gradient.\n"
            f"  Its expected value is {self.value_verdict}.\n"
            f"  (exact, {self.steps} action{'s' * (self.steps > 1)}: D(π‖ref) = {reverse:.4g} nats, "
            f"D(ref‖π) = {forward:.4g} nats)"
        )


def check_penalty(
    penalty: PolicyPenalty | Callable[..., Any],
    /,
    *,
    use: str | None = None,
    wanted: str | None = None,
    off_policy: bool = False,
    actions: int = 4,
    steps: int = 2,
    distance: float = 1.0,
    seed: int = 0,
) -> EstimatorCheck:
    r"""Say which gradient a sampled penalty has, exactly: by listing every outcome of a small random policy.

    The expectation over samples is a finite sum here, so there is no noise in the answer: an estimator either has the
    gradient of a divergence or has not.

    Args:
        penalty: A `PolicyPenalty`, or any function ``(logp, ref_logp)`` of tensors of shape ``(1, steps)`` that gives a
            scalar or an entry per action. With `off_policy` it is called with ``old_logp`` as a third argument.
        use: "loss" or "reward" for a function; a record knows. Rewards get undiscounted returns from each action on.
        wanted: "reverse" or "forward": what to compare with. None: that of the record, "reverse" for a function.
        off_policy: Whether a function wants samples of an older policy; a record knows.
        actions: Actions in every state.
        steps: Actions in a sequence; 1 cannot tell tokens from sequences.
        distance: Standard deviation of the logits of the reference around those of the policy; small for close ones.
        seed: Of the random policy.

    Returns:
        A record that prints as a few lines: name of the gradient, error, cosine, scale and noise.

    Raises:
        InputError: A function without `use`, more than 20 000 outcomes, or a penalty that gives no tensor with graph.

    Note:
        Sequences are given one at a time: what standardizes over a batch is not tested by this. Errors below 1e-5
        count as none, so that penalties computed in float32 pass.

    Example:
        >>> from kullback.nn import check_penalty
        >>> check_penalty(lambda logp, ref_logp: logp - ref_logp, use="loss").verdict
        'zero'
        >>> k3 = lambda logp, ref_logp: (ref_logp - logp).exp() - 1 + logp - ref_logp
        >>> check_penalty(k3, use="loss", steps=1).verdict
        'the gradient of D(ref‖π)'
    """
    function, use, wanted, off_policy = _asked(penalty, use, wanted, off_policy=off_policy)
    sizes = {"actions": check_count("actions", actions, least=2), "steps": check_count("steps", steps)}
    if actions**steps > _MOST:
        raise InputError(
            f"{actions} actions in {steps} steps have {actions**steps} outcomes. At most {_MOST} are listed."
        )
    outcomes = list_outcomes(**sizes, distance=check_number("distance", distance), off_policy=off_policy, seed=seed)
    run = loss_gradients if use == "loss" else reward_gradients
    values, gradients = run(outcomes, function)
    chances = outcomes.chances.detach()
    mean = (chances[:, None] * gradients).sum(0)
    variance = float((chances * (gradients - mean).square().sum(1)).sum())
    exact = exact_gradients(outcomes)
    target = exact[MEANING[wanted]][1]
    errors = {name: float((mean - one).norm() / one.norm()) for name, (_, one) in exact.items()}
    verdict = _verdict(mean, exact, errors)
    value = float((chances * values * _weights(outcomes, use)).sum())
    return EstimatorCheck(
        verdict=verdict,
        unbiased=errors[MEANING[wanted]] < _EXACT,
        wanted=MEANING[wanted],
        relative_error=errors[MEANING[wanted]],
        cosine=_cosine(mean, target),
        scale=float(mean @ target / (target @ target)),
        value_verdict=_value_verdict(value, exact),
        value=value,
        variance=variance,
        noise=variance**0.5 / float(target.norm()),
        errors=errors,
        divergences=(exact["D(π‖ref)"][0], exact["D(ref‖π)"][0]),
        use=use,
        steps=steps,
    )


def _asked(
    penalty: Any, use: str | None, wanted: str | None, *, off_policy: bool
) -> tuple[Callable[..., Any], str, str, bool]:
    """The penalty as a function of three tensors, and what is asked of it."""
    if isinstance(penalty, PolicyPenalty):
        if use not in {None, penalty.use}:
            raise InputError(f"use={use!r}, and the penalty was made for use={penalty.use!r}. Leave it out.")
        summed = replace(penalty, reduction=penalty.reduction if penalty.use == "reward" else "sum")

        def call(logp: Tensor, ref: Tensor, old: Tensor) -> Tensor:
            return summed(logp, ref, old_logp=old if penalty.off_policy else None)

        return call, penalty.use, _wanted(wanted or penalty.gradient), penalty.off_policy
    if not callable(penalty):
        raise InputError(f"penalty is a {type(penalty).__name__}. A PolicyPenalty or a function is needed.")
    if use is None:
        raise InputError("use is missing. Say use='loss' or use='reward': the gradient depends on it.")
    check_word("use", use, USES)

    def plain(logp: Tensor, ref: Tensor, old: Tensor) -> Any:
        return penalty(logp, ref, old) if off_policy else penalty(logp, ref)

    return plain, use, _wanted(wanted or "reverse"), off_policy


def _wanted(word: str) -> str:
    check_word("wanted", word, GRADIENTS)
    return word


def _weights(outcomes: Any, use: str) -> Tensor:
    """Rewards are weighed by the trainer, so their expected value is that over π."""
    if use == "loss":
        return torch.ones(len(outcomes.logp), dtype=torch.float64)
    ratios: Tensor = (outcomes.logp - outcomes.old).detach().sum(-1).exp()
    return ratios


def _cosine(one: Tensor, other: Tensor) -> float:
    norms = one.norm() * other.norm()
    return float(one @ other / norms) if norms > 0 else 0.0


def _verdict(mean: Tensor, exact: dict[str, tuple[float, Tensor]], errors: dict[str, float]) -> str:
    size = max(float(one.norm()) for _, one in exact.values())
    if float(mean.norm()) < _EXACT * size:
        return "zero"
    for name, error in errors.items():
        if error < _EXACT:
            return f"the gradient of {name}"
    for name, (_, one) in exact.items():
        if abs(_cosine(mean, one)) > 1.0 - _PARALLEL:
            return f"{float(mean @ one / (one @ one)):.4g} times the gradient of {name}"
    nearest = min(errors, key=errors.__getitem__)
    return f"that of no divergence (nearest: {nearest}, relative error {errors[nearest]:.3g})"


def _value_verdict(value: float, exact: dict[str, tuple[float, Tensor]]) -> str:
    if abs(value) < _EXACT * max(abs(one) for one, _ in exact.values()):
        return "zero"
    for name, (one, _) in exact.items():
        if abs(value - one) < _EXACT * abs(one):
            return f"{name} = {one:.4g} nats"
    for name, (one, _) in exact.items():
        if name.startswith("D(") and "−" not in name and abs(value / one - round(value / one, 2)) < _EXACT:
            return f"{value:.4g} nats, {round(value / one, 2):g} times {name}"
    return f"{value:.4g} nats, that of no divergence"
