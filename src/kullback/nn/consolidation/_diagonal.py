"""The diagonal of the Fisher matrix of a model's output law."""

from collections.abc import Iterable
from typing import Any, Literal

import torch

from kullback._core import InputError
from kullback.nn.consolidation._batches import Mask, read_batches
from kullback.nn.consolidation._estimate import FisherEstimate
from kullback.nn.consolidation._models import Model
from kullback.nn.consolidation._scores import (
    check_kind,
    check_labels,
    drawn_cotangents,
    exact_cotangents,
    given_cotangents,
    uniforms,
)
from kullback.nn.consolidation._squares import Cotangents, ExampleSquares
from kullback.nn.natural._outputs import Likelihood, check_likelihood

Kind = Literal["exact", "monte_carlo", "empirical"]
Rng = int | torch.Generator | None

_COTANGENTS: dict[str, Cotangents] = {
    "exact": exact_cotangents,
    "monte_carlo": drawn_cotangents,
    "empirical": given_cotangents,
}


def fisher_diagonal(
    model: torch.nn.Module,
    data: Any,
    /,
    *,
    kind: Kind = "exact",
    likelihood: Likelihood = "categorical",
    samples: int = 1,
    rng: Rng = None,
    mask: Mask | None = None,
) -> FisherEstimate:
    r"""Diagonal of the Fisher matrix of a model, from the gradients of single examples.

    $$ F_{ii} = \frac1N \sum_n E_{y \sim p_\theta(\cdot | x_n)} \Big(\frac{\partial \log p_\theta(y | x_n)}
       {\partial \theta_i}\Big)^2 $$

    Args:
        model: Module from inputs to outputs of shape ``(examples, outputs)`` or ``(examples, positions, outputs)``, or
            to an object that has them as `logits`. An example with positions is one law, their product.
        data: Batches of inputs, of (inputs, labels), or of keyword arguments with "labels": a loader or a list. A
            tensor or dictionary is one batch, ``[(x, y)]`` one with labels. How examples are batched changes nothing.
        kind: Whose labels: "exact" takes the expectation over the model's own law, "monte_carlo" draws from it,
            "empirical" takes those in the data.
        likelihood: What the outputs are: "categorical" logits, "bernoulli" logits (each output by itself), or
            "gaussian" means with unit variance (divide by σ² for another).
        samples: Labels drawn for each example with "monte_carlo".
        rng: Seed or generator for "monte_carlo"; None is the seed 0.
        mask: Function from the inputs of a batch to booleans ``(examples, positions)``, True where a position counts;
            examples without any are left out.

    Returns:
        The estimate, in nats per squared unit of each trainable parameter; float32 for half precision models. Frozen
        parameters and buffers are not in it.

    Raises:
        InputError: A layer is in a training mode that mixes examples or draws at random, data are empty or do not fit,
            outputs are not finite, or an option is unknown.

    Note:
        The mean over examples, so for the posterior of N of them multiply by N. "exact" costs a backward pass for each
        output, "monte_carlo" for each sample. "empirical" equals the Fisher matrix only if the model is the law that
        made the labels: after overconfident training it is off by any factor. Squaring the gradient of a batch's mean,
        as is often seen, gives about 1/B of it and the wrong pattern. Examples are batched by `torch.func.vmap` within
        bounded memory; a model that this cannot do goes example by example, and `notes` says so. Mode, gradients and
        parameters of the model stay as they were.

    References:
        Kirkpatrick et al. (2017), PNAS 114; Kunstner, Balles and Hennig (2019), NeurIPS; Martens (2020), JMLR 21.

    Example:
        >>> import torch
        >>> from kullback.nn import fisher_diagonal
        >>> generator = torch.Generator().manual_seed(0)
        >>> x, model = torch.randn(100, 3, generator=generator), torch.nn.Linear(3, 4)
        >>> one, two = fisher_diagonal(model, x), fisher_diagonal(model, x.split(7))
        >>> bool(torch.allclose(one.values["weight"], two.values["weight"]))
        True
    """
    return diagonal_of(model, data, names=None, kind=kind, likelihood=likelihood, samples=samples, rng=rng, mask=mask)


def diagonal_of(
    model: torch.nn.Module,
    data: Any,
    /,
    *,
    names: Iterable[str] | None,
    kind: str,
    likelihood: str,
    samples: int,
    rng: Rng,
    mask: Mask | None,
) -> FisherEstimate:
    """The same for some of the parameters."""
    check_options(kind, likelihood, samples)
    generator = generator_of(rng)
    function = Model(model, names)
    squares = ExampleSquares(function, lambda *own: _COTANGENTS[kind](*own, likelihood))
    count = 0
    for batch in read_batches(data, function.device):
        outputs = function.check(batch.inputs)
        counted = _counted(mask, batch.inputs, outputs)
        extra: tuple[torch.Tensor, ...] = (counted,)
        if kind == "monte_carlo":
            extra = (counted, uniforms(outputs, samples, likelihood, generator))
        elif kind == "empirical":
            extra = (counted, check_labels(batch.labels, outputs, counted, likelihood))
        passes = {"exact": outputs[0].numel(), "monte_carlo": samples, "empirical": 1}[kind]
        squares.add(batch.inputs, extra, passes)
        count += int(counted.flatten(1).any(1).sum()) if counted.ndim > 1 else int(counted.sum())
    if not count:
        raise InputError("mask leaves out every position of every example. Some must count.")
    notes = (
        () if squares.looped is None else (f"example by example, as the model cannot be batched ({squares.looped})",)
    )
    anchor = {name: function.module.get_parameter(name).detach().clone() for name in function.parameters}
    return FisherEstimate(squares.means(count), anchor, kind, likelihood, count, notes=notes)


def check_options(kind: str, likelihood: str, samples: int, /) -> None:
    """Raises InputError for options that do not go together."""
    check_kind(kind)
    check_likelihood(likelihood)
    if samples < 1 or (samples > 1 and kind != "monte_carlo"):
        raise InputError(f"samples={samples!r} with kind={kind!r}. One or more are needed, and more only to draw.")


def generator_of(rng: Any, /) -> torch.Generator:
    """A generator from a seed, or the one that came."""
    if isinstance(rng, torch.Generator):
        return rng
    if isinstance(rng, bool) or not isinstance(rng, int | None):
        raise InputError(f"rng is {type(rng).__name__}. Give a whole number, a torch.Generator, or None.")
    return torch.Generator().manual_seed(0 if rng is None else rng)


def _counted(mask: Mask | None, inputs: Any, outputs: torch.Tensor) -> torch.Tensor:
    if mask is None:
        return torch.ones(outputs.shape[:-1], dtype=torch.bool, device=outputs.device)
    found: Any = mask(inputs)
    if not isinstance(found, torch.Tensor) or found.dtype != torch.bool or found.shape != outputs.shape[:-1]:
        came = (
            f"{found.dtype} of shape {tuple(found.shape)}" if isinstance(found, torch.Tensor) else type(found).__name__
        )
        raise InputError(f"mask gave {came}. Needed are booleans of shape {tuple(outputs.shape[:-1])}.")
    return found.to(outputs.device)
