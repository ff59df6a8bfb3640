import pytest
import torch

from kullback._core import InputError
from kullback.nn import EstimatorCheck, PolicyPenalty, check_penalty


def ratio(logp, ref):
    return logp - ref


def k2(logp, ref):
    return 0.5 * (logp - ref) ** 2


def k3(logp, ref):
    return torch.exp(ref - logp) - 1 + logp - ref


def total(logp, ref):
    return (logp - ref).abs()


def weighed(function):
    return lambda logp, ref, old: (logp - old).exp() * function(logp, ref)


@pytest.mark.parametrize(
    ("function", "use", "verdict"),
    [
        (ratio, "loss", "zero"),
        (ratio, "reward", "the gradient of D(π‖ref)"),
        (k2, "loss", "the gradient of D(π‖ref)"),
        (k2, "reward", "that of no divergence"),
        (k3, "loss", "the gradient of D(ref‖π)"),
        (k3, "reward", "the gradient of D(π‖ref) − D(ref‖π)"),
        (total, "loss", "the gradient of the total variation Σ|π − ref|"),
        (total, "reward", "that of no divergence"),
    ],
)
@pytest.mark.parametrize("seed", [0, 1])
def test_verdicts_on_one_action(function, use, verdict, seed):
    assert check_penalty(function, use=use, steps=1, seed=seed).verdict.startswith(verdict)


@pytest.mark.parametrize(
    ("function", "verdict"),
    [(ratio, "the gradient of D(π‖ref)"), (k3, "the gradient of D(π‖ref)"), (k2, "that of no"), (total, "that of no")],
)
def test_the_ratio_repairs_k1_and_k3_and_breaks_k2(function, verdict):
    found = check_penalty(weighed(function), use="loss", steps=1, off_policy=True)
    assert found.verdict.startswith(verdict)
    assert found.unbiased == verdict.endswith("D(π‖ref)")


def test_the_bias_of_k3_grows_with_the_distance():
    errors = [check_penalty(k3, use="loss", steps=1, actions=8, distance=one).relative_error for one in (0.1, 1, 3)]
    assert errors == sorted(errors)
    assert errors[0] < 0.2
    assert errors[2] > 0.5


def test_k3_in_the_reward_pushes_by_almost_nothing_near_the_reference():
    found = check_penalty(k3, use="reward", steps=1, distance=0.05)
    assert found.relative_error > 0.9
    assert abs(found.scale) < 0.1


def test_tokens_miss_the_future():
    found = check_penalty(k2, use="loss", steps=2)
    assert found.verdict == "the gradient of D(π‖ref) with the states held fixed"
    assert found.relative_error > 0.1
    assert check_penalty(ratio, use="reward", steps=2).unbiased


def test_k3_is_not_always_less_noisy_in_value():
    # The reference has mass where the policy has little: the spread of k3 over samples is the larger one.
    p, q = torch.tensor([0.98, 0.02]).log(), torch.tensor([0.3, 0.7]).log()
    spread = [float((p.exp() * (f - (p.exp() * f).sum()) ** 2).sum()) for f in (ratio(p, q), k3(p, q))]
    assert spread[1] > 10 * spread[0]


def test_a_mean_over_tokens_is_a_scale():
    found = check_penalty(lambda logp, ref: k2(logp, ref).mean(), use="loss")
    assert found.verdict == "0.5 times the gradient of D(π‖ref) with the states held fixed"


def test_float32_inside_is_no_bias():
    found = check_penalty(lambda logp, ref: k3(logp.float(), ref.float()), use="loss", wanted="forward", steps=1)
    assert found.unbiased


def test_values_are_told_too():
    assert check_penalty(ratio, use="loss").value_verdict.startswith("D(π‖ref) = ")
    assert check_penalty(PolicyPenalty(use="reward", gradient="forward")).value_verdict == "zero"
    assert check_penalty(lambda logp, ref: 2 * ratio(logp, ref), use="loss").value_verdict.endswith("2 times D(π‖ref)")
    assert check_penalty(k2, use="loss").value_verdict.endswith("that of no divergence")


def test_expectation_and_variance_are_those_of_samples():
    found = check_penalty(k2, use="loss", steps=1, actions=3, seed=4)
    draw = torch.Generator().manual_seed(4)
    theta = torch.randn(1, 3, dtype=torch.float64, generator=draw)
    ref = (theta + torch.randn(1, 3, dtype=torch.float64, generator=draw)).log_softmax(-1)[0]
    logp = theta.log_softmax(-1)[0]
    p = logp.exp()
    scores = torch.eye(3, dtype=torch.float64) - p
    gradients = (logp - ref)[:, None] * scores
    mean = p @ gradients
    assert found.variance == pytest.approx(float(p @ (gradients - mean).square().sum(1)))
    assert found.divergences[0] == pytest.approx(float(p @ (logp - ref)))


def test_a_reward_for_the_whole_sequence_counts_at_its_end():
    assert check_penalty(lambda logp, ref: ratio(logp, ref).sum(-1), use="reward", steps=3, actions=3).unbiased


def test_it_prints_as_lines_with_units():
    found = check_penalty(k3, use="loss")
    assert isinstance(found, EstimatorCheck)
    assert "Against the gradient of D(π‖ref): biased" in str(found)
    assert "nats" in str(found)


@pytest.mark.parametrize(
    ("penalty", "options", "words"),
    [
        (k3, {}, "use is missing"),
        (k3, {"use": "both"}, "use is 'both'"),
        (3.0, {"use": "loss"}, "penalty is a float"),
        (PolicyPenalty(use="loss"), {"use": "reward"}, "made for use='loss'"),
        (k3, {"use": "loss", "wanted": "kl"}, "wanted is 'kl'"),
        (k3, {"use": "loss", "actions": 1}, "actions is 1"),
        (k3, {"use": "loss", "actions": 10, "steps": 9}, "At most 20000"),
        (k3, {"use": "loss", "distance": -1.0}, "distance is -1"),
        (lambda *_: 1.0, {"use": "loss"}, "gave a float"),
        (lambda _, ref: ref - ref, {"use": "loss"}, "has no gradient"),
        (lambda *_: torch.zeros(5), {"use": "reward"}, "5 entries for 2 actions"),
    ],
)
def test_questions_that_cannot_be_asked(penalty, options, words):
    with pytest.raises(InputError, match=words):
        check_penalty(penalty, **options)
