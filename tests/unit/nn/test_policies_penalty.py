import math

import pytest
import torch

from kullback._core import InputError
from kullback.nn import PolicyPenalty, check_penalty, sampled_penalty

INF = math.inf
RECORDS = [
    PolicyPenalty(use=use, gradient=gradient, level="sequence", off_policy=off)
    for use, gradient, off in [
        ("loss", "reverse", False),
        ("loss", "reverse", True),
        ("loss", "forward", False),
        ("loss", "forward", True),
        ("reward", "reverse", False),
        ("reward", "forward", False),
    ]
]


def samples(rows=6, steps=5, seed=0, dtype=torch.float64):
    draw = torch.Generator().manual_seed(seed)
    logs = [-torch.rand(rows, steps, generator=draw, dtype=torch.float64).to(dtype) * 3 for _ in range(3)]
    logs[0].requires_grad_()
    return logs


@pytest.mark.parametrize("record", RECORDS, ids=repr)
@pytest.mark.parametrize("distance", [0.1, 1.0, 3.0])
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_every_default_is_unbiased(record, distance, steps):
    found = check_penalty(record, distance=distance, steps=steps, actions=3)
    assert found.unbiased
    assert found.relative_error < 1e-12


@pytest.mark.parametrize("record", RECORDS[:4], ids=repr)
def test_the_value_of_a_loss_is_the_divergence(record):
    found = check_penalty(record, steps=3, actions=3)
    assert found.value == pytest.approx(found.divergences[0 if record.gradient == "reverse" else 1], rel=1e-12)


@pytest.mark.parametrize("gradient", ["reverse", "forward"])
def test_tokens_alone_miss_the_future_and_say_so(gradient):
    found = check_penalty(PolicyPenalty(use="loss", gradient=gradient, level="token"))
    assert not found.unbiased
    assert "with the states held fixed" in found.verdict
    assert check_penalty(PolicyPenalty(use="loss", gradient=gradient, level="token"), steps=1).unbiased


@pytest.mark.parametrize(
    ("name", "use", "off_policy", "becomes"),
    [
        ("k1", "reward", False, "reverse"),
        ("k1", "loss", True, "reverse"),
        ("k2", "loss", False, "reverse"),
        ("k3", "loss", False, "forward"),
        ("k3", "loss", True, "reverse"),
    ],
)
def test_classic_names_become_what_they_are(name, use, off_policy, becomes):
    assert PolicyPenalty(gradient=name, use=use, off_policy=off_policy).gradient == becomes


@pytest.mark.parametrize(
    ("name", "use", "off_policy", "reason"),
    [
        ("k1", "loss", False, "expected gradient .* is zero"),
        ("k2", "loss", True, "counts every sample twice"),
        ("k2", "reward", False, "policy gradient belongs to none"),
        ("k3", "reward", False, r"D\(π‖ref\) − D\(ref‖π\)"),
        ("abs", "loss", False, "total variation"),
        ("abs", "loss", True, "total variation"),
        ("abs", "reward", False, "that of no divergence"),
    ],
)
def test_wrong_combinations_are_refused_with_the_reason(name, use, off_policy, reason):
    with pytest.raises(InputError, match=reason) as error:
        PolicyPenalty(gradient=name, use=use, off_policy=off_policy)
    assert "Use gradient='reverse'" in str(error.value)


def test_k2_k3_and_weighed_k3_have_our_gradients_sample_by_sample():
    logp, ref, old = samples()
    x = logp - ref
    pairs = [
        (0.5 * x**2, {"gradient": "k2"}),
        (torch.exp(-x) - 1 + x, {"gradient": "k3"}),
        ((logp - old).exp() * (torch.exp(-x) - 1 + x), {"gradient": "k3", "old_logp": old}),
    ]
    for classic, options in pairs:
        ours = sampled_penalty(logp, ref, use="loss", level="token", reduction="none", **options)
        one, other = (torch.autograd.grad(side.sum(), logp, retain_graph=True)[0] for side in (classic, ours))
        assert torch.allclose(one, other, rtol=1e-12)


def test_values_are_never_negative_where_k1_is():
    logp, ref, _ = samples()
    assert bool((logp < ref).any())
    for gradient in ("reverse", "forward"):
        assert bool((sampled_penalty(logp, ref, use="loss", gradient=gradient, reduction="none") >= 0).all())


def test_a_clamp_switches_the_penalty_off_where_ours_pulls():
    logp = torch.tensor([-14.0], dtype=torch.float64, requires_grad=True)
    ref = torch.tensor([-2.0], dtype=torch.float64)
    clamped = torch.clamp(torch.exp(ref - logp) - 1 + logp - ref, -10, 10)
    assert torch.autograd.grad(clamped.sum(), logp)[0].item() == 0
    loss = sampled_penalty(logp, ref, use="loss")
    assert torch.autograd.grad(loss, logp)[0].item() == pytest.approx(-12)


@pytest.mark.parametrize("gradient", ["reverse", "forward"])
@pytest.mark.parametrize("level", ["token", "sequence"])
def test_far_apart_gives_no_nan(gradient, level):
    logp = torch.tensor([[-200.0, -1.0]], requires_grad=True)
    old, ref = torch.tensor([[-1.0, -1.0]]), torch.tensor([[-0.5, -150.0]])
    loss = sampled_penalty(logp, ref, use="loss", gradient=gradient, level=level, old_logp=old)
    loss.backward()
    assert not math.isnan(loss.item())
    assert bool(torch.isfinite(logp.grad).all())


def test_an_action_that_the_reference_lacks():
    logp = torch.tensor([-1.0, -1.0], requires_grad=True)
    ref = torch.tensor([-1.0, -INF])
    with pytest.raises(InputError, match=r"D\(π‖ref\) is infinite"):
        sampled_penalty(logp, ref, use="loss")
    loss = sampled_penalty(logp, ref, use="loss", gradient="forward", reduction="none")
    assert loss.tolist() == [0.0, 1.0]
    assert torch.autograd.grad(loss.sum(), logp)[0].tolist() == [0.0, 1.0]
    assert sampled_penalty(logp, ref, use="reward", gradient="forward").tolist() == [0.0, 1.0]


@pytest.mark.parametrize("use", ["loss", "reward"])
@pytest.mark.parametrize("gradient", ["reverse", "forward"])
@pytest.mark.parametrize("level", ["token", "sequence"])
def test_masked_tokens_do_not_exist(use, gradient, level):
    logp, ref, _ = samples()
    mask = torch.rand(logp.shape, generator=torch.Generator().manual_seed(3)) < 0.6
    mask[0] = False
    other = logp.detach().clone()
    other[~mask] = math.nan
    other.requires_grad_()
    options = {"use": use, "gradient": gradient, "level": level, "mask": mask}
    one, two = sampled_penalty(logp, ref, **options), sampled_penalty(other, ref, **options)
    assert torch.equal(one, two)
    if use == "loss":
        one.backward()
        two.backward()
        assert torch.equal(logp.grad, other.grad)
        assert not bool(other.grad[~mask].any())
    else:
        assert not bool(one[~mask].any())


def test_nothing_left_is_zero_with_zero_gradient():
    logp, ref, old = samples()
    for gradient in ("reverse", "forward"):
        loss = sampled_penalty(
            logp, ref, use="loss", gradient=gradient, old_logp=old, mask=torch.zeros(logp.shape, dtype=torch.bool)
        )
        loss.backward()
        assert loss.item() == 0
        assert not bool(logp.grad.any())


def test_accumulation_equals_the_full_batch():
    logp, ref, _ = samples()
    mask = torch.arange(5) < torch.tensor([5, 1, 3, 2, 5, 4])[:, None]
    for level, items in (("token", int(mask.sum())), ("sequence", 6)):
        full = sampled_penalty(logp, ref, use="loss", level=level, mask=mask)
        parts = [
            sampled_penalty(logp[rows], ref[rows], use="loss", level=level, mask=mask[rows], num_items=items)
            for rows in (slice(0, 1), slice(1, 6))
        ]
        one, other = (torch.autograd.grad(side, logp, retain_graph=True)[0] for side in (full, sum(parts)))
        assert torch.allclose(full, sum(parts), rtol=1e-13)
        assert torch.allclose(one, other, rtol=1e-13)


def test_half_precision_is_computed_in_float32():
    logp = torch.full((4, 64), -2.0, dtype=torch.bfloat16, requires_grad=True)
    ref = torch.full((4, 64), -2.015625, dtype=torch.bfloat16)
    x = 0.015625
    naive = (torch.exp(ref - logp) - 1 + logp - ref).mean()
    loss = sampled_penalty(logp, ref, use="loss", level="token")
    truth = math.expm1(-x) + x
    assert loss.item() == pytest.approx(truth, rel=1e-5)
    assert abs(naive.item() / truth - 1) > 0.5
    loss.backward()
    assert logp.grad.dtype == torch.bfloat16
    assert float(logp.grad.sum()) == pytest.approx(x, rel=1e-2)


def test_rewards_are_detached_and_go_through_a_trainer():
    logp, ref, _ = samples()
    found = sampled_penalty(logp, ref, use="reward")
    assert not found.requires_grad
    assert torch.equal(found, (logp - ref).detach())
    mask = torch.tensor([True, True, True, False, False]).expand(6, 5)
    last = sampled_penalty(logp, ref, use="reward", gradient="forward", mask=mask)
    assert torch.nonzero(last[0]).tolist() == [[2]]
    assert last[:, 2].tolist() == pytest.approx((1 - torch.exp((ref - logp)[:, :3].sum(-1))).tolist())


def test_one_axis_is_tokens_and_two_are_sequences():
    logp, ref, _ = samples()
    assert torch.equal(sampled_penalty(logp, ref, use="loss"), sampled_penalty(logp, ref, use="loss", level="sequence"))
    flat = sampled_penalty(logp.flatten(), ref.flatten(), use="loss")
    assert torch.equal(flat, sampled_penalty(logp, ref, use="loss", level="token"))
    assert flat.item() * 5 == pytest.approx(sampled_penalty(logp, ref, use="loss").item())


def test_a_cap_is_asked_for_by_a_name_that_says_biased():
    record = PolicyPenalty(use="loss", off_policy=True, biased_ratio_cap=1.2)
    found, free = check_penalty(record), check_penalty(RECORDS[1])
    assert not found.unbiased
    assert found.variance < free.variance
    assert "biased_ratio_cap=1.2" in repr(record)
    logp, ref, old = samples()
    loose = sampled_penalty(logp, ref, use="loss", old_logp=old, biased_ratio_cap=1e9)
    assert torch.equal(loose, sampled_penalty(logp, ref, use="loss", old_logp=old))


@pytest.mark.parametrize("gradient", ["reverse", "forward"])
def test_weights_that_overflow_are_an_error_and_capped_ones_are_not(gradient):
    logp, old = torch.full((1, 200), -1.0, requires_grad=True), torch.full((1, 200), -2.0)
    options = {"use": "loss", "gradient": gradient, "old_logp": old}
    with pytest.raises(InputError, match="too far apart over so many actions"):
        sampled_penalty(logp, logp.detach() - 0.01, **options)
    sampled_penalty(logp, logp.detach() - 0.01, biased_ratio_cap=2.0, **options).backward()
    assert bool(torch.isfinite(logp.grad).all())
    assert bool(logp.grad.any())


def test_nothing_is_modified():
    logp, ref, old = samples()
    kept = [one.detach().clone() for one in (logp, ref, old)]
    sampled_penalty(logp, ref, use="loss", old_logp=old).backward()
    assert all(torch.equal(one.detach(), before) for one, before in zip((logp, ref, old), kept, strict=True))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"use": "penalty"}, "use is 'penalty'"),
        ({"gradient": "kl"}, "gradient is 'kl'"),
        ({"level": "episode"}, "level is 'episode'"),
        ({"reduction": "max"}, "reduction is 'max'"),
        ({"use": "reward", "reduction": "mean"}, "every token has a reward"),
        ({"use": "reward", "old_logp": torch.zeros(6, 5)}, "count double"),
        ({"biased_ratio_cap": 2.0}, "no ratio to cap"),
        ({"biased_ratio_cap": -1.0, "old_logp": torch.zeros(6, 5)}, "biased_ratio_cap is -1"),
        ({"mask": torch.ones(6)}, r"mask is \(6,\)"),
        ({"mask": torch.full((6, 5), 0.5)}, "other numbers than 0 and 1"),
        ({"num_items": 0}, "num_items is 0"),
        ({"num_items": 3, "reduction": "sum"}, "belongs to 'mean'"),
        ({"old_logp": torch.full((6, 5), math.nan)}, "old_logp has 30 entries"),
        ({"old_logp": torch.zeros(6)}, r"old_logp has shape \(6,\)"),
    ],
)
def test_options_that_cannot_be_used(options, words):
    logp, ref, _ = samples()
    with pytest.raises(InputError, match=words):
        sampled_penalty(logp, ref, **{"use": "loss", **options})


@pytest.mark.parametrize(
    ("logp", "ref", "words"),
    [
        (torch.zeros(2), torch.zeros(3), r"ref_logp has shape \(3,\)"),
        (torch.zeros(2, dtype=torch.int64), torch.zeros(2), "int64"),
        (torch.tensor([0.0, -INF]), torch.zeros(2), "logp has 1 entries that are not finite"),
        (torch.zeros(2), torch.tensor([0.0, math.nan]), "ref_logp has 1 entries"),
        (0.5, torch.zeros(2), "logp is a float"),
    ],
)
def test_log_probabilities_that_cannot_be_used(logp, ref, words):
    with pytest.raises(InputError, match=words):
        sampled_penalty(logp, ref, use="loss")
    with pytest.raises(InputError, match="Rows of sequences"):
        sampled_penalty(torch.zeros(3), torch.zeros(3), use="loss", level="sequence")


def test_records_know_whether_old_log_probabilities_come():
    logp, ref, old = samples()
    with pytest.raises(InputError, match="old_logp is missing"):
        PolicyPenalty(use="loss", off_policy=True)(logp, ref)
    with pytest.raises(InputError, match="off_policy is False"):
        PolicyPenalty(use="loss")(logp, ref, old_logp=old)


def test_descent_on_samples_reaches_the_reference_where_the_clamped_penalty_stalls():
    ref = torch.tensor([0.0, 0.0, 8.0], dtype=torch.float64).log_softmax(-1)

    def after(penalty):
        logits = torch.tensor([4.0, 0.0, -4.0], dtype=torch.float64, requires_grad=True)
        for _ in range(300):
            logp = logits.log_softmax(-1)
            loss = (logp.detach().exp() * penalty(logp, ref)).sum()  # the exact expectation over actions
            (slope,) = torch.autograd.grad(loss, logits)
            logits = (logits - 1.0 * slope).detach().requires_grad_()
        logp = logits.log_softmax(-1).detach()
        return float((logp.exp() * (logp - ref)).sum())

    clamped = after(lambda logp, ref: torch.clamp(torch.exp(ref - logp) - 1 + logp - ref, -10, 10))
    ours = after(lambda logp, ref: sampled_penalty(logp, ref, use="loss", reduction="none"))
    assert clamped > 1.0
    assert ours < 0.01
