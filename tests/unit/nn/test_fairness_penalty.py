import copy
import math

import pytest
import torch

import kullback as kl
from kullback.nn import FairnessPenalty, group_divergences

F64 = torch.float64
PROBS = torch.tensor([[0.7, 0.3], [0.5, 0.5]], dtype=F64)
DIRECTIONS = ["jensen_shannon", "forward", "reverse", "jeffreys"]


def drawn(rows, groups=2, classes=3, seed=0):
    chance = torch.Generator().manual_seed(seed)
    logits = torch.randn(rows, classes, generator=chance, dtype=F64)
    group = torch.randint(groups, (rows,), generator=chance)
    return logits + group[:, None] * torch.arange(classes), group, torch.randint(classes, (rows,), generator=chance)


def test_directions_of_two_known_groups():
    group = torch.tensor([0, 1])
    found = {name: FairnessPenalty(2, direction=name, given="probs")(PROBS, group).item() for name in DIRECTIONS}
    forward, reverse = (float(kl.divergence(*pair)) for pair in ((PROBS[0], PROBS[1]), (PROBS[1], PROBS[0])))
    assert found["forward"] == pytest.approx(0.0822828785050518, rel=1e-14)
    assert found["forward"] == pytest.approx(forward, rel=1e-14)
    assert found["reverse"] == pytest.approx(reverse, rel=1e-14)
    assert found["jeffreys"] == pytest.approx(forward + reverse, rel=1e-14)
    assert found["jensen_shannon"] == pytest.approx(float(kl.jensen_shannon(*PROBS)), rel=1e-13)


def test_more_groups_are_the_mean_over_pairs():
    logits, group, _ = drawn(60, groups=3)
    gaps = group_divergences(logits, group).between
    wanted = (gaps[0, 1] + gaps[0, 2] + gaps[1, 2]) / 3
    assert FairnessPenalty(3, direction="forward")(logits, group).item() == pytest.approx(wanted.item(), rel=1e-12)


def test_given_the_label_it_is_the_record_s():
    logits, group, label = drawn(60)
    penalty = FairnessPenalty(2, conditional_on_label=True, classes=3)
    wanted = group_divergences(logits, group, labels=label).jensen_shannon
    assert penalty(logits, group, label).item() == pytest.approx(wanted.item(), rel=1e-12)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("conditional", [False, True])
def test_gradients_are_those_of_finite_differences(direction, conditional):
    logits, group, label = drawn(12)
    penalty = FairnessPenalty(2, direction=direction, conditional_on_label=conditional, classes=3)
    labels = (label,) if conditional else ()
    assert torch.autograd.gradcheck(lambda x: penalty(x, group, *labels), (logits.requires_grad_(),))


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("momentum", [None, 0.9])
def test_a_batch_of_one_group_is_exactly_zero(direction, momentum):
    logits, _, _ = drawn(5)
    logits.requires_grad_()
    found = FairnessPenalty(2, direction=direction, classes=3, momentum=momentum)(
        logits, torch.ones(5, dtype=torch.long)
    )
    found.backward()
    assert found.item() == 0.0
    assert logits.grad.count_nonzero() == 0


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_missing_group_takes_no_part(direction):
    logits, group, _ = drawn(30)
    with_gap = FairnessPenalty(4, direction=direction)(logits, 2 * group)
    assert with_gap.item() == pytest.approx(FairnessPenalty(2, direction=direction)(logits, group).item(), rel=1e-12)


def test_equal_groups_cost_nothing_and_pull_nowhere():
    logits = torch.randn(4, 3, generator=torch.Generator().manual_seed(0)).repeat(2, 1).requires_grad_()
    found = FairnessPenalty(2)(logits, torch.arange(8) // 4)
    found.backward()
    assert 0 <= found.item() < 1e-12
    assert logits.grad.abs().max() < 1e-7


@pytest.mark.parametrize(("step", "size"), [(1e-1, 5e-4), (1e-2, 5e-6), (1e-4, 5e-10)])
def test_nearly_equal_groups_keep_their_digits_and_sign(step, size):
    logits = torch.randn(500, 5, generator=torch.Generator().manual_seed(3)).repeat(2, 1)
    logits[500:, 0] += step
    penalty, group = FairnessPenalty(2, direction="forward"), torch.arange(1000) // 500
    exact = penalty(logits.double(), group).item()
    assert exact == pytest.approx(size, rel=0.3)
    assert penalty(logits, group).item() == pytest.approx(exact, rel=1e-3 if step > 1e-3 else 0.05)
    p, q = logits[:500].softmax(-1).mean(0), logits[500:].softmax(-1).mean(0)
    naive = (p * (p / q).log()).sum().item()
    assert abs(naive / exact - 1) > 1e-3 or step > 1e-2


def test_far_apart_groups_still_have_a_gradient():
    logits = torch.tensor([[60.0, -60.0], [-60.0, 60.0]], requires_grad=True)
    found = FairnessPenalty(2, direction="jeffreys")(logits, torch.tensor([0, 1]))
    found.backward()
    assert found.item() == pytest.approx(240.0)
    assert logits.grad.abs().min() > 0.5


def test_running_means_of_equal_batches_are_the_batch():
    logits, group, _ = drawn(30)
    penalty, plain = FairnessPenalty(2, classes=3, momentum=0.9), FairnessPenalty(2)
    for _ in range(3):
        found = penalty(logits.requires_grad_(), group)
    assert found.item() == pytest.approx(plain(logits, group).item(), rel=1e-6)
    grads = [torch.autograd.grad(value, logits)[0] for value in (found, plain(logits, group))]
    assert torch.allclose(*grads, rtol=1e-5, atol=1e-9)


def test_the_missing_group_is_its_running_mean():
    logits, group, _ = drawn(30)
    penalty = FairnessPenalty(2, direction="forward", classes=3, momentum=0.9)
    first = penalty(logits, group).item()
    only = logits[group == 0].detach().requires_grad_()
    found = penalty(only, torch.zeros(len(only), dtype=torch.long))
    found.backward()
    assert found.item() == pytest.approx(first, rel=1e-5)
    assert only.grad.abs().sum() > 0


def test_running_sums_are_left_alone_in_evaluation():
    logits, group, _ = drawn(30)
    penalty = FairnessPenalty(2, classes=3, momentum=0.9)
    penalty(logits, group)
    before = copy.deepcopy(penalty.state_dict())
    value = penalty.eval()(2 * logits, group)
    assert value.item() == pytest.approx(FairnessPenalty(2)(2 * logits, group).item(), rel=1e-12)
    assert all(torch.equal(before[name], tensor) for name, tensor in penalty.state_dict().items())
    assert not any(tensor.requires_grad for tensor in penalty.state_dict().values())


def test_small_batches_are_too_dear_and_running_means_are_not():
    # Equal groups, hard predictions of 3 classes, 40 rows: on average near (2 - 1)(3 - 1)/(2 · 40) = .025.
    chance = torch.Generator().manual_seed(0)
    plain, running = FairnessPenalty(2, given="probs"), FairnessPenalty(2, classes=3, momentum=0.99, given="probs")
    found = {plain: [], running: []}
    for _ in range(900):
        codes = torch.multinomial(torch.tensor([0.4, 0.3, 0.3]), 40, replacement=True, generator=chance)
        batch = torch.nn.functional.one_hot(codes, 3).double()
        for penalty, values in found.items():
            values.append(penalty(batch, torch.arange(40) % 2).item())
    # The spread of one value is about .025, so five standard errors of the mean are .0042.
    assert sum(found[plain]) / 900 == pytest.approx(0.025, abs=0.0045)
    assert sum(found[running][400:]) / 500 < 0.001


def test_gradient_of_running_means_is_that_of_the_full_batch_on_average():
    logits, group, _ = drawn(2000)
    shift = torch.zeros(3, dtype=F64, requires_grad=True)
    tilted = logits + shift * group[:, None]
    (full,) = torch.autograd.grad(FairnessPenalty(2)(tilted, group), shift)
    chance = torch.Generator().manual_seed(0)
    errors = {}
    for momentum in (None, 0.95):
        penalty, total = FairnessPenalty(2, classes=3, momentum=momentum), torch.zeros(3, dtype=F64)
        for step in range(400):
            rows = torch.randint(2000, (8,), generator=chance)
            value = penalty((logits + shift * group[:, None])[rows], group[rows])
            total += torch.autograd.grad(value, shift)[0] if step >= 100 else 0.0
        errors[momentum] = float((total / 300 - full).norm() / full.norm())
    assert errors[0.95] < 0.1
    assert errors[0.95] < errors[None]


def test_running_sums_stay_in_float32():
    penalty = FairnessPenalty(2, classes=3, momentum=0.99).to(torch.bfloat16)
    assert {tensor.dtype for tensor in penalty.state_dict().values()} == {torch.float32}
    assert "momentum=0.99" in str(penalty)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_nothing_makes_the_host_wait_for_a_device(direction):
    # A meta tensor has no values: whatever looked at one would fail.
    logits, group, label = (tensor.to("meta") for tensor in drawn(6))
    penalty = FairnessPenalty(2, direction=direction, classes=3, momentum=0.9, conditional_on_label=True).to("meta")
    found = penalty(logits.requires_grad_(), group, label, weights=torch.ones(6, device="meta"))
    found.backward()
    assert found.device.type == "meta"


def test_training_closes_the_gap():
    chance = torch.Generator().manual_seed(0)
    group = torch.arange(400) % 2
    x = torch.randn(400, 2, generator=chance) + group[:, None]
    y = (x.sum(1) + torch.randn(400, generator=chance) > 1).float()
    gaps = []
    for weight in (0.0, 20.0):
        torch.manual_seed(0)
        model, penalty = torch.nn.Linear(2, 1), FairnessPenalty(2)
        mover = torch.optim.Adam(model.parameters(), lr=0.05)
        for _ in range(150):
            logits = model(x)[:, 0]
            loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, y) + weight * penalty(logits, group)
            mover.zero_grad()
            loss.backward()
            mover.step()
        gaps.append(group_divergences(model(x), group).jensen_shannon.item())
    assert gaps[1] < 0.1 * gaps[0]


def test_infinite_where_a_direction_is_infinite():
    probs = torch.tensor([[1.0, 0.0], [0.5, 0.5]])
    group = torch.tensor([0, 1])
    assert FairnessPenalty(2, direction="reverse", given="probs")(probs, group).item() == math.inf
    assert math.isfinite(FairnessPenalty(2, direction="forward", given="probs")(probs, group).item())
    assert math.isfinite(FairnessPenalty(2, given="probs")(probs, group).item())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"groups": 1}, "groups=1"),
        ({"groups": 2.0}, "groups=2.0"),
        ({"groups": 2, "direction": "js"}, "direction='js'"),
        ({"groups": 2, "momentum": 1.0, "classes": 2}, "momentum=1.0"),
        ({"groups": 2, "momentum": 0.9}, "number of classes"),
        ({"groups": 2, "conditional_on_label": True}, "number of classes"),
        ({"groups": 2, "classes": 0}, "classes=0"),
    ],
)
def test_bad_options_are_named(options, message):
    with pytest.raises(kl.InputError, match=message):
        FairnessPenalty(**options)


def test_bad_batches_are_named():
    logits, group, label = drawn(6)
    with pytest.raises(kl.InputError, match="from 0 to 1"):
        FairnessPenalty(2)(logits, group + 1)
    with pytest.raises(kl.InputError, match="labels came"):
        FairnessPenalty(2)(logits, group, label)
    with pytest.raises(kl.InputError, match="no labels came"):
        FairnessPenalty(2, conditional_on_label=True, classes=3)(logits, group)
    with pytest.raises(kl.InputError, match="3 classes, the penalty 2"):
        FairnessPenalty(2, classes=2)(logits, group)
