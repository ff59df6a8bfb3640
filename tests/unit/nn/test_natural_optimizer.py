import copy

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from scipy.special import expit

import kullback as kl
from kullback.nn import NaturalGradient
from kullback.nn.natural._products import FisherProducts, conjugate_gradients

FLOAT = torch.float64


def data(rows=60, inputs=4, outputs=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(rows, inputs, generator=generator, dtype=FLOAT)
    return x, torch.randint(outputs, (rows,), generator=generator), generator


def zeros(inputs, outputs, *, bias=True):
    model = torch.nn.Linear(inputs, outputs, bias=bias).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    return model


def network(seed=0):
    generator = torch.Generator().manual_seed(seed)
    model = torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.Tanh(), torch.nn.Linear(6, 3)).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(0.5 * torch.randn(parameter.shape, generator=generator, dtype=FLOAT))
    return model


def classify(model, x, y):
    def closure():
        outputs = model(x)
        return torch.nn.functional.cross_entropy(outputs, y), outputs

    return closure


def decide(model, x, y):
    def closure():
        outputs = model(x)
        return torch.nn.functional.binary_cross_entropy_with_logits(outputs, y), outputs

    return closure


@pytest.mark.parametrize("solver", ["cholesky", "cg"])
def test_least_squares_in_one_step(solver):
    x, _, generator = data()
    y = torch.randn(60, 2, generator=generator, dtype=FLOAT)
    model = zeros(4, 2)

    def closure():
        outputs = model(x)
        return 0.5 * (outputs - y).square().sum(-1).mean(), outputs

    NaturalGradient(model.parameters(), likelihood="gaussian", solver=solver).step(closure)
    truth = np.linalg.lstsq(np.c_[x, np.ones(60)], y.numpy(), rcond=None)[0]
    found = torch.cat([model.weight.T, model.bias[None]]).detach().numpy()
    np.testing.assert_allclose(found, truth, rtol=1e-7, atol=1e-9)


def test_fisher_scoring_is_iteratively_reweighted_least_squares():
    x, y, _ = data(outputs=2)
    model, weights, labels = zeros(4, 1, bias=False), np.zeros(4), y.double().numpy()
    optimizer = NaturalGradient(model.parameters(), likelihood="bernoulli")
    for _ in range(4):
        optimizer.step(decide(model, x, y[:, None].double()))
        chance = expit(x.numpy() @ weights)
        spread = chance * (1 - chance)
        working = x.numpy() @ weights + (labels - chance) / spread
        weights = np.linalg.solve(x.numpy().T @ (spread[:, None] * x.numpy()), x.numpy().T @ (spread * working))
        np.testing.assert_allclose(model.weight.detach().numpy()[0], weights, rtol=1e-10)
    found = minimize(lambda w: np.logaddexp(0, x.numpy() @ w).sum() - labels @ (x.numpy() @ w), np.zeros(4), tol=1e-12)
    np.testing.assert_allclose(weights, found.x, rtol=1e-4)


def test_softmax_regression_reaches_the_optimum_of_scikit_learn(require):
    linear_model = require("sklearn.linear_model")
    x, y, _ = data()
    model = zeros(4, 3)
    optimizer = NaturalGradient(model.parameters())
    for _ in range(8):
        optimizer.step(classify(model, x, y))
    peer = linear_model.LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(x.numpy(), y.numpy())
    np.testing.assert_allclose(model(x).softmax(-1).detach().numpy(), peer.predict_proba(x.numpy()), atol=1e-5)


def test_path_does_not_depend_on_the_parametrization():
    x, y, generator = data(outputs=2)
    change = torch.randn(4, 4, generator=generator, dtype=FLOAT)
    straight, bent = zeros(4, 1), zeros(4, 1)
    labels = y[:, None].double()
    ways = [NaturalGradient(model.parameters(), lr=0.5, likelihood="bernoulli") for model in (straight, bent)]
    plain = [copy.deepcopy(straight), copy.deepcopy(bent)]
    steep = [torch.optim.SGD(model.parameters(), lr=0.5) for model in plain]
    for _ in range(3):
        for model, way, inputs in zip((straight, bent), ways, (x, x @ change), strict=True):
            way.step(decide(model, inputs, labels))
        for model, way, inputs in zip(plain, steep, (x, x @ change), strict=True):
            way.zero_grad()
            decide(model, inputs, labels)()[0].backward()
            way.step()
    torch.testing.assert_close(straight(x), bent(x @ change), rtol=1e-9, atol=1e-9)
    assert (plain[0](x) - plain[1](x @ change)).abs().max() > 0.05


def test_few_steps_where_gradient_descent_needs_thousands():
    x, y, _ = data(outputs=2)
    x = x * torch.tensor([1.0, 30.0, 0.1, 3.0], dtype=FLOAT)
    labels, natural, plain = y[:, None].double(), zeros(4, 1), zeros(4, 1)
    optimizer = NaturalGradient(natural.parameters(), likelihood="bernoulli")
    for _ in range(6):
        optimizer.step(decide(natural, x, labels))
    best = decide(natural, x, labels)()[0].item()
    descent = torch.optim.SGD(plain.parameters(), lr=4.0 / 900)  # the largest stable step, about 8 / max x²
    for _ in range(2000):
        descent.zero_grad()
        decide(plain, x, labels)()[0].backward()
        descent.step()
    assert decide(plain, x, labels)()[0].item() > best + 1e-5
    slope = torch.autograd.grad(decide(natural, x, labels)()[0], natural.weight)[0]
    assert slope.abs().max() < 1e-9


@pytest.mark.parametrize("likelihood", ["categorical", "bernoulli", "gaussian"])
def test_matrix_and_products_are_jacobian_curvature_jacobian(likelihood):
    x, _, generator = data(rows=7)
    model = network()
    outputs = model(x)
    rows = [
        torch.cat([one.reshape(-1) for one in torch.autograd.grad(out, list(model.parameters()), retain_graph=True)])
        for out in outputs.reshape(-1)
    ]
    jacobian = torch.stack(rows).reshape(7, 3, -1)
    shares, chance = outputs.detach().softmax(-1), outputs.detach().sigmoid()
    curvature = {
        "categorical": torch.diag_embed(shares) - shares[:, :, None] * shares[:, None],
        "bernoulli": torch.diag_embed(chance * (1 - chance)),
        "gaussian": torch.eye(3, dtype=FLOAT).expand(7, 3, 3),
    }[likelihood]
    truth = torch.einsum("nck,ncd,ndl->kl", jacobian, curvature, jacobian) / 7
    products = FisherProducts(outputs, list(model.parameters()), likelihood)
    vector = torch.randn(products.size, generator=generator, dtype=FLOAT)
    torch.testing.assert_close(products(vector), truth @ vector)
    torch.testing.assert_close(products.dense(), truth)


class Unbatched(torch.autograd.Function):
    """A tanh that torch cannot batch, but differentiate twice."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.tanh(x)

    @staticmethod
    def backward(ctx, slope):
        (x,) = ctx.saved_tensors
        assert float(slope.detach().sum()) < float("inf")  # looks at a value
        return slope * (1 - torch.tanh(x).square())


def test_operations_that_cannot_be_batched_go_column_by_column():
    x, _, _ = data(rows=5)
    model = network()
    plain = FisherProducts(model(x), list(model.parameters()), "categorical").dense()
    outputs = model[2](Unbatched.apply(model[0](x)))
    torch.testing.assert_close(FisherProducts(outputs, list(model.parameters()), "categorical").dense(), plain)


def test_conjugate_gradients_solve_and_leave_flat_directions():
    generator = torch.Generator().manual_seed(0)
    factor = torch.randn(6, 3, generator=generator, dtype=FLOAT)
    matrix = factor @ factor.T
    vector = matrix @ torch.randn(6, generator=generator, dtype=FLOAT)
    found = conjugate_gradients(lambda way: matrix @ way, vector, iterations=50, tolerance=1e-12)
    torch.testing.assert_close(found, torch.linalg.pinv(matrix, hermitian=True, rtol=1e-10) @ vector)


def test_both_solvers_go_the_same_way():
    x, y, _ = data()
    models = [network(), network()]
    for model, solver in zip(models, ("cholesky", "cg"), strict=True):
        NaturalGradient(model.parameters(), damping=1e-2, solver=solver, lr=0.3).step(classify(model, x, y))
    for one, two in zip(models[0].parameters(), models[1].parameters(), strict=True):
        torch.testing.assert_close(one, two, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("max_kl", [1e-4, 0.01, 0.1])
def test_steps_stay_within_the_exact_divergence(max_kl):
    x, y, _ = data()
    model = network()
    optimizer = NaturalGradient(model.parameters(), damping=1e-3, max_kl=max_kl, lr=100.0)
    for _ in range(5):
        old = model(x).detach()
        optimizer.step(classify(model, x, y))
        laws = [kl.families.Categorical(logits=logits) for logits in (old, model(x).detach())]
        truth = float(kl.divergence(*laws).mean())
        assert truth <= max_kl
        assert optimizer.last.divergence == pytest.approx(truth, rel=1e-9)


def test_the_quadratic_step_alone_can_exceed_the_limit():
    x, y, _ = data()
    exceeded = []
    for seed in range(10):
        model = network(seed)
        optimizer = NaturalGradient(model.parameters(), damping=1e-3, max_kl=0.1, lr=100.0)
        optimizer.step(classify(model, x, y))
        exceeded.append(optimizer.last.expected < 0.099)  # shortened at least once
    assert any(exceeded)


def test_damping_is_no_part_of_the_length():
    x, y, _ = data()
    model = network()
    optimizer = NaturalGradient(model.parameters(), damping=10.0, max_kl=1e-6, lr=1e9)
    optimizer.step(classify(model, x, y))
    assert 0.8e-6 < optimizer.last.divergence <= 1e-6


def test_failures_leave_the_parameters_alone():
    x, y, _ = data()
    model, calls = network(), []
    before = copy.deepcopy(model.state_dict())

    def noisy():
        outputs = model(x) + 100.0 * len(calls) * torch.randn(
            60, 3, generator=torch.Generator().manual_seed(len(calls))
        )
        calls.append(1)
        return torch.nn.functional.cross_entropy(outputs, y), outputs

    def failing():
        if calls.pop():
            raise KeyboardInterrupt
        return classify(model, x, y)()

    optimizer = NaturalGradient(model.parameters(), max_kl=0.01, damping=1e-3)
    with pytest.raises(kl.InputError, match=r"no step is within max_kl=0\.01"):
        optimizer.step(noisy)
    calls[:] = [1, 0]
    with pytest.raises(KeyboardInterrupt):
        optimizer.step(failing)
    bad = x.clone()
    bad[0, 0] = torch.nan
    with pytest.raises(kl.InputError, match="loss is nan"):
        optimizer.step(classify(model, bad, y))
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_frozen_and_unused_parameters_stay():
    x, y, _ = data()
    model = network()
    model.add_module("unused", torch.nn.Linear(2, 2).double())
    model[0].weight.requires_grad_(requires_grad=False)
    before = copy.deepcopy(model.state_dict())
    NaturalGradient(model.parameters(), damping=1e-3).step(classify(model[:3], x, y))
    changed = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {"0.bias", "2.weight", "2.bias"}


def test_masked_classes_and_float32():
    x, y, _ = data()
    model = network().float()
    closed = torch.tensor([0.0, 0.0, -torch.inf])

    def closure():
        outputs = model(x.float()) + closed
        return torch.nn.functional.cross_entropy(outputs, y % 2), outputs

    optimizer = NaturalGradient(model.parameters(), damping=1e-3, max_kl=0.1)
    losses = [optimizer.step(closure).item() for _ in range(5)]
    assert losses[-1] < 0.7 * losses[0]
    assert all(torch.isfinite(parameter).all() for parameter in model.parameters())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_singular_matrices_in_low_precision(dtype):
    """The rounding of derivatives must not pass for curvature."""
    x, y, _ = data()
    model, fine = zeros(4, 3).to(dtype), zeros(4, 3)
    for net, inputs in ((model, x.to(dtype)), (fine, x)):
        NaturalGradient(net.parameters(), lr=0.5).step(classify(net, inputs, y))
    tolerance = 1e-4 if dtype == torch.float32 else 0.1
    torch.testing.assert_close(model.weight.double(), fine.weight, rtol=tolerance, atol=tolerance)


def test_prints_its_step():
    x, y, _ = data()
    model = network()
    optimizer = NaturalGradient(model.parameters(), damping=1e-3, max_kl=0.01)
    assert optimizer.last is None
    optimizer.step(classify(model, x, y))
    assert "by cholesky: D(old‖new) = " in str(optimizer.last)
    assert str(optimizer.last).endswith("nats")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": 0.0}, "lr=0.0"),
        ({"damping": -1.0}, "damping=-1.0"),
        ({"max_kl": float("inf")}, "max_kl=inf"),
        ({"likelihood": "poisson"}, "likelihood='poisson'"),
        ({"solver": "lu"}, "solver='lu'"),
    ],
)
def test_options_that_cannot_be_used(options, message):
    with pytest.raises(kl.InputError, match=message):
        NaturalGradient(network().parameters(), **options)


def test_two_groups_are_refused():
    model = network()
    with pytest.raises(kl.InputError, match="second group"):
        NaturalGradient([{"params": model[0].parameters()}, {"params": model[2].parameters()}])


def test_closures_that_cannot_be_used():
    x, y, _ = data()
    model = network()
    optimizer = NaturalGradient(model.parameters())
    with pytest.raises(kl.InputError, match="without a closure"):
        optimizer.step()
    with pytest.raises(kl.InputError, match="must return"):
        optimizer.step(lambda: classify(model, x, y)()[0])
    with pytest.raises(kl.InputError, match="with their graph"):
        optimizer.step(lambda: tuple(one.detach() for one in classify(model, x, y)()))
