import copy
import io

import pytest
import torch

import kullback as kl
from kullback.nn import EWC, fisher_diagonal


def setting(dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.Tanh(), torch.nn.Linear(5, 3))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(0.5 * torch.randn(parameter.shape, generator=generator))
    return model.to(dtype), torch.randn(200, 4, generator=generator).to(dtype)


def move(model, size, seed=1):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(size * torch.randn(parameter.shape, generator=generator).to(parameter))


def mean_divergence(old, new, x):
    with torch.no_grad():
        laws = [kl.families.Categorical(logits=model(x)) for model in (old, new)]
    return float(kl.divergence(*laws).mean())


def test_strength_weighs_the_mean_divergence_along_one_parameter():
    """λ/2 F d², not λ F d²: the penalty over λ is D itself to second order."""
    model, x = setting()
    old, ewc = copy.deepcopy(model), EWC(model, strength=7.0)
    fisher = ewc.consolidate(x)
    with torch.no_grad():
        model[2].weight[1, 2] += 1e-4
    truth = mean_divergence(old, model, x)
    assert ewc.penalty().item() == pytest.approx(7.0 * truth, rel=1e-3)
    without_half = 7.0 * fisher.values["2.weight"] * (model[2].weight - old[2].weight).square()
    assert without_half.sum().item() == pytest.approx(2 * 7.0 * truth, rel=1e-3)


def test_penalty_at_the_anchor_is_zero_with_zero_gradient():
    model, x = setting()
    ewc = EWC(model, fisher_diagonal(model, x), strength=10.0)
    penalty = ewc.penalty()
    penalty.backward()
    assert penalty.item() == 0.0
    assert all(not parameter.grad.any() for parameter in model.parameters())


def test_gradient_is_strength_times_fisher_times_gap():
    model, x = setting()
    fisher = fisher_diagonal(model, x)
    ewc = EWC(model, fisher, strength=10.0)
    move(model, 0.1)
    ewc.penalty().backward()
    for name, parameter in model.named_parameters():
        expected = 10.0 * fisher.values[name] * (parameter.detach() - fisher.anchor[name])
        torch.testing.assert_close(parameter.grad, expected)


def test_penalty_does_not_depend_on_how_data_are_batched():
    model, x = setting()
    penalties = [EWC(model, fisher_diagonal(model, x.split(size))) for size in (1, 7, 32)]
    move(model, 0.1)
    first, *others = [ewc.penalty().item() for ewc in penalties]
    assert others == pytest.approx([first, first], rel=1e-6)


def test_separate_anchors_add_up():
    model, x = setting()
    ewc = EWC(model, strength=2.0)
    one = ewc.consolidate(x[:100], weight=3.0)
    move(model, 0.1)
    two = ewc.consolidate(x[100:])
    move(model, 0.1, seed=2)
    parameters = dict(model.named_parameters())
    expected = 3.0 * one.quadratic(parameters) + two.quadratic(parameters)
    assert ewc.penalty().item() == pytest.approx(expected.item())


def test_online_keeps_one_anchor_and_a_running_fisher():
    model, x = setting()
    ewc = EWC(model, strength=2.0, mode="online", decay=0.5)
    one = ewc.consolidate(x[:100])
    move(model, 0.1)
    two = ewc.consolidate(x[100:])
    assert len(ewc.terms) == 1
    assert ewc.penalty().item() == 0.0
    move(model, 0.1, seed=2)
    expected = sum(
        ((0.5 * one.values[name] + two.values[name]) * (parameter - two.anchor[name]).square()).sum()
        for name, parameter in model.named_parameters()
    )
    assert ewc.penalty().item() == pytest.approx(expected.item())


def test_online_without_decay_is_separate_where_the_anchor_is_the_same():
    model, x = setting()
    fishers = [fisher_diagonal(model, part) for part in x.split(50)]
    online, separate = EWC(model, fishers, mode="online"), EWC(model, fishers)
    move(model, 0.1)
    assert online.penalty().item() == pytest.approx(separate.penalty().item())


def test_online_that_forgets_at_once_keeps_the_last_task():
    model, x = setting()
    ewc = EWC(model, mode="online", decay=0.0)
    ewc.consolidate(x[:100])
    move(model, 0.1)
    last = ewc.consolidate(x[100:])
    move(model, 0.1, seed=2)
    assert ewc.penalty().item() == pytest.approx(0.5 * last.quadratic(dict(model.named_parameters())).item())


def test_new_heads_frozen_layers_and_buffers():
    model, x = setting()
    ewc = EWC(model)
    ewc.consolidate(x)
    model.add_module("head", torch.nn.Linear(3, 2).double())
    model.register_buffer("seen", torch.ones(3))
    assert ewc.penalty().item() == 0.0
    with torch.no_grad():
        model.head.weight.add_(1.0)
        model[0].weight.add_(0.1)
    model[0].weight.requires_grad_(requires_grad=False)
    held = ewc.penalty()
    assert held.item() > 0
    held.backward()
    assert model.head.weight.grad is None
    assert model[0].weight.grad is None


def test_a_parameter_frozen_while_consolidating_is_free_later():
    model, x = setting()
    model[0].weight.requires_grad_(requires_grad=False)
    ewc = EWC(model)
    ewc.consolidate(x)
    with torch.no_grad():
        model[0].weight.add_(1.0)
    assert ewc.penalty().item() == 0.0


def test_renamed_and_resized_parameters_are_errors():
    model, x = setting()
    fisher = fisher_diagonal(model, x)
    with pytest.raises(kl.InputError, match=r"parameter '0\.weight' is in the anchor but not in the model.*wrapper"):
        EWC(torch.nn.Sequential(model), fisher)
    ewc = EWC(model, fisher)
    model[2] = torch.nn.Linear(5, 4).double()
    with pytest.raises(kl.InputError, match=r"shape \(4, 5\) and had \(3, 5\).*new parameter"):
        ewc.penalty()


def test_estimate_is_the_anchor_even_if_the_model_moved_on():
    model, x = setting()
    fisher = fisher_diagonal(model, x)
    move(model, 0.1)
    assert EWC(model, fisher).penalty() > 0


@pytest.mark.parametrize("mode", ["separate", "online"])
def test_state_survives_saving(mode):
    model, x = setting()
    ewc = EWC(model, strength=3.0, mode=mode)
    ewc.consolidate(x[:50], kind="monte_carlo", weight=0.1)
    move(model, 0.1)
    ewc.consolidate(x[50:])
    move(model, 0.1)
    file = io.BytesIO()
    torch.save(ewc.state_dict(), file)
    file.seek(0)
    other = EWC(model, strength=3.0, mode=mode)
    other.load_state_dict(torch.load(file, weights_only=True))
    assert other.penalty().item() == ewc.penalty().item()
    assert [str(fisher) for _, fisher in other.terms] == [str(fisher) for _, fisher in ewc.terms]


def test_states_that_cannot_be_used_change_nothing():
    model, x = setting()
    ewc = EWC(model, fisher_diagonal(model, x))
    state = ewc.state_dict()
    for bad, message in (
        ({**state, "0/secret/x": torch.ones(1)}, "unknown name"),
        ({name: value for name, value in state.items() if name != "0/kind"}, "not whole"),
        ({**state, "0/weight": "1"}, "str"),
        ({**state, "0/kind": torch.tensor(7)}, "not whole"),
        ({**state, "1/weight": torch.tensor(1.0)}, "not whole"),
        ({**state, "0/inputs/9": torch.eye(2), "0/outputs/9": torch.eye(2)}, "not whole"),
        ({**state, "0/anchor/0.weight": torch.ones(1)}, "shape"),
    ):
        with pytest.raises(kl.InputError, match=message):
            ewc.load_state_dict(bad)
    assert list(ewc.state_dict()) == list(state)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_models(dtype):
    model, x = setting(dtype)
    ewc = EWC(model, strength=5.0)
    ewc.consolidate(x)
    move(model, 0.1)
    penalty = ewc.penalty()
    penalty.backward()
    assert penalty.dtype == torch.float32
    assert model[0].weight.grad.dtype == dtype
    assert torch.isfinite(model[0].weight.grad).all()
    with torch.autocast("cpu", torch.bfloat16):
        assert ewc.penalty().item() == penalty.item()


def test_nothing_learnt_is_no_penalty():
    model, _ = setting()
    assert EWC(model).penalty().item() == 0.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"strength": -1.0}, "strength=-1.0"),
        ({"strength": float("nan")}, "strength=nan"),
        ({"strength": "1"}, "strength='1'"),
        ({"mode": "running"}, "mode='running'"),
        ({"decay": 0.5}, "decay=0.5 with mode='separate'"),
        ({"decay": 1.5, "mode": "online"}, "decay=1.5"),
    ],
)
def test_options_that_cannot_be_used(options, message):
    with pytest.raises(kl.InputError, match=message):
        EWC(setting()[0], **options)


def test_estimates_that_cannot_be_used():
    model, x = setting()
    ewc = EWC(model)
    with pytest.raises(kl.InputError, match="fisher is dict"):
        ewc.add({})
    with pytest.raises(kl.InputError, match="weight=-1"):
        ewc.consolidate(x, weight=-1)
    with pytest.raises(kl.InputError, match="structure='full'"):
        ewc.consolidate(x, structure="full")
    broken = fisher_diagonal(model, x)
    broken.values["0.bias"][0] = torch.nan
    with pytest.raises(kl.InputError, match="not finite"):
        ewc.add(broken)
    assert repr(ewc) == "EWC(strength=1.0, mode='separate', 0 estimates)"
