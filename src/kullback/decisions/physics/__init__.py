"""Statistical physics: Boltzmann laws, free energies, work and entropy production, all read as divergences.

Where is what: `_boltzmann` the law of a temperature, `_free_energy` free energies off equilibrium and their bounds,
`_work` driven systems path by path, `_chains` entropy production and relaxation of Markov chains, `_order` how far back
a chain remembers; below them `_levels` what comes in and `_pictures` what is drawn.
"""

from kullback.decisions.physics._boltzmann import Boltzmann, boltzmann
from kullback.decisions.physics._chains import EntropyProduction, Relaxation, entropy_production, relaxation
from kullback.decisions.physics._free_energy import FreeEnergy, FreeEnergyBounds, free_energy, gibbs_bogoliubov
from kullback.decisions.physics._order import MarkovOrder, markov_order_test
from kullback.decisions.physics._work import DrivenWork, driven_work

__all__ = [
    "Boltzmann",
    "DrivenWork",
    "EntropyProduction",
    "FreeEnergy",
    "FreeEnergyBounds",
    "MarkovOrder",
    "Relaxation",
    "boltzmann",
    "driven_work",
    "entropy_production",
    "free_energy",
    "gibbs_bogoliubov",
    "markov_order_test",
    "relaxation",
]
