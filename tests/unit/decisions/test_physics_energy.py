import math

import mpmath as mp
import numpy as np
import pytest

import kullback as kl
from kullback.decisions.physics import boltzmann, driven_work, free_energy, gibbs_bogoliubov

LEVELS = [0.0, 1.0, 2.0, 3.0, 4.0]


def thermodynamics(energies, states, beta):
    """log Z, F, ⟨E⟩, S and C/k in long arithmetic."""
    with mp.workdps(300):
        e, g, b = [mp.mpf(one) for one in energies], [mp.mpf(one) for one in states], mp.mpf(beta)
        weights = [s * mp.exp(-b * x) for s, x in zip(g, e, strict=True)]
        z = sum(weights)
        mean = sum(w * x for w, x in zip(weights, e, strict=True)) / z
        square = sum(w * (x - mean) ** 2 for w, x in zip(weights, e, strict=True)) / z
        return [float(one) for one in (mp.log(z), -mp.log(z) / b, mean, b * mean + mp.log(z), b * b * square)]


@pytest.mark.parametrize("beta", [1e-3, 0.3, 1.0, 5.0, 40.0, 300.0])
@pytest.mark.parametrize("offset", [0.0, 7.0])
def test_thermodynamics(beta, offset):
    energies, states = [offset, offset + 0.5, offset + 2.0], [1.0, 3.0, 5.0]
    law = boltzmann(energies, beta=beta, degeneracies=states)
    truth = thermodynamics(energies, states, beta)
    found = [law.log_partition, law.free_energy, law.mean_energy, law.entropy, law.heat_capacity]
    assert found == pytest.approx(truth, rel=2e-13, abs=1e-300)


def test_ends_of_temperature():
    cold = boltzmann([1.0, 1.0, 2.0], temperature=0.0)
    assert cold.probs.tolist() == [0.5, 0.5, 0.0]
    assert (cold.free_energy, cold.mean_energy, cold.heat_capacity) == (1.0, 1.0, 0.0)
    assert cold.entropy == pytest.approx(math.log(2.0), rel=1e-15)
    hot = boltzmann([0.0, 1.0, math.inf], beta=0.0)
    assert hot.probs.tolist() == [0.5, 0.5, 0.0]
    assert hot.free_energy == -math.inf


def test_units_of_the_si(require):
    constants = require("scipy.constants")
    for unit, joule in (
        ("J", 1.0),
        ("eV", constants.e),
        ("kJ/mol", 1e3 / constants.N_A),
        ("kcal/mol", 4184 / constants.N_A),
    ):
        gap = 300.0 * constants.k / joule  # one kT at 300 K
        law = boltzmann([0.0, gap], temperature=300.0, unit=unit)
        assert law.probs[1] == pytest.approx(1 / (1 + math.e), rel=1e-12)
        assert law.temperature == pytest.approx(300.0, rel=1e-14)


def test_uniform_guess_of_the_literature():
    """S054: five levels at kT = 1, both directions."""
    found = free_energy([0.2] * 5, LEVELS, 1.0)
    assert found.excess == pytest.approx(0.842476483503493, rel=1e-14)
    assert found.value == pytest.approx(0.842476483503493, rel=1e-14)
    assert found.reverse == pytest.approx(0.609465084158702, rel=1e-14)
    assert found.free_energy - found.equilibrium == pytest.approx(0.842476483503493, rel=1e-14)


@pytest.mark.parametrize("thermal", [0.2, 1.0, 30.0])
def test_excess_is_thermal_energy_times_the_divergence(thermal):
    rng = np.random.default_rng(1)
    p, energies, states = rng.dirichlet(np.ones(6)), rng.normal(size=6), rng.integers(1, 5, 6)
    law = boltzmann(energies, temperature=thermal, degeneracies=states)
    found = free_energy(p, energies, thermal, degeneracies=states)
    by_hand = p @ energies + thermal * (p @ np.log(p / states))
    assert found.free_energy == pytest.approx(by_hand, rel=1e-12)
    assert by_hand - law.free_energy == pytest.approx(thermal * float(kl.divergence(p, law.probs)), rel=1e-10)


def test_states_without_mass():
    found = free_energy([1.0, 0.0], [0.0, 1.0], 1.0)
    assert found.value == pytest.approx(math.log1p(math.exp(-1)), rel=1e-15)
    assert found.reverse == math.inf
    assert free_energy([0.5, 0.5], [0.0, math.inf], 1.0).free_energy == math.inf


def test_gibbs_bogoliubov_bounds():
    rng = np.random.default_rng(2)
    u, u0, thermal = rng.normal(size=7), rng.normal(size=7), 0.7
    found = gibbs_bogoliubov(u, u0, kT=thermal)
    p0 = boltzmann(u0, temperature=thermal)
    assert found.upper == pytest.approx(p0.free_energy + p0.probs @ (u - u0), rel=1e-12)
    p = boltzmann(u, temperature=thermal)
    assert found.lower == pytest.approx(p0.free_energy + p.probs @ (u - u0), rel=1e-12)
    assert found.perturbation == pytest.approx(p.free_energy, rel=1e-13)
    assert found.value == pytest.approx(float(kl.divergence(p0.probs, p.probs)), rel=1e-12)
    assert found.lower < found.free_energy < found.upper


@pytest.mark.parametrize("thermal", [0.5, 2.0])
def test_jarzynski_and_crooks(thermal):
    stages = np.array([[0.0, 0.0, 0.0], [0.0, 1.0, -1.0], [0.5, 2.0, -2.0], [1.0, 3.0, -3.0]])
    found = driven_work(stages, kT=thermal)
    first, last = (boltzmann(one, temperature=thermal).free_energy for one in (stages[0], stages[-1]))
    change = last - first
    assert found.jarzynski == pytest.approx(change, rel=1e-12)
    assert found.forward.sum() == pytest.approx(1.0, rel=1e-13)
    assert found.backward.sum() == pytest.approx(1.0, rel=1e-13)
    assert found.forward == pytest.approx(found.backward * np.exp((found.works - change) / thermal), rel=1e-12)
    assert found.mean_work - change == pytest.approx(thermal * found.value, rel=1e-12)
    assert found.value == pytest.approx(float(kl.divergence(found.forward, found.backward)), rel=1e-11)


def test_slow_driving_dissipates_less():
    lost = []
    for count in (2, 4, 8):
        ramp = np.linspace(0.0, 2.0, count)[:, None] * np.array([0.0, 1.0])
        lost.append(driven_work(ramp, kT=1.0).dissipated)
    assert lost[0] > lost[1] > lost[2] > 0


def test_kernels_of_the_user():
    resample = np.tile(boltzmann([0.0, 1.0], temperature=1.0).probs, (2, 1))
    found = driven_work([[0.0, 0.0], [0.0, 1.0]], kT=1.0, transitions=[resample])
    # A sudden step: D(p of the first stage‖p of the second).
    assert found.value == pytest.approx(float(kl.divergence([0.5, 0.5], resample[0])), rel=1e-13)


def test_text_spells_directions_out():
    assert "kT · D(p‖Boltzmann)" in str(free_energy([0.2] * 5, LEVELS, 1.0))
    assert "D(reference‖system)" in str(gibbs_bogoliubov([0.0, 1.0], [0.0, 2.0], kT=1.0))
    assert "D(forward‖reversed)" in str(driven_work([[0.0, 0.0], [0.0, 1.0]], kT=1.0))
    assert "k = 1" in str(boltzmann(LEVELS, temperature=1.0))


def test_pictures(require):
    require("matplotlib")
    assert "energy" in boltzmann(LEVELS, temperature=1.0).plot().axes[0].get_xlabel()
    assert "work" in driven_work([[0.0, 0.0], [0.0, 1.0]], kT=1.0).plot().axes[0].get_xlabel()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: boltzmann(LEVELS), "Exactly one"),
        (lambda: boltzmann(LEVELS, temperature=1.0, beta=1.0), "Exactly one"),
        (lambda: boltzmann(LEVELS, temperature=-1.0), "at least 0"),
        (lambda: boltzmann(LEVELS, temperature=1.0, unit="erg"), "unit = 'erg'"),
        (lambda: boltzmann([], temperature=1.0), "at least one energy"),
        (lambda: boltzmann([math.nan], temperature=1.0), "NaN"),
        (lambda: boltzmann(LEVELS, temperature=1.0, degeneracies=[1, 2]), "degeneracies"),
        (lambda: free_energy([0.5, 0.5], LEVELS, 1.0), "One probability for each of 5"),
        (lambda: free_energy([0.5, 0.4], [0, 1], 1.0), "adds up to"),
        (lambda: free_energy([0.2] * 5, LEVELS, 0.0), "kT = 0.0"),
        (lambda: gibbs_bogoliubov([0.0, 1.0], [0.0], kT=1.0), "same states"),
        (lambda: driven_work([[0.0, 1.0]], kT=1.0), "two stages"),
        (lambda: driven_work(np.zeros((30, 3)), kT=1.0), "paths"),
        (
            lambda: driven_work([[0.0, 0.0], [0.0, 1.0]], kT=1.0, transitions=[[[0.5, 0.5], [0.5, 0.5]]]),
            "does not keep",
        ),
    ],
)
def test_errors_say_what_is_wrong(call, words):
    with pytest.raises(kl.InputError, match=words):
        call()


def test_thermal_energy_by_its_own_name():
    assert boltzmann([0.0, 1.0], kT=2.0).probs.tolist() == boltzmann([0.0, 1.0], beta=0.5).probs.tolist()
    with pytest.raises(kl.InputError, match="Exactly one"):
        boltzmann([0.0, 1.0], kT=2.0, beta=0.5)
