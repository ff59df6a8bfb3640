import copy
import sys
import warnings

import pytest
import torch

import kullback as kl
from kullback._core import MissingExtraError
from kullback.nn import EWC, fisher_diagonal, fisher_kronecker

LIKELIHOODS = ("categorical", "bernoulli", "gaussian")


@pytest.fixture(autouse=True)
def _curvlinops(require):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # what it imports uses torch.jit
        require("curvlinops")


def linear(inputs=3, outputs=4):
    generator = torch.Generator().manual_seed(0)
    model = torch.nn.Linear(inputs, outputs).double()
    with torch.no_grad():
        model.weight.copy_(torch.randn(outputs, inputs, generator=generator))
    return model, torch.randn(12, inputs, generator=generator, dtype=torch.float64)


def full_form(model, x, gaps, likelihood):
    """Mean over examples of (J gap)ᵀ H (J gap), one output at a time."""
    total = 0.0
    for one in x:
        outputs = model(one[None])[0]
        slopes = [torch.autograd.grad(out, list(model.parameters()), retain_graph=True) for out in outputs]
        pushed = torch.stack(
            [sum((part * gap).sum() for part, gap in zip(row, gaps.values(), strict=True)) for row in slopes]
        )
        shares, chance = outputs.detach().softmax(-1), outputs.detach().sigmoid()
        total += {
            "categorical": (shares * pushed.square()).sum() - (shares * pushed).sum().square(),
            "bernoulli": (chance * (1 - chance) * pushed.square()).sum(),
            "gaussian": pushed.square().sum(),
        }[likelihood] / len(x)
    return float(total)


def gaps_of(model, only=""):
    generator = torch.Generator().manual_seed(3)
    return {
        name: torch.randn(value.shape, generator=generator, dtype=value.dtype) * (name.startswith(only))
        for name, value in model.named_parameters()
    }


def moved(model, gaps):
    return {name: value.detach() + gaps[name] for name, value in model.named_parameters()}


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_one_layer_on_one_example_is_exact(likelihood):
    model, x = linear()
    gaps = gaps_of(model)
    found = fisher_kronecker(model, x[:1], likelihood=likelihood).quadratic(moved(model, gaps))
    assert found.item() == pytest.approx(full_form(model, x[:1], gaps, likelihood), rel=1e-10)


def test_linear_regression_is_exact():
    model, x = linear()
    gaps = gaps_of(model)
    truth = full_form(model, x, gaps, "gaussian")
    kronecker = fisher_kronecker(model, x, likelihood="gaussian").quadratic(moved(model, gaps)).item()
    diagonal = fisher_diagonal(model, x, likelihood="gaussian").quadratic(moved(model, gaps)).item()
    assert kronecker == pytest.approx(truth, rel=1e-10)
    assert diagonal != pytest.approx(truth, rel=0.05)


@pytest.mark.parametrize("layer", ["0.", "1."])
def test_deep_linear_regression_is_exact_within_layers(layer):
    model = torch.nn.Sequential(linear(3, 5)[0], linear(5, 2)[0])
    x, gaps = linear()[1], gaps_of(model, layer)
    found = fisher_kronecker(model, x, likelihood="gaussian").quadratic(moved(model, gaps))
    assert found.item() == pytest.approx(full_form(model, x, gaps, "gaussian"), rel=1e-10)


def test_a_softmax_over_many_examples_is_approximated():
    model, x = linear()
    gaps = gaps_of(model)
    truth = full_form(model, x, gaps, "categorical")
    found = fisher_kronecker(model, x).quadratic(moved(model, gaps)).item()
    assert found == pytest.approx(truth, rel=0.5)
    assert found != pytest.approx(truth, rel=1e-3)


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_does_not_depend_on_the_batch_size(likelihood):
    model, x = linear()
    gaps = gaps_of(model)
    found = [
        fisher_kronecker(model, x.split(size), likelihood=likelihood).quadratic(moved(model, gaps)).item()
        for size in (1, 5, 12)
    ]
    assert found[1:] == pytest.approx([found[0]] * 2, rel=1e-6)


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_monte_carlo_comes_near_the_exact(likelihood):
    model, x = linear()
    gaps = gaps_of(model)
    exact, drawn = (
        fisher_kronecker(model, x, likelihood=likelihood, **options).quadratic(moved(model, gaps)).item()
        for options in ({}, {"kind": "monte_carlo", "samples": 3000})
    )
    assert drawn == pytest.approx(exact, rel=0.05)


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_empirical_on_one_example_is_the_squared_slope(likelihood):
    model, x = linear()
    gaps = gaps_of(model)
    labels = torch.tensor([2]) if likelihood == "categorical" else torch.tensor([[0.0, 1.0, 1.0, 0.0]]).double()
    loss = {
        "categorical": torch.nn.functional.cross_entropy,
        "bernoulli": lambda out, y: torch.nn.functional.binary_cross_entropy_with_logits(out, y, reduction="sum"),
        "gaussian": lambda out, y: 0.5 * (out - y).square().sum(),
    }[likelihood]
    slopes = torch.autograd.grad(loss(model(x[:1]), labels), list(model.parameters()))
    expected = sum((slope * gap).sum() for slope, gap in zip(slopes, gaps.values(), strict=True)).square()
    found = fisher_kronecker(model, [(x[:1], labels)], kind="empirical", likelihood=likelihood)
    assert found.quadratic(moved(model, gaps)).item() == pytest.approx(expected.item(), rel=1e-10)


def test_other_and_shared_layers_are_taken_by_their_diagonal():
    class Tied(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.norm, self.one, self.head = torch.nn.LayerNorm(3), torch.nn.Linear(3, 3), torch.nn.Linear(3, 4)
            self.two = torch.nn.Linear(3, 3, bias=False)
            self.two.weight = self.one.weight
            self.double()

        def forward(self, x):
            return self.head(self.two(self.one(self.norm(x)).tanh()))

    model, x = Tied(), linear()[1]
    found, diagonal = fisher_kronecker(model, x), fisher_diagonal(model, x)
    assert list(found.factors) == ["head"]
    assert set(found.values) == {"norm.weight", "norm.bias", "one.weight", "one.bias"}
    assert all(torch.allclose(value, diagonal.values[name]) for name, value in found.values.items())
    assert "norm.weight" in found.notes[0]


def test_a_convolution_over_the_whole_picture_is_a_linear_layer():
    model, x = linear(4, 3)
    convolution = torch.nn.Sequential(torch.nn.Conv2d(1, 3, 2).double(), torch.nn.Flatten())
    with torch.no_grad():
        convolution[0].weight.copy_(model.weight.reshape(3, 1, 2, 2))
        convolution[0].bias.copy_(model.bias)
    gaps = gaps_of(model)
    reshaped = {"0.weight": gaps["weight"].reshape(3, 1, 2, 2), "0.bias": gaps["bias"]}
    found = fisher_kronecker(convolution, x.reshape(-1, 1, 2, 2)).quadratic(moved(convolution, reshaped))
    plain = fisher_kronecker(model, x).quadratic(moved(model, gaps))
    assert found.item() == pytest.approx(plain.item(), rel=1e-10)


def test_frozen_bias_is_left_out():
    model, x = linear()
    model.bias.requires_grad_(requires_grad=False)
    found = fisher_kronecker(model, iter([x]))
    assert found.factors[""].inputs.shape == (3, 3)
    assert list(found.anchor) == ["weight"]


def test_model_and_gradients_stay_as_they_were():
    model, x = linear()
    model(x).sum().backward()
    before = model.weight.grad.clone()
    fisher_kronecker(model, x)
    assert torch.equal(model.weight.grad, before)
    assert not model._forward_hooks
    assert not model._forward_pre_hooks


def test_half_precision_is_computed_in_float32():
    model, x = linear()
    half = model.to(torch.bfloat16)
    found = fisher_kronecker(half, x.to(torch.bfloat16))
    truth = fisher_kronecker(copy.deepcopy(half).double(), x.to(torch.bfloat16).double())
    assert found.factors[""].outputs.dtype == torch.float32
    assert found.trace == pytest.approx(truth.trace, rel=1e-4)
    assert half.weight.dtype == torch.bfloat16


@pytest.mark.parametrize("mode", ["separate", "online"])
def test_in_a_penalty_and_its_state(mode):
    model, x = linear()
    ewc = EWC(model, strength=2.0, mode=mode)
    one = ewc.consolidate(x[:6], structure="kronecker")
    with torch.no_grad():
        model.weight.add_(0.1)
    two = ewc.consolidate(x[6:], structure="kronecker")
    with torch.no_grad():
        model.weight.add_(0.1)
    now = dict(model.named_parameters())
    since = {"weight": now["weight"] - 0.1, "bias": now["bias"]} if mode == "online" else now
    before = one.quadratic(since)
    assert ewc.penalty().item() == pytest.approx((before + two.quadratic(now)).item())
    other = EWC(model, strength=2.0, mode=mode)
    other.load_state_dict(ewc.state_dict())
    assert other.penalty().item() == ewc.penalty().item()
    ewc.penalty().backward()
    assert torch.isfinite(model.weight.grad).all()


def test_what_it_cannot_do():
    _, x = linear()
    with pytest.raises(kl.InputError, match="no Linear or Conv2d"):
        fisher_kronecker(torch.nn.LayerNorm(3).double(), x)
    with pytest.raises(kl.InputError, match="Use fisher_diagonal"):
        fisher_kronecker(torch.nn.Linear(3, 2).double(), x[None])
    with pytest.raises(kl.InputError, match=r"model\.eval\(\)"):
        fisher_kronecker(torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Dropout()).double(), x)
    drawing = linear()[0]
    drawing.register_forward_hook(lambda _, __, outputs: torch.nn.functional.dropout(outputs))
    with pytest.raises(kl.InputError, match="draws at random"):
        fisher_kronecker(drawing, x)


def test_without_the_extra_the_command_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "curvlinops", None)
    with pytest.raises(MissingExtraError, match="pip install 'kullback\\[curvature\\]'"):
        fisher_kronecker(*linear())
