"""Kronecker-factored Fisher matrices of linear layers and convolutions, by curvlinops."""

import copy
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from types import ModuleType
from typing import Any

import torch

from kullback._core import InputError, MissingExtraError
from kullback.nn.consolidation._batches import Batch, read_batches
from kullback.nn.consolidation._diagonal import Kind, Rng, check_options, diagonal_of, generator_of
from kullback.nn.consolidation._estimate import Factors, FisherEstimate, named
from kullback.nn.consolidation._models import Model, trainable
from kullback.nn.consolidation._scores import check_labels
from kullback.nn.natural._outputs import Likelihood

_TYPES = {"exact": "type-2", "monte_carlo": "mc", "empirical": "empirical"}


def fisher_kronecker(
    model: torch.nn.Module,
    data: Any,
    /,
    *,
    kind: Kind = "exact",
    likelihood: Likelihood = "categorical",
    samples: int = 1,
    rng: Rng = None,
) -> FisherEstimate:
    r"""Fisher matrix of a model, layer by layer as a Kronecker product.

    $$ F_\ell \approx E[\bar a \bar a^\top] \otimes E[g g^\top] $$

    with $\bar a$ the inputs of a layer and a 1 for its bias, g the gradients of the log likelihood at its outputs. What
    parameters of one layer do together is kept, which a diagonal loses.

    Args:
        model: Module from inputs to outputs of shape ``(examples, outputs)``.
        data: Batches as for `fisher_diagonal`; an iterator is read once and kept.
        kind: As for `fisher_diagonal`.
        likelihood: As for `fisher_diagonal`.
        samples: Labels drawn for each example with "monte_carlo".
        rng: Seed for "monte_carlo".

    Returns:
        The estimate, in nats, the mean over examples. Layers other than Linear and Conv2d, and shared ones, are in it
        by their diagonal, and `notes` says which.

    Raises:
        InputError: As `fisher_diagonal`, outputs have positions, or no layer has factors.
        MissingExtraError: curvlinops is not installed.

    Note:
        An approximation: layers are independent, and so are inputs and gradients within a layer. It is F itself for a
        linear model with Gaussian outputs (and for any one layer on a single example), and the blocks of F in a deep
        linear model with Gaussian outputs. Memory grows with the square of a layer's width.

    References:
        Martens and Grosse (2015), ICML; Ritter, Botev and Barber (2018), NeurIPS; Dangel et al. (2025), curvlinops.

    Example:
        >>> import torch
        >>> from kullback.nn import fisher_kronecker
        >>> x, model = torch.tensor([[1.0, 2.0], [3.0, 0.0]]), torch.nn.Linear(2, 1)
        >>> print(fisher_kronecker(model, x, likelihood="gaussian"))
        Fisher Kronecker (exact, gaussian) of 3 parameters over 2 examples, trace 8 nats
    """
    curvlinops = _curvlinops()
    check_options(kind, likelihood, samples)
    generator = generator_of(rng)
    seed = int(torch.randint(2**31, (1,), generator=generator, device=generator.device))
    function = Model(model)
    batches = list(_checked(function, data, kind, likelihood))
    layers = _layers(model)
    if not layers:
        raise InputError("no Linear or Conv2d layer has a trainable weight of its own. Use fisher_diagonal.")
    inside = {name for layer in layers for name in _names(model, layer)}
    count = sum(batch.size for batch in batches)
    factors = _factors(curvlinops, _single(model), batches, sorted(inside), (kind, likelihood, samples, seed))
    anchor = {name: value.detach().clone() for name, value in trainable(model).items()}
    found = FisherEstimate({}, anchor, kind, likelihood, count, factors=factors)
    rest = [name for name in anchor if name not in inside]
    if not rest:
        return found
    pairs = [batch.inputs if batch.labels is None else (batch.inputs, batch.labels) for batch in batches]
    diagonal = diagonal_of(
        model, pairs, names=rest, kind=kind, likelihood=likelihood, samples=samples, rng=seed, mask=None
    )
    notes = (f"by their diagonal, as they have no factors: {', '.join(rest)}", *diagonal.notes)
    return replace(found, values=diagonal.values, notes=notes)


def _curvlinops() -> ModuleType:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # what it imports uses torch.jit
            return import_module("curvlinops")
    except ImportError as error:
        raise MissingExtraError(
            "Kronecker factors need curvlinops: pip install 'kullback[curvature]' (or pip install "
            "curvlinops-for-pytorch). fisher_diagonal works without."
        ) from error


def _checked(function: Model, data: Any, kind: str, likelihood: str) -> Iterator[Batch]:
    """Batches of one tensor with labels that fit; where labels do not count, zeros stand for them."""
    for batch in read_batches(data, function.device):
        outputs = function.check(batch.inputs)
        if not torch.equal(outputs, function.check(batch.inputs)):
            raise InputError("the model draws at random: two passes give two outputs. Call model.eval() first.")
        if outputs.ndim != 2 or not isinstance(batch.inputs, torch.Tensor):
            raise InputError(
                f"the model gives outputs of shape {tuple(outputs.shape)} for {type(batch.inputs).__name__}. Kronecker "
                "factors need one tensor of inputs and outputs (examples, outputs). Use fisher_diagonal."
            )
        inputs = batch.inputs.to(function.dtype) if batch.inputs.is_floating_point() else batch.inputs
        if kind == "empirical":
            everywhere = torch.ones(outputs.shape[:-1], dtype=torch.bool, device=outputs.device)
            labels = check_labels(batch.labels, outputs, everywhere, likelihood)
            yield Batch(inputs, labels if likelihood == "categorical" else labels.to(outputs.dtype))
        elif likelihood == "categorical":
            yield Batch(inputs, torch.zeros(batch.size, dtype=torch.long, device=outputs.device))
        else:
            yield Batch(inputs, torch.zeros_like(outputs))


def _layers(model: torch.nn.Module) -> dict[str, torch.nn.Module]:
    """Layers with a trainable weight that is theirs alone."""
    owners = Counter(id(value) for layer in model.modules() for value in layer.parameters(recurse=False))
    found: dict[str, torch.nn.Module] = {}
    for name, layer in model.named_modules():
        plain = isinstance(layer, torch.nn.Linear) or (isinstance(layer, torch.nn.Conv2d) and layer.groups == 1)
        if (
            plain
            and layer.weight.requires_grad
            and all(owners[id(one)] == 1 for one in layer.parameters(recurse=False))
        ):
            found[name] = layer
    return found


def _names(model: torch.nn.Module, layer: str) -> list[str]:
    own = model.get_submodule(layer).named_parameters(recurse=False)
    return [named(layer, part) for part, value in own if value.requires_grad and part in {"weight", "bias"}]


def _single(model: torch.nn.Module) -> torch.nn.Module:
    """The model, or its copy in float32 if it is in half precision."""
    halves = {torch.float16, torch.bfloat16}
    return copy.deepcopy(model).float() if any(value.dtype in halves for value in model.parameters()) else model


def _factors(
    curvlinops: ModuleType,
    model: torch.nn.Module,
    batches: list[Batch],
    names: list[str],
    options: tuple[str, str, int, int],
) -> dict[str, Factors]:
    """The factors of each layer, from losses summed over examples."""
    kind, likelihood, samples, seed = options
    loss = {
        "categorical": torch.nn.CrossEntropyLoss,
        "bernoulli": torch.nn.BCEWithLogitsLoss,
        "gaussian": torch.nn.MSELoss,
    }[likelihood](reduction="sum")
    count = sum(batch.size for batch in batches)
    with torch.enable_grad(), torch.autocast(batches[0].inputs.device.type, enabled=False):
        operator = curvlinops.KFACLinearOperator(
            model,
            loss,
            [model.get_parameter(name) for name in names],
            [(batch.inputs, batch.labels) for batch in batches],
            check_deterministic=False,
            seed=seed,
            fisher_type=_TYPES[kind],
            mc_samples=samples,
            num_per_example_loss_terms=1,
            separate_weight_and_bias=False,
            num_data=count,
        )
        operator.compute_kronecker_factors()
    state = operator.state_dict()
    # Its squared error has no half: twice the curvature, and four times the square of a gradient.
    scale = (4.0 if kind == "empirical" else 2.0) if likelihood == "gaussian" else 1.0
    return {
        layer: Factors(inputs.detach(), state["gradient_covariances"][layer].detach() / (count * scale))
        for layer, inputs in state["input_covariances"].items()
    }
