import math

import pytest
import torch

import kullback as kl
from kullback.nn import group_divergences

F64 = torch.float64


def drawn(rows, groups=3, classes=4, seed=0, dtype=F64):
    chance = torch.Generator().manual_seed(seed)
    logits = 2.0 * torch.randn(rows, classes, generator=chance, dtype=F64)
    group = torch.randint(groups, (rows,), generator=chance)
    label = torch.randint(classes, (rows,), generator=chance)
    return (logits + 0.3 * group[:, None] * torch.arange(classes)).to(dtype), group, label


def by_hand(probs, group, keep):
    means = torch.stack([probs[keep & (group == g)].mean(0) for g in range(int(group.max()) + 1)])
    share = torch.bincount(group[keep]).double() / keep.sum()
    middle = (share[:, None] * means).sum(0)
    return means, share, [float(kl.divergence(mean, middle)) for mean in means]


def test_known_divergence_of_two_groups():
    probs = torch.tensor([[0.7, 0.3], [0.5, 0.5]], dtype=F64)
    found = group_divergences(probs, torch.tensor([0, 1]), given="probs")
    assert found.between[0, 1].item() == pytest.approx(0.0822828785050518, rel=1e-14)
    assert found.between.diagonal().tolist() == [0.0, 0.0]


def test_demographic_parity_is_that_of_the_mean_predictions():
    logits, group, _ = drawn(60)
    found = group_divergences(logits, group)
    means, share, gaps = by_hand(logits.softmax(-1), group, torch.ones(60, dtype=torch.bool))
    assert found.between[2, 0].item() == pytest.approx(float(kl.divergence(means[2], means[0])), rel=1e-12)
    assert found.jensen_shannon.item() == pytest.approx(
        sum(w * d for w, d in zip(share.tolist(), gaps, strict=True)), rel=1e-12
    )
    assert torch.allclose(found.means, means, rtol=1e-12)
    assert found.contributions.sum().item() == pytest.approx(found.jensen_shannon.item(), rel=1e-12)
    assert bool((found.contributions >= 0).all())


def test_equalized_odds_is_the_mean_over_labels():
    logits, group, label = drawn(300)
    found = group_divergences(logits, group, labels=label)
    total = 0.0
    for y in range(4):
        keep = label == y
        _, share, gaps = by_hand(logits.softmax(-1), group, keep)
        total += float(keep.sum()) / 300 * sum(float(w) * d for w, d in zip(share, gaps, strict=True))
    assert found.jensen_shannon.item() == pytest.approx(total, rel=1e-12)
    assert found.between.shape == (4, 3, 3)
    assert found.contributions.sum().item() == pytest.approx(total, rel=1e-12)


def test_it_is_the_mutual_information_of_group_and_outcome():
    logits, group, _ = drawn(80)
    joint = torch.zeros(3, 4, dtype=F64).index_add(0, group, logits.softmax(-1)) / 80
    found = group_divergences(logits, group).jensen_shannon.item()
    assert found == pytest.approx(float(kl.mutual_information(joint)), rel=1e-12)


def test_one_logit_is_two_classes():
    logits, group, label = drawn(50, classes=1)
    both = torch.cat([torch.zeros_like(logits), logits], dim=1)
    label = label.clamp(max=1)
    for one in (logits, logits[:, 0]):
        assert torch.allclose(group_divergences(one, group).between, group_divergences(both, group).between)
        with_labels = group_divergences(one, group, labels=label)
        assert torch.allclose(with_labels.between, group_divergences(both, group, labels=label).between)
    chances = group_divergences(logits[:, 0].sigmoid(), group, given="probs")
    assert torch.allclose(chances.between, group_divergences(both, group).between)


def test_given_says_what_the_predictions_are():
    logits, group, _ = drawn(40)
    wanted = group_divergences(logits, group).between
    for given, predictions in (("log_probs", logits.log_softmax(-1)), ("probs", logits.softmax(-1))):
        assert torch.allclose(group_divergences(predictions, group, given=given).between, wanted, rtol=1e-10)


def test_mask_leaves_rows_out_whatever_they_hold():
    logits, group, _ = drawn(40)
    keep = torch.arange(40) < 30
    padded = torch.where(keep[:, None], logits, torch.nan)
    wanted = group_divergences(logits[:30], group[:30])
    found = group_divergences(padded, group, weights=keep)
    assert torch.allclose(found.between, wanted.between)
    assert found.bias.item() == pytest.approx(wanted.bias.item())


def test_whole_weights_are_rows():
    logits, group, _ = drawn(40)
    twice = torch.arange(40) < 10
    wanted = group_divergences(torch.cat([logits, logits[:10]]), torch.cat([group, group[:10]]))
    assert torch.allclose(group_divergences(logits, group, weights=1.0 + twice).between, wanted.between)


def test_means_in_logarithms_see_what_probabilities_lose():
    # log D of the far tail: mean of softmax underflows in float32 where the group never predicts the class.
    logits = torch.tensor([[0.0, -200.0], [0.0, -200.0], [0.0, 0.0], [0.0, 0.0]])
    group = torch.tensor([0, 0, 1, 1])
    naive = logits.softmax(-1)[2:].mean(0)
    assert torch.isinf((naive * (naive / logits.softmax(-1)[:2].mean(0)).log()).sum())
    assert group_divergences(logits, group).between[1, 0].item() == pytest.approx(100.0 - math.log(2.0), rel=1e-6)


def test_excluded_classes_are_infinite_one_way_and_finite_the_other():
    logits = torch.tensor([[0.0, -math.inf, 1.0], [0.0, 1.0, 2.0]], requires_grad=True)
    found = group_divergences(logits, torch.tensor([0, 1]))
    assert found.between[1, 0].item() == math.inf
    assert math.isfinite(found.between[0, 1].item())
    (found.jensen_shannon + found.between[0, 1]).backward()
    assert bool(logits.grad.isfinite().all())


def test_opposite_certainties_reach_log_two():
    probs = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    found = group_divergences(probs, torch.tensor([0, 1]), given="probs")
    assert found.jensen_shannon.item() == pytest.approx(math.log(2.0))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_keeps_small_divergences(dtype):
    half, group, _ = drawn(64, groups=2, dtype=dtype)
    exact = group_divergences(half.double(), group).jensen_shannon.item()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = group_divergences(half.requires_grad_(), group).jensen_shannon
    assert found.item() == pytest.approx(exact, rel=1e-4)
    found.backward()
    assert half.grad.dtype == dtype


def test_gradients_are_those_of_finite_differences():
    logits, group, label = drawn(12, groups=2)
    logits.requires_grad_()

    def values(x):
        found = group_divergences(x, group, labels=label)
        return found.jensen_shannon, found.between.sum(), found.contributions

    assert torch.autograd.gradcheck(values, (logits,))
    assert torch.autograd.gradgradcheck(lambda x: group_divergences(x, group).jensen_shannon, (logits,))


def test_bias_is_what_equal_groups_show_on_average():
    # 60 hard predictions of 3 classes in 2 equal groups: (2 - 1)(3 - 1)/(2 · 60) = 0.0167.
    chance = torch.Generator().manual_seed(0)
    group = torch.arange(60) % 2
    shown, said = [], []
    for _ in range(600):
        codes = torch.multinomial(torch.tensor([0.5, 0.3, 0.2]), 60, replacement=True, generator=chance)
        found = group_divergences(torch.nn.functional.one_hot(codes, 3).to(F64), group, given="probs")
        shown.append(found.jensen_shannon.item())
        said.append(found.bias.item())
    mean = sum(shown) / 600
    # The mean of 600 figures of spread .017: five standard errors are .0035.
    assert mean == pytest.approx(1 / 60, abs=0.0035)
    assert sum(said) / 600 == pytest.approx(mean, abs=0.0035)


def test_soft_predictions_have_less_bias():
    chance = torch.Generator().manual_seed(1)
    group = torch.arange(40) % 2
    shown, said = [], []
    for _ in range(300):
        found = group_divergences(torch.randn(40, 3, generator=chance, dtype=F64), group)
        shown.append(found.jensen_shannon.item())
        said.append(found.bias.item())
    mean = sum(shown) / 300
    assert mean < 0.5 * 2 / (2 * 40)
    assert sum(said) / 300 == pytest.approx(mean, rel=0.2)


def test_prints_both_directions_with_their_unit():
    logits, group, label = drawn(30, groups=2)
    text = str(group_divergences(logits, group))
    assert "nats" in text
    assert "D(group 1 ‖ group 0)" in text
    assert "given the label" in repr(group_divergences(logits, group, labels=label))
    many, crowd, _ = drawn(200, groups=5)
    assert "and 14 more" in str(group_divergences(many, crowd))


def test_a_label_without_rows_of_a_group_adds_nothing():
    logits, group, label = drawn(30, groups=2)
    label = torch.where(group == 0, label, label.clamp(max=2))
    found = group_divergences(logits, group, labels=label)
    assert found.sizes[3, 1] == 0
    assert found.between[3].abs().sum() == 0
    assert all(bool(value.isfinite().all()) for value in (found.jensen_shannon, found.means, found.bias))


@pytest.mark.parametrize(
    ("predictions", "groups", "options", "message"),
    [
        (torch.ones(2, 2, dtype=torch.int64), torch.tensor([0, 1]), {}, "dtype torch.int64"),
        ([[0.5, 0.5]], torch.tensor([0]), {}, "came as list"),
        (torch.ones(2, 2, 2), torch.tensor([0, 1]), {}, r"shape \(2, 2, 2\)"),
        (torch.ones(0, 2), torch.tensor([], dtype=torch.int64), {}, "at least one row"),
        (torch.tensor([[0.0, math.nan]]), torch.tensor([0]), {}, "NaN"),
        (torch.full((1, 2), -math.inf), torch.tensor([0]), {}, "predicts nothing"),
        (torch.zeros(2, 2), torch.tensor([0, 1]), {"given": "scores"}, "unknown"),
        (torch.tensor([[2.0, -1.0]]), torch.tensor([0]), {"given": "probs"}, "no probs"),
        (torch.zeros(2, 2), torch.tensor([0, 1]), {"given": "log_probs"}, "add up to between 2 and 2"),
        (torch.zeros(2), torch.tensor([0, 1]), {"given": "log_probs"}, "those of the other"),
        (torch.zeros(2, 2), torch.tensor([0.0, 1.0]), {}, "whole numbers"),
        (torch.zeros(2, 2), torch.tensor([0, 1, 1]), {}, r"shape \(3,\)"),
        (torch.zeros(2, 2), torch.tensor([-1, 1]), {}, "from -1 to 1"),
        (torch.zeros(2, 2), torch.tensor([0, 2]), {}, "group 1 of 3 has no rows"),
        (torch.zeros(2, 2), torch.tensor([0, 1]), {"labels": torch.tensor([[0, 1]])}, "labels have shape"),
        (torch.zeros(2, 2), torch.tensor([0, 1]), {"weights": torch.tensor([1.0, -1.0])}, "weights reach down to -1"),
        (torch.zeros(2, 2), torch.tensor([0, 1]), {"weights": [1, 1]}, "weights came as list"),
    ],
)
def test_bad_input_is_named(predictions, groups, options, message):
    with pytest.raises(kl.InputError, match=message):
        group_divergences(predictions, groups, **options)
