"""The penalty that holds a model near what it has learnt, in the directions that matter for it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import torch

from kullback._core import InputError
from kullback.nn.consolidation._diagonal import fisher_diagonal
from kullback.nn.consolidation._estimate import FisherEstimate
from kullback.nn.consolidation._kronecker import fisher_kronecker
from kullback.nn.consolidation._state import estimates_of, state_of

Term = tuple[float, FisherEstimate]
"""A weight and the estimate that it counts with."""


class EWC:
    r"""Elastic weight consolidation: a penalty on leaving parameters that old tasks need.

    $$ \frac{\lambda}{2} \sum_t w_t (\theta - \theta_t^*)^\top F_t (\theta - \theta_t^*)
       \approx \lambda \sum_t w_t \frac1{N_t} \sum_n D(p_{\theta_t^*}(\cdot|x_n) \,\|\, p_\theta(\cdot|x_n)) $$

    so λ weighs mean divergences in nats: the expansion to second order of how far the model's answers on the old data
    have moved. It is also the Laplace approximation of the old posterior of the parameters, with $w_t = N_t$ and the
    loss summed over examples (or both divided by the number of new ones).

    Args:
        model: The model that is penalized, as a bare module.
        fishers: One estimate or several, each with its own anchor; none to begin with.
        strength: λ, zero or larger. Other libraries leave out the half, or sum over examples: theirs is then λ / 2, or
            λ / N.
        mode: "separate" keeps an anchor for each task and adds up; "online" keeps the last anchor and the running
            Fisher matrix $F \leftarrow \gamma F + F_{new}$, so memory does not grow with tasks (Kronecker estimates are
            kept one by one, as a sum of products is no product).
        decay: γ of "online", from 0 to 1.

    Raises:
        InputError: An option is out of range, or an estimate does not fit the model.

    Note:
        By name: parameters that came later (a new head) or were frozen have no penalty, those that are frozen now a
        constant one, buffers none. A parameter that is gone or has another shape is an error. Half precision is
        compared in float32.

    References:
        Kirkpatrick et al. (2017), PNAS 114, equation 3; Schwarz et al. (2018), ICML, section 3.2; Huszár (2018), PNAS
        115, on several tasks.

    Example:
        >>> import torch
        >>> from kullback.nn import EWC
        >>> model = torch.nn.Linear(2, 3)
        >>> ewc = EWC(model, strength=10.0)
        >>> _ = ewc.consolidate(torch.randn(50, 2))  # the inputs of the task that was learnt
        >>> ewc.penalty().item()
        0.0
        >>> with torch.no_grad():
        ...     _ = model.weight.add_(0.1 * torch.randn(3, 2))
        >>> bool(ewc.penalty() > 0)
        True
    """

    def __init__(
        self,
        model: torch.nn.Module,
        fishers: FisherEstimate | Sequence[FisherEstimate] = (),
        /,
        *,
        strength: float = 1.0,
        mode: Literal["separate", "online"] = "separate",
        decay: float = 1.0,
    ) -> None:
        if not isinstance(model, torch.nn.Module):
            raise InputError(f"model is a {type(model).__name__}. Give the torch module that is penalized.")
        given: Any = strength
        if not (isinstance(given, int | float) and math.isfinite(given) and given >= 0):
            raise InputError(f"strength={strength!r}. It must be a finite number, zero or larger.")
        if mode not in {"separate", "online"}:
            raise InputError(f"mode={mode!r}. It must be 'separate' or 'online'.")
        if not 0 <= decay <= 1 or (decay != 1 and mode != "online"):
            raise InputError(f"decay={decay!r} with mode={mode!r}. It is from 0 to 1, and 1 unless mode='online'.")
        self.model, self.strength, self.mode, self.decay = model, float(strength), mode, float(decay)
        self.terms: list[Term] = []
        for fisher in [fishers] if isinstance(fishers, FisherEstimate) else fishers:
            self.add(fisher)

    def consolidate(
        self,
        data: Any,
        /,
        *,
        structure: Literal["diagonal", "kronecker"] = "diagonal",
        weight: float = 1.0,
        **options: Any,
    ) -> FisherEstimate:
        """Take in the task that the model has just learnt: its Fisher matrix, here and now.

        Args:
            data: Data of the task, as for `fisher_diagonal`.
            structure: "diagonal" or "kronecker".
            weight: How much the task counts; the number of its examples for the Bayesian sum.
            options: Those of `fisher_diagonal` or `fisher_kronecker`.

        Returns:
            The estimate that was taken in.

        Raises:
            InputError: As these functions.
        """
        ways = {"diagonal": fisher_diagonal, "kronecker": fisher_kronecker}
        if structure not in ways:
            raise InputError(f"structure={structure!r}. It must be 'diagonal' or 'kronecker'.")
        found: FisherEstimate = ways[structure](self.model, data, **options)
        self.add(found, weight=weight)
        return found

    def add(self, fisher: FisherEstimate, /, *, weight: float = 1.0) -> None:
        """Take in an estimate that exists already.

        Args:
            fisher: The estimate, with its anchor.
            weight: How much it counts, zero or larger.

        Raises:
            InputError: It does not fit the model, is not finite, or the weight is negative.
        """
        if not isinstance(fisher, FisherEstimate):
            raise InputError(
                f"fisher is {type(fisher).__name__}. Give what fisher_diagonal or fisher_kronecker return."
            )
        if not (math.isfinite(weight) and weight >= 0):
            raise InputError(f"weight={weight!r}. It must be a finite number, zero or larger.")
        if not math.isfinite(fisher.trace):
            raise InputError(f"{fisher} is not finite. Check the model and the data that it was made of.")
        fisher.quadratic(self._parameters())
        if self.mode == "online":
            self.terms = _moved(self.terms, fisher, self.decay)
            last = self.terms[-1] if self.terms else None
            if last is not None and not (last[1].factors or fisher.factors):
                self.terms[-1] = (1.0, _summed(last, (weight, fisher)))
                return
        self.terms.append((float(weight), fisher))

    def penalty(self) -> torch.Tensor:
        """The penalty at the model's parameters now, to be added to a loss that is a mean over examples.

        Returns:
            A number in nats, zero or larger and exactly 0 at the only anchor, with gradients to the model.

        Raises:
            InputError: A parameter of an anchor is gone or has another shape.

        Example:
            >>> import torch
            >>> from kullback.nn import EWC
            >>> model = torch.nn.Linear(2, 3)
            >>> ewc = EWC(model, strength=100.0)
            >>> _ = ewc.consolidate(torch.randn(20, 2))
            >>> loss = model(torch.randn(8, 2)).square().mean() + ewc.penalty()
            >>> loss.backward()
        """
        parameters = self._parameters()
        first = next(iter(parameters.values()))
        total = torch.zeros((), dtype=torch.promote_types(first.dtype, torch.float32), device=first.device)
        for weight, fisher in self.terms:
            total = total + weight * fisher.quadratic(parameters).to(total)
        return 0.5 * self.strength * total

    def state_dict(self) -> dict[str, torch.Tensor]:
        """What was taken in, as tensors by name; options are not in it.

        Returns:
            Anchors, Fisher matrices, weights and counts. Save with `torch.save`, load with `weights_only=True`.
        """
        return state_of(self.terms)

    def load_state_dict(self, state: Mapping[str, torch.Tensor], /) -> None:
        """Put back what `state_dict` gave, in place of what is there.

        Args:
            state: Tensors by name.

        Raises:
            InputError: A name is unknown or missing, or an estimate does not fit the model; nothing is changed then.
        """
        terms = estimates_of(state)
        for _, fisher in terms:
            fisher.quadratic(self._parameters())
        self.terms = terms

    def __repr__(self) -> str:
        return f"EWC(strength={self.strength!r}, mode={self.mode!r}, {len(self.terms)} estimates)"

    def _parameters(self) -> dict[str, torch.Tensor]:
        return dict(self.model.named_parameters())


def _moved(terms: list[Term], fisher: FisherEstimate, decay: float) -> list[Term]:
    """Older terms, weaker and at the new anchor where it has their parameters."""
    known = (
        (weight, old, {name: fisher.anchor.get(name, value) for name, value in old.anchor.items()})
        for weight, old in terms
    )
    return [(decay * weight, replace(old, anchor=anchor)) for weight, old, anchor in known if decay * weight > 0]


def _summed(old: Term, new: Term) -> FisherEstimate:
    """Two diagonals at one anchor as one, of weight 1."""
    values: dict[str, torch.Tensor] = {}
    for weight, fisher in (old, new):
        for name, value in fisher.values.items():
            values[name] = weight * value + values.get(name, torch.zeros_like(value)).to(value)
    merged = replace(new[1], anchor={**old[1].anchor, **new[1].anchor}, values=values)
    return replace(merged, count=old[1].count + new[1].count, notes=("running sum over tasks",))
