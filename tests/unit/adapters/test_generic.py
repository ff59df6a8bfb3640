"""The order of adapters, records that hold foreign objects, and objects that only have a log density."""

import subprocess
import sys
from math import exp, log

import numpy as np
import pytest
from scipy import stats

import kullback.families as f
from kullback._core import InputError
from kullback.adapters import _reading, register, to_law


class Triangle:
    """Density 2x on (0, 1), for one number at a time."""

    def log_prob(self, x):
        return log(2 * x) if x > 0 else -np.inf

    def support(self):
        return 0.0, 1.0


class Dice:
    low, high = 1, 6

    def pmf(self, x):
        return np.where((x >= 1) & (x <= 6), 1 / 6, 0.0)


class Sampler:
    def sample(self, shape):
        return np.zeros(shape)


class Endless:
    def log_prob(self, x):
        return -x


def test_records_pass_through():
    for law in (f.Normal(0, 1), f.Mixture([1.0], [f.Normal(0, 1)]), f.Product([f.Normal(0, 1)])):
        assert to_law(law) is law


def test_objects_inside_of_records_are_read():
    law = to_law(f.Mixture(np.array([0.3, 0.7]), [stats.norm(0, 1), f.Product([stats.norm(1, 2)])]))
    assert isinstance(law.components[0], f.Normal)
    assert isinstance(law.components[1].components[0], f.Normal)
    np.testing.assert_array_equal(law.weights, [0.3, 0.7])
    assert isinstance(to_law(f.Independent(stats.norm([0, 1], 1), 1)).base, f.Normal)


def test_a_log_density_and_a_support_are_enough():
    law = to_law(Triangle())
    np.testing.assert_allclose(f.log_prob(law, np.array([0.5, 0.25, 2.0])), [0.0, log(0.5), -np.inf])
    assert (law.kind, law.low, law.high) == ("interval", 0.0, 1.0)
    law = to_law(Dice())
    assert (law.kind, law.low, law.high) == ("lattice", 1.0, 6.0)
    assert exp(f.log_prob(law, np.array(3.0))) == pytest.approx(1 / 6)


def test_a_discrete_log_prob_says_so():
    class Coin(Triangle):
        is_discrete = True

    assert to_law(Coin()).kind == "lattice"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Sampler(), "kl.estimate"),
        (Endless(), r"support\(\)"),
        (3.0, "cannot read 'float' as a distribution"),
        (object(), "register an adapter"),
        ("normal(0, 1)", "kullback.adapters.parse"),
        (Triangle, "cannot read class"),
        (None, "NoneType"),
        ([0.5, 0.5], "cannot read 'list'"),
    ],
)
def test_what_cannot_be_read_says_what_to_do(value, words):
    with pytest.raises(InputError, match=words):
        to_law(value)


def test_what_was_registered_last_is_asked_first(monkeypatch):
    monkeypatch.setattr(_reading, "_REGISTERED", [])
    register(lambda value: isinstance(value, Triangle), lambda _: f.Beta(2, 1))
    register(lambda value: isinstance(value, Triangle), lambda _: f.PowerFunction(2))
    assert isinstance(to_law(Triangle()), f.PowerFunction)


def test_adapters_of_other_packages_are_asked_before_the_object(monkeypatch):
    adapters = (lambda _: None, lambda value: f.Beta(2, 1) if isinstance(value, Triangle) else None)
    monkeypatch.setattr(_reading, "_installed", lambda: adapters)
    assert isinstance(to_law(Triangle()), f.Beta)
    with pytest.raises(InputError):
        to_law(object())


def test_no_library_is_imported():
    code = "import sys, kullback.adapters as a; a.parse('normal(0, 1)'); print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    roots = {name.partition(".")[0] for name in out.split()}
    assert not {"torch", "jax", "numpyro", "scipy", "tensorflow_probability"} & roots
