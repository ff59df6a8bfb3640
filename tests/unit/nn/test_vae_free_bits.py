import pytest
import torch

import kullback as kl
from kullback.nn import balanced_kl, free_bits, gaussian_kl

KL = [[0.1, 2.0, 0.3, 0.0], [0.3, 4.0, 0.1, 0.2]]


@pytest.fixture
def kls():
    return torch.tensor(KL, dtype=torch.float64, requires_grad=True)


def test_every_unit_has_its_floor(kls):
    assert free_bits(kls, nats=0.5).item() == pytest.approx(0.5 + 3.0 + 0.5 + 0.5)
    assert free_bits(kls, nats=0.5, per="entry").item() == pytest.approx((0.5 + 2.0 + 1.0 + 0.5 + 4.0 + 1.0) / 2)
    assert free_bits(kls, nats=3.0, per="example").item() == pytest.approx((3.0 + 4.6) / 2)
    assert free_bits(kls, nats=0.5, per="group", groups=2).item() == pytest.approx(3.2 + 0.5)
    assert free_bits(kls, nats=5.0, per="group", groups=1).item() == 5.0


@pytest.mark.parametrize("per", ["dimension", "example", "entry"])
def test_no_floor_is_the_plain_mean(kls, per):
    assert free_bits(kls, nats=0, per=per).item() == pytest.approx(kls.sum(dim=-1).mean().item())


def test_floor_is_on_the_mean_over_the_batch_not_on_entries():
    """A dimension that few examples use is above its floor on average; a floor for each entry would charge the rest."""
    rare = torch.zeros(100, 1)
    rare[0] = 60.0
    assert free_bits(rare, nats=0.5).item() == pytest.approx(0.6)
    assert free_bits(rare, nats=0.5, per="entry").item() == pytest.approx(0.6 + 0.99 * 0.5)


def test_gradient_is_zero_below_the_floor_and_plain_above(kls):
    (slope,) = torch.autograd.grad(free_bits(kls, nats=0.5), kls)
    assert bool((slope[:, [0, 2, 3]] == 0).all())
    assert bool((slope[:, 1] == 0.5).all())
    (slope,) = torch.autograd.grad(kls.sum(dim=-1).mean(), kls)
    assert bool((slope == 0.5).all())  # the plain loss pulls every dimension to the prior
    (slope,) = torch.autograd.grad(free_bits(kls, nats=3.0, per="example"), kls)
    assert bool((slope[0] == 0).all())
    assert bool((slope[1] == 0.5).all())


@pytest.mark.parametrize("per", ["dimension", "example", "entry", "group"])
def test_mask_counts_the_rest_alone(kls, per):
    options = {"nats": 0.5, "per": per, "groups": 2 if per == "group" else None}
    padded = torch.cat([kls, torch.full((1, 4), float("nan"), dtype=torch.float64)])
    found = free_bits(padded, mask=torch.tensor([True, True, False]), **options)
    assert found.item() == pytest.approx(free_bits(kls, **options).item())
    nothing = free_bits(padded, mask=torch.zeros(3, dtype=torch.bool), **options)
    (slope,) = torch.autograd.grad(nothing, kls)
    assert nothing.item() == 0.0
    assert bool((slope == 0).all())


def test_sequences_count_as_many_examples(kls):
    stacked = torch.stack([kls, kls, kls])
    assert free_bits(stacked, nats=0.5).item() == pytest.approx(free_bits(kls, nats=0.5).item())
    mask = torch.tensor([[True, True], [False, False], [True, True]])
    assert free_bits(stacked, nats=0.5, mask=mask).item() == pytest.approx(free_bits(kls, nats=0.5).item())


def test_half_precision_is_summed_in_float32():
    kls = torch.full((4096, 2), 0.3, dtype=torch.bfloat16)
    assert free_bits(kls, nats=0.0).item() == pytest.approx(2 * kls[0, 0].item(), rel=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"nats": -0.1}, "nats is -0.1. A finite number of at least 0"),
        ({"nats": float("inf")}, "nats is inf"),
        ({"nats": 0.5, "per": "batch"}, "per is 'batch'. One of 'dimension', 'group', 'example', 'entry'"),
        ({"nats": 0.5, "per": "group"}, "groups is None for 4 dimensions"),
        ({"nats": 0.5, "per": "group", "groups": 3}, "groups is 3 for 4 dimensions"),
        ({"nats": 0.5, "groups": 2}, "Groups go with per='group'"),
        ({"nats": 0.5, "mask": torch.ones(2)}, "mask is torch.float32"),
        ({"nats": 0.5, "mask": torch.ones(2, 4, dtype=torch.bool)}, r"mask has the shape \(2, 4\)"),
    ],
)
def test_bad_options_are_refused(kls, options, message):
    with pytest.raises(kl.InputError, match=message):
        free_bits(kls, **options)


def test_what_lost_its_dimensions_is_refused(kls):
    with pytest.raises(kl.InputError, match=r"kl has the shape \(2,\)"):
        free_bits(kls.sum(dim=-1), nats=0.5)
    with pytest.raises(kl.InputError, match="kl is a float"):
        free_bits(0.5, nats=0.5)
    with pytest.raises(kl.InputError, match="kl has 1 NaN"):
        free_bits(torch.tensor([[float("nan")]]), nats=0.5)


def test_no_loss_looks_at_numbers_on_another_device():
    """Tensors of the device "meta" have none: whatever would make a GPU wait fails on them."""
    mean, log_var = torch.zeros(2, 8, 3, device="meta", requires_grad=True)
    losses = gaussian_kl(mean, log_var, prior_mean=0.5)
    mask = torch.zeros(8, dtype=torch.bool, device="meta")
    total = free_bits(losses, nats=0.5, mask=mask) + balanced_kl(mean, log_var, given="logits").mean()
    total.backward()
    assert total.shape == ()
