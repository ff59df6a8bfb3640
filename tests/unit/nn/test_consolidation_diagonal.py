import copy

import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

import kullback as kl
from kullback.nn import fisher_diagonal
from kullback.nn.consolidation import _squares

LIKELIHOODS = ("categorical", "bernoulli", "gaussian")
KINDS = ("exact", "monte_carlo", "empirical")


def setting(seed=0, examples=32, classes=4):
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = torch.nn.Sequential(torch.nn.Linear(5, 6), torch.nn.Tanh(), torch.nn.Linear(6, classes)).double()
    x = torch.randn(examples, 5, generator=generator, dtype=torch.float64)
    return model, x, torch.randint(classes, (examples,), generator=generator)


def by_hand(model, x, likelihood):
    """Jᵀ H J example by example, its diagonal."""
    names = [name for name, value in model.named_parameters() if value.requires_grad]
    sums = dict.fromkeys(names, 0.0)
    for one in x:
        outputs = model(one[None])[0]
        chance, shares = outputs.detach().sigmoid(), outputs.detach().softmax(-1)
        curvature = {
            "categorical": torch.diag(shares) - torch.outer(shares, shares),
            "bernoulli": torch.diag(chance * (1 - chance)),
            "gaussian": torch.eye(len(outputs), dtype=outputs.dtype),
        }[likelihood]
        for name in names:
            rows = [torch.autograd.grad(out, model.get_parameter(name), retain_graph=True)[0] for out in outputs]
            jacobian = torch.stack(rows)
            sums[name] = sums[name] + torch.einsum("c...,cd,d...->...", jacobian, curvature, jacobian) / len(x)
    return sums


def squared_batch_mean(model, batches):
    """What many implementations do: the square of the gradient of a batch's mean loss."""
    sums, count = {}, 0
    for x, y in batches:
        loss = torch.nn.functional.cross_entropy(model(x), y)
        slopes = torch.autograd.grad(loss, list(model.parameters()))
        for (name, _), slope in zip(model.named_parameters(), slopes, strict=True):
            sums[name] = sums.get(name, 0.0) + slope.square()
        count += 1
    return {name: value / count for name, value in sums.items()}


def flat(values):
    return torch.cat([values[name].reshape(-1) for name in sorted(values)])


def same(one, two, tolerance):
    torch.testing.assert_close(flat(one), flat(two), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_exact_is_jacobian_curvature_jacobian(likelihood):
    model, x, _ = setting()
    same(fisher_diagonal(model, x, likelihood=likelihood).values, by_hand(model, x, likelihood), 1e-12)


def test_exact_is_the_expected_squared_gradient():
    model, x, _ = setting(examples=5)
    expected = 0.0
    for one in x:
        log_shares = model(one[None])[0].log_softmax(-1)
        for log_share in log_shares:
            slope = torch.autograd.grad(log_share, list(model.parameters()), retain_graph=True)
            expected = (
                expected + log_share.detach().exp() * torch.cat([part.reshape(-1) for part in slope]).square() / 5
            )
    found = fisher_diagonal(model, x).values
    mine = torch.cat([found[name].reshape(-1) for name, _ in model.named_parameters()])
    torch.testing.assert_close(mine, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_does_not_depend_on_the_batch_size(kind, likelihood):
    model, x, y = setting()
    labels = y if likelihood == "categorical" else torch.nn.functional.one_hot(y, 4).double()
    found = [
        fisher_diagonal(
            model, DataLoader(TensorDataset(x, labels), batch_size=size), kind=kind, likelihood=likelihood, rng=3
        )
        for size in (1, 7, 32)
    ]
    same(found[0].values, found[2].values, 1e-10)
    same(found[1].values, found[2].values, 1e-10)
    assert {one.count for one in found} == {32}


def test_float32_does_not_depend_on_the_batch_size():
    model, x, _ = setting()
    model, x = model.float(), x.float()
    found = [fisher_diagonal(model, list(x.split(size))) for size in (1, 7, 32)]
    same(found[0].values, found[2].values, 1e-6)
    same(found[1].values, found[2].values, 1e-6)


def test_squared_batch_means_are_far_too_small_and_of_another_pattern():
    """The commonest bug of EWC: sums to a few percent at 32 examples a batch."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2048, 20, generator=generator, dtype=torch.float64)
    model = torch.nn.Linear(20, 10).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(0.3 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
    y = torch.distributions.Categorical(logits=model(x).detach())
    with torch.random.fork_rng():
        torch.manual_seed(0)
        labels = y.sample()
    truth = flat(fisher_diagonal(model, x).values)
    naive = flat(squared_batch_mean(model, zip(x.split(32), labels.split(32), strict=True)))
    assert 0.02 < naive.sum() / truth.sum() < 0.05
    assert torch.corrcoef(torch.stack([naive, truth]))[0, 1] < 0.9
    ours = flat(fisher_diagonal(model, list(zip(x.split(32), labels.split(32), strict=True)), kind="empirical").values)
    assert ours.sum() / truth.sum() == pytest.approx(1.0, rel=0.05)


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_monte_carlo_comes_near_the_exact(likelihood):
    model, x, _ = setting()
    exact = flat(fisher_diagonal(model, x, likelihood=likelihood).values)
    drawn = flat(fisher_diagonal(model, x, kind="monte_carlo", likelihood=likelihood, samples=4000, rng=1).values)
    # 128,000 labels: the standard error of an entry is about half a percent.
    torch.testing.assert_close(drawn, exact, rtol=0.04, atol=1e-6)


def test_empirical_is_true_only_where_the_model_made_the_labels():
    """Weights three times too confident: the empirical diagonal is several times too large and another pattern."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2000, 10, generator=generator, dtype=torch.float64)
    model = torch.nn.Linear(10, 5).double()
    with torch.no_grad():
        model.weight.copy_(0.7 * torch.randn(5, 10, generator=generator, dtype=torch.float64))
        labels = torch.multinomial(model(x).softmax(-1), 1, generator=generator).squeeze(-1)
    ratios, likeness = [], []
    for scale in (1.0, 3.0):
        wrong = copy.deepcopy(model)
        with torch.no_grad():
            wrong.weight.mul_(scale)
        exact = flat(fisher_diagonal(wrong, x).values)
        empirical = flat(fisher_diagonal(wrong, [(x, labels)], kind="empirical").values)
        ratios.append(float(empirical.sum() / exact.sum()))
        likeness.append(float(torch.corrcoef(torch.stack([empirical, exact]))[0, 1]))
    assert ratios[0] == pytest.approx(1.0, abs=0.1)
    assert ratios[1] > 2.0
    assert likeness[1] < likeness[0]


def test_same_seed_same_draw():
    model, x, _ = setting()
    one, two, other = (fisher_diagonal(model, x, kind="monte_carlo", rng=rng) for rng in (1, 1, 2))
    assert torch.equal(flat(one.values), flat(two.values))
    assert not torch.equal(flat(one.values), flat(other.values))
    state = torch.get_rng_state()
    fisher_diagonal(model, x, kind="monte_carlo")
    assert torch.equal(state, torch.get_rng_state())


def test_the_model_stays_as_it_was():
    model, x, _ = setting()
    model[0].train(mode=False)
    model(x).sum().backward()
    before = {name: (value.clone(), value.grad.clone()) for name, value in model.named_parameters()}
    fisher_diagonal(model, x)
    assert [layer.training for layer in model] == [False, True, True]
    for name, value in model.named_parameters():
        assert torch.equal(value, before[name][0])
        assert torch.equal(value.grad, before[name][1])


def test_frozen_parameters_and_buffers_are_left_out():
    model, x, _ = setting()
    model[0].weight.requires_grad_(requires_grad=False)
    model.register_buffer("extra", torch.zeros(3))
    found = fisher_diagonal(model, x)
    assert set(found.values) == {"0.bias", "2.weight", "2.bias"}
    same(found.values, by_hand(model, x, "categorical"), 1e-12)


@pytest.mark.parametrize("layer", [torch.nn.BatchNorm1d(6), torch.nn.Dropout(0.5), torch.nn.RReLU()])
def test_layers_that_mix_examples_or_draw_need_eval(layer):
    model, x, _ = setting()
    model = torch.nn.Sequential(model[0], copy.deepcopy(layer).double(), model[2])
    with pytest.raises(kl.InputError, match=r"layer '1'.*training mode.*model\.eval\(\)"):
        fisher_diagonal(model, x)
    model.eval()
    same(fisher_diagonal(model, x).values, by_hand(model, x, "categorical"), 1e-10)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (torch.nn.BatchNorm1d(6, track_running_stats=False).eval(), "track_running_stats=True"),
        (torch.nn.InstanceNorm1d(6, track_running_stats=True), "changes its statistics"),
    ],
)
def test_other_layers_that_are_no_function_of_one_example(layer, message):
    model, x, _ = setting()
    with pytest.raises(kl.InputError, match=message):
        fisher_diagonal(torch.nn.Sequential(model[0], copy.deepcopy(layer).double(), model[2]), x)


class Drawing(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(5, 4).double()

    def forward(self, x):
        return torch.nn.functional.dropout(self.linear(x), 0.5)


def test_randomness_that_no_layer_shows_is_found():
    _, x, _ = setting()
    with pytest.raises(kl.InputError, match="draws at random"):
        fisher_diagonal(Drawing(), x)


class Branching(torch.nn.Module):
    """Decides by a value, which vmap cannot."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(x) if x.sum().item() > 0 else 2.0 * self.inner(x)


@pytest.mark.parametrize("kind", KINDS)
def test_models_that_cannot_be_batched_go_one_by_one(kind):
    model, x, y = setting()
    found = fisher_diagonal(Branching(model), [(x[:20], y[:20]), (x[20:], y[20:])], kind=kind, rng=1)
    assert "example by example" in found.notes[0]
    if kind == "exact":
        same(found.values, by_hand(Branching(model), x, "categorical"), 1e-12)
    one = [fisher_diagonal(Branching(model), [(a[None], b[None])], kind="empirical") for a, b in zip(x, y, strict=True)]
    if kind == "empirical":
        torch.testing.assert_close(flat(found.values), torch.stack([flat(each.values) for each in one]).mean(0))


def test_errors_of_the_model_itself_are_its_own():
    model, x, _ = setting()
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        fisher_diagonal(model, x[:, :3])


def test_memory_is_bounded_by_chunks(monkeypatch):
    model, x, _ = setting()
    whole = fisher_diagonal(model, x)
    monkeypatch.setattr(_squares, "_NUMBERS", 100)  # below one gradient: an example and a cotangent at a time
    same(whole.values, fisher_diagonal(model, x).values, 1e-12)


class Tokens(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = torch.nn.Embedding(7, 4)
        self.head = torch.nn.Linear(4, 7)
        self.double()

    def forward(self, x):
        return self.head(self.embed(x).cumsum(1))


def test_positions_of_an_example_are_one_law():
    generator = torch.Generator().manual_seed(0)
    model, x = Tokens(), torch.randint(7, (6, 3), generator=generator)
    exact = fisher_diagonal(model, x)
    parts = [fisher_diagonal(model, x, mask=lambda x, t=t: torch.arange(3).expand(x.shape) == t) for t in range(3)]
    torch.testing.assert_close(flat(exact.values), sum(flat(part.values) for part in parts))
    drawn = fisher_diagonal(model, x, kind="monte_carlo", samples=3000, rng=0)
    torch.testing.assert_close(flat(drawn.values), flat(exact.values), rtol=0.12, atol=1e-3)


def test_masked_positions_and_examples_do_not_count():
    generator = torch.Generator().manual_seed(0)
    model, x = Tokens(), torch.randint(7, (6, 3), generator=generator)
    padded = torch.cat([torch.cat([x, x[:, :2]], 1), torch.zeros(2, 5, dtype=torch.long)])
    kept = torch.zeros(8, 5, dtype=torch.bool)
    kept[:6, :3] = True
    labels = torch.where(kept, padded, -100)
    for kind in KINDS:
        plain = fisher_diagonal(model, [(x, x)], kind=kind)
        found = fisher_diagonal(model, [(padded, labels)], kind=kind, mask=lambda _: kept)
        assert found.count == plain.count == 6
        if kind != "monte_carlo":  # other positions draw other numbers
            same(found.values, plain.values, 1e-12)


def test_impossible_classes_and_far_logits_are_finite():
    model, x, _ = setting()

    class Masked(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = model

        def forward(self, x):
            return (1e3 * self.inner(x)).masked_fill(torch.tensor([False, True, False, False]), -torch.inf)

    for kind in ("exact", "monte_carlo"):
        found = fisher_diagonal(Masked(), x, kind=kind)
        assert torch.isfinite(flat(found.values)).all()
        assert (flat(found.values) >= 0).all()
        assert not found.values["inner.2.bias"][1]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_float32(dtype):
    model, x, _ = setting()
    half = copy.deepcopy(model).to(dtype)
    found = fisher_diagonal(half, x.to(dtype))
    truth = fisher_diagonal(copy.deepcopy(half).double(), x.to(dtype).double())
    assert found.values["0.weight"].dtype == torch.float32
    torch.testing.assert_close(flat(found.values).double(), flat(truth.values), rtol=1e-4, atol=1e-9)


def test_dictionaries_are_keyword_arguments():
    model, x, y = setting()

    class Named(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = model

        def forward(self, features):
            return type("Output", (), {"logits": self.inner(features)})()

    found = fisher_diagonal(Named(), [{"features": x, "labels": y}], kind="empirical")
    plain = fisher_diagonal(model, [(x, y)], kind="empirical")
    torch.testing.assert_close(flat(found.values), flat(plain.values))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "fisher"}, "kind='fisher'"),
        ({"likelihood": "poisson"}, "likelihood='poisson'"),
        ({"samples": 3}, "samples=3"),
        ({"samples": 0, "kind": "monte_carlo"}, "samples=0"),
        ({"rng": "seed", "kind": "monte_carlo"}, "rng is str"),
        ({"kind": "empirical"}, "no labels"),
        ({"mask": lambda x: x}, "mask gave"),
        ({"mask": lambda x: torch.zeros(len(x), dtype=torch.bool)}, "every position"),
    ],
)
def test_options_that_cannot_be_used(options, message):
    model, x, _ = setting()
    with pytest.raises(kl.InputError, match=message):
        fisher_diagonal(model, x, **options)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "no examples"),
        (3, "data is int"),
        (["text"], "batch of data is str"),
        ([(torch.zeros(3, 5), torch.zeros(2))], r"have \[2, 3\] examples"),
        ([torch.full((2, 5), torch.nan)], "NaN or infinity"),
    ],
)
def test_data_that_cannot_be_used(data, message):
    model, _, _ = setting()
    with pytest.raises(kl.InputError, match=message):
        fisher_diagonal(model, data)


def test_labels_that_cannot_be_used():
    model, x, y = setting()
    for labels, message in ((y + 4, "for 4 classes"), (y.double(), "class numbers"), (y[:, None], "labels of shape")):
        with pytest.raises(kl.InputError, match=message):
            fisher_diagonal(model, [(x, labels)], kind="empirical")


def test_models_that_cannot_be_used():
    _, x, _ = setting()
    with pytest.raises(kl.InputError, match="no parameter"):
        fisher_diagonal(torch.nn.Tanh(), x)
    flattened = torch.nn.Sequential(torch.nn.Linear(5, 1).double(), torch.nn.Flatten(0))
    with pytest.raises(kl.InputError, match=r"outputs of shape \(32,\)"):
        fisher_diagonal(flattened, x)
    with pytest.raises(kl.InputError, match="5000 outputs"):
        fisher_diagonal(torch.nn.Linear(5, 5000).double(), x[:2])


def test_prints_itself():
    model, x, _ = setting()
    assert repr(fisher_diagonal(model, x)).startswith("<Fisher diagonal (exact, categorical) of 64 parameters over 32")
