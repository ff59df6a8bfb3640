import math

import pytest
import torch
from torch import nn
from torch.distributions import Bernoulli, Categorical, Independent, LogNormal, Normal

from kullback._core import InputError
from kullback.nn import TrustRegionStep, categorical_policy_kl, gaussian_policy_kl, trust_region_step
from kullback.nn.policies._solve import conjugate_gradient


class Problem:
    """A network, states, drawn actions and their advantages."""

    def __init__(self, seed=0, outputs=4, inner=None):
        torch.manual_seed(seed)
        self.net = nn.Sequential(nn.Linear(5, 16), *([inner] if inner else []), nn.Tanh(), nn.Linear(16, outputs))
        self.states, self.actions = torch.randn(60, 5), torch.randint(outputs, (60, 1))
        self.advantages = torch.randn(60)
        self.old = self.logp().detach()

    def logp(self):
        return self.net(self.states).log_softmax(-1).gather(-1, self.actions)[:, 0]

    def surrogate(self):
        return ((self.logp() - self.old).exp() * self.advantages).mean()

    def policy(self):
        return self.net(self.states)

    def step(self, **options):
        return trust_region_step(self.net, self.surrogate, self.policy, **options)

    def values(self):
        return [one.detach().clone() for one in self.net.state_dict().values()]


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("delta", [1e-6, 0.01, 0.5])
@pytest.mark.parametrize("seed", range(4))
def test_the_limit_is_exact_and_the_surrogate_improves(delta, seed):
    problem = Problem(seed)
    old, before = problem.policy().detach(), problem.surrogate().item()
    step = problem.step(delta=delta)
    reached = categorical_policy_kl(old.double(), problem.policy().detach().double()).mean().item()
    assert step.accepted
    assert reached <= delta * (1 + 1e-5)
    assert step.divergence <= delta
    assert step.divergence == pytest.approx(reached, rel=1e-4)
    assert problem.surrogate().item() - before == pytest.approx(step.improvement, abs=1e-6)
    assert step.improvement > 0


def test_the_full_quadratic_step_breaks_the_limit():
    # The parabola of D([.6, .4] ‖ .) says .0197 where the new law is [.5, .5]; the exact figure is .0201355.
    delta = 0.5 * 0.24 * math.log(1.5) ** 2
    logits = torch.tensor([0.6, 0.4], dtype=torch.float64).log().requires_grad_()
    step = trust_region_step([logits], lambda: logits.softmax(-1)[1], lambda: logits, delta=delta, damping=0.0)
    assert step.full_divergence == pytest.approx(0.0201355, abs=1e-7)
    assert step.full_divergence > delta
    assert step.accepted
    assert 0.97 * delta < step.divergence <= delta
    assert step.fraction < 1


def test_the_direction_is_the_natural_gradient_and_damping_does_not_shorten():
    torch.manual_seed(0)
    logits, gain = torch.randn(6, dtype=torch.float64), torch.randn(6, dtype=torch.float64)
    p = logits.softmax(-1)
    fisher = torch.diag(p) - torch.outer(p, p)
    slope = p * (gain - p @ gain)
    natural = torch.linalg.pinv(fisher) @ slope
    for damping in (0.0, 1e-9, 10.0):
        moved = logits.clone().requires_grad_()
        step = trust_region_step(
            [moved], lambda m=moved: m.softmax(-1) @ gain, lambda m=moved: m, delta=1e-4, damping=damping
        )
        direction = (moved.detach() - logits) / step.fraction
        # In the solve damping turns the direction; the length is that of the limit in any case.
        assert 0.5 * (direction @ fisher @ direction).item() == pytest.approx(1e-4, rel=1e-6)
        if damping < 1e-6:
            assert torch.allclose(direction / direction.norm(), natural / natural.norm(), atol=1e-6)


def test_the_divergence_is_from_the_old_policy_to_the_new():
    torch.manual_seed(1)
    logits = (3 * torch.randn(8, dtype=torch.float64)).requires_grad_()
    old, gain = logits.detach().clone(), torch.randn(8, dtype=torch.float64)
    step = trust_region_step([logits], lambda: logits.softmax(-1) @ gain, lambda: logits, delta=0.3)
    forward, reverse = (
        categorical_policy_kl(*pair).item() for pair in ((old, logits.detach()), (logits.detach(), old))
    )
    assert step.divergence == pytest.approx(forward, rel=1e-12)
    assert abs(forward / reverse - 1) > 0.05


def gaussian_policies():
    torch.manual_seed(3)
    mean = nn.Linear(3, 2)
    log_std = nn.Parameter(torch.zeros(2))
    states = torch.randn(40, 3)
    return {
        "pair": lambda: (mean(states), log_std),
        "independent": lambda: Independent(Normal(mean(states), log_std.exp()), 1),
    }, [*mean.parameters(), log_std]


@pytest.mark.parametrize("kind", ["pair", "independent"])
def test_gaussian_policies(kind):
    policies, parameters = gaussian_policies()
    policy = policies[kind]
    old = [one.detach().clone() for one in policies["pair"]()]
    actions, advantages = torch.randn(40, 2), torch.randn(40)
    start = policies["independent"]().log_prob(actions).detach()

    def surrogate():
        return ((policies["independent"]().log_prob(actions) - start).exp() * advantages).mean()

    step = trust_region_step(parameters, surrogate, policy, delta=0.05)
    new = [one.detach() for one in policies["pair"]()]
    assert step.accepted
    assert gaussian_policy_kl(*old, *new).mean().item() == pytest.approx(step.divergence, rel=1e-4)


@pytest.mark.parametrize(
    "law",
    [
        lambda x: Categorical(logits=x),
        lambda x: Categorical(probs=x.softmax(-1)),
        lambda x: Independent(Bernoulli(logits=x), 1),
        lambda x: Normal(x[:, 0], x[:, 1].exp()),
        lambda x: Independent(LogNormal(x, x.exp()), 1),
    ],
)
def test_distributions_of_torch(law):
    torch.manual_seed(0)
    net, states = nn.Linear(3, 4), torch.randn(30, 3)
    step = trust_region_step(net, lambda: torch.mean(net(states)[:, 0]), lambda: law(net(states)), delta=0.02)
    assert step.accepted
    assert 0.01 < step.divergence <= 0.02


def test_masked_states_do_not_count():
    problem = Problem()
    mask = torch.arange(60) < 30
    old = problem.policy().detach()
    step = problem.step(mask=mask)
    values = categorical_policy_kl(old, problem.policy().detach())
    assert step.divergence == pytest.approx(values[mask].mean().item(), rel=1e-4)


def test_masked_actions_stay_masked():
    problem = Problem()
    lost = torch.zeros(60, 4).masked_fill(torch.rand(60, 4) < 0.3, -math.inf)
    lost[torch.arange(60), problem.actions[:, 0]] = 0.0
    step = trust_region_step(problem.net, problem.surrogate, lambda: problem.policy() + lost)
    assert step.accepted
    assert step.divergence <= 0.01


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_surrogate_that_is_no_number_restores_everything(bad):
    problem = Problem(inner=nn.BatchNorm1d(16))
    problem.old = problem.logp().detach()
    before, calls = problem.values(), []

    def surrogate():
        calls.append(1)
        return problem.surrogate() if len(calls) == 1 else problem.surrogate() * bad

    step = trust_region_step(problem.net, surrogate, problem.policy, backtracks=3)
    assert not step.accepted
    assert len(calls) == 5
    assert "after 4 trials" in step.reason
    assert same(before, problem.values())
    assert not trust_region_step(problem.net, lambda: problem.surrogate() * bad, problem.policy).accepted
    assert same(before, problem.values())


@pytest.mark.parametrize(
    ("which", "fails_at"), [("surrogate", 1), ("surrogate", 2), ("policy", 1), ("policy", 2), ("policy", 3)]
)
def test_whatever_a_closure_raises_comes_through_after_restoring(which, fails_at):
    problem = Problem(inner=nn.BatchNorm1d(16))
    before, calls = problem.values(), []

    def failing(function):
        def call():
            calls.append(1)
            if len(calls) == fails_at:
                raise KeyboardInterrupt
            return function()

        return call

    closures = {"surrogate": problem.surrogate, "policy": problem.policy}
    closures[which] = failing(closures[which])
    with pytest.raises(KeyboardInterrupt):
        trust_region_step(problem.net, closures["surrogate"], closures["policy"])
    assert same(before, problem.values())


def test_buffers_and_grad_fields_are_left_alone():
    problem = Problem(inner=nn.BatchNorm1d(16))
    buffers = [one.clone() for one in problem.net.buffers()]
    weights = [one.detach().clone() for one in problem.net.parameters()]
    assert problem.step().accepted
    assert same(buffers, list(problem.net.buffers()))
    assert not same(weights, [one.detach() for one in problem.net.parameters()])
    assert all(one.grad is None for one in problem.net.parameters())
    guarded = problem.net[1]
    trust_region_step(problem.net.parameters(), problem.surrogate, problem.policy, buffers=guarded.buffers())
    assert same(buffers, list(problem.net.buffers()))


def test_at_a_maximum_nothing_moves():
    logits = torch.zeros(3, requires_grad=True)
    step = trust_region_step([logits], lambda: torch.sum(logits * 0), lambda: logits)
    assert not step.accepted
    assert "gradient of the surrogate is zero" in step.reason
    assert not bool(logits.any())


def test_a_surrogate_that_cannot_rise_inside_the_limit():
    # Its slope points up, but everywhere but at the start it is lower.
    logits = torch.zeros(3, requires_grad=True)
    kept = logits.detach().clone()

    def surrogate():
        return logits[0] if torch.equal(logits.detach(), kept) else logits[0] - 1e3

    step = trust_region_step([logits], surrogate, lambda: logits, backtracks=4)
    assert not step.accepted
    assert "the surrogate still changes by -" in step.reason
    assert torch.equal(logits.detach(), kept)
    assert "Not accepted" in str(step)


def test_parameters_that_move_nothing_but_the_surrogate():
    logits, other = torch.zeros(3, requires_grad=True), torch.zeros(2, requires_grad=True)
    step = trust_region_step([logits, other], lambda: torch.sum(other), lambda: logits)
    assert not step.accepted
    assert "no curvature" in step.reason


def test_shared_parameters_count_once_and_frozen_ones_stay():
    problem = Problem()
    problem.net[0].weight.requires_grad_(False)  # noqa: FBT003 - torch's own signature
    frozen = problem.net[0].weight.clone()
    parameters = [*problem.net[2].parameters(), *problem.net[2].parameters()]
    assert trust_region_step(parameters, problem.surrogate, problem.policy).accepted
    assert problem.step().accepted
    assert torch.equal(frozen, problem.net[0].weight)


def test_double_precision_stays_double():
    problem = Problem()
    problem.net.double()
    problem.states, problem.advantages = problem.states.double(), problem.advantages.double()
    problem.old = problem.logp().detach()
    assert problem.step(delta=1e-10, iterations=40, damping=1e-6).divergence == pytest.approx(1e-10, rel=0.05)


@pytest.mark.parametrize("delta", [0.01, 0.1])
def test_half_precision_policies_keep_the_limit(delta):
    problem = Problem()
    old = problem.policy().detach().bfloat16()
    step = trust_region_step(problem.net, problem.surrogate, lambda: problem.policy().bfloat16(), delta=delta)
    assert step.accepted
    assert categorical_policy_kl(old.double(), problem.policy().detach().bfloat16().double()).mean().item() <= delta


def test_it_works_where_gradients_are_switched_off():
    with torch.no_grad():
        assert Problem().step().accepted


def test_it_prints_divergence_and_limit():
    step = Problem().step()
    assert isinstance(step, TrustRegionStep)
    assert "D(old‖new) = " in str(step)
    assert "limit 0.01" in str(step)


class Once(torch.autograd.Function):
    """The identity, differentiable once only."""

    @staticmethod
    def forward(_, x):
        return x.clone()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(_, gradient):
        return gradient.clone()


class Cut(Once):
    """The identity, whose gradient has no graph."""

    @staticmethod
    def backward(_, gradient):
        return gradient.detach()


@pytest.mark.parametrize(
    ("surrogate", "policy", "words"),
    [
        (None, lambda p: p.policy().detach(), r"policy\(\) does not depend on the parameters"),
        (lambda p: p.surrogate().detach(), None, r"surrogate\(\) does not depend on the parameters"),
        (lambda _: torch.ones(3, requires_grad=True).sum(), None, r"surrogate\(\) does not depend"),
        (lambda p: p.logp(), None, r"surrogate\(\) returned \(60,\)"),
        (lambda _: 1.0, None, r"surrogate\(\) returned float"),
        (None, lambda p: torch.dropout(p.policy(), 0.5, True), "two laws at the same parameters"),  # noqa: FBT003
        (None, lambda _: "logits", r"policy\(\) returned a str"),
        (None, lambda p: Normal(p.policy(), 1.0), "Independent"),
        (None, lambda p: p.policy()[:0], "no state"),
        (None, lambda p: p.policy() * math.nan, "NaN"),
    ],
)
def test_closures_that_cannot_be_used(surrogate, policy, words):
    problem = Problem()
    before = problem.values()
    with pytest.raises(InputError, match=words):
        trust_region_step(
            problem.net,
            (lambda: surrogate(problem)) if surrogate else problem.surrogate,
            (lambda: policy(problem)) if policy else problem.policy,
        )
    assert same(before, problem.values())


def test_a_law_that_is_differentiable_once_is_refused_with_the_reason():
    problem = Problem()
    step = trust_region_step(problem.net, problem.surrogate, lambda: Once.apply(problem.policy()))
    assert not step.accepted
    assert "differentiated twice" in step.reason
    layer, states = nn.Linear(3, 2), torch.randn(9, 3)
    with pytest.raises(InputError, match="cannot be differentiated twice"):
        trust_region_step(layer, lambda: torch.mean(layer(states)[:, 0]), lambda: Cut.apply(layer(states)))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"delta": 0.0}, "delta is 0.0"),
        ({"delta": math.inf}, "delta is inf"),
        ({"damping": -1.0}, "damping is -1.0"),
        ({"iterations": 0}, "iterations is 0"),
        ({"backtracks": 1.5}, "backtracks is 1.5"),
        ({"mask": torch.ones(3, dtype=torch.bool)}, "one for each state"),
        ({"mask": torch.zeros(60, dtype=torch.bool)}, "mask leaves no state"),
    ],
)
def test_options_that_cannot_be_used(options, words):
    with pytest.raises(InputError, match=words):
        Problem().step(**options)


@pytest.mark.parametrize("parameters", [[], [torch.zeros(3)], [torch.zeros(3, dtype=torch.int64)], ["weight"]])
def test_parameters_that_cannot_move(parameters):
    with pytest.raises(InputError, match="parameters hold"):
        trust_region_step(parameters, lambda: torch.zeros(()), lambda: torch.zeros(3))


def test_conjugate_gradient_solves():
    torch.manual_seed(0)
    root = torch.randn(12, 12, dtype=torch.float64)
    matrix, right = root @ root.T + torch.eye(12, dtype=torch.float64), torch.randn(12, dtype=torch.float64)
    found = conjugate_gradient(lambda v: matrix @ v, right, iterations=40)
    assert torch.allclose(found.direction, torch.linalg.solve(matrix, right), rtol=1e-8)
    assert found.iterations <= 16
    assert found.residual < 1e-9


def test_conjugate_gradient_stops_where_curvature_is_not_positive():
    right = torch.ones(3, dtype=torch.float64)
    found = conjugate_gradient(lambda v: -v, right, iterations=10)
    assert (found.iterations, bool(found.direction.any())) == (1, False)
