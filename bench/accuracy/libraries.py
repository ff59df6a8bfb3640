"""Who is asked, and where it lives."""

import contextlib
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import kullback as kl
from bench.accuracy.goals import STATED, Ours, tier_of
from bench.accuracy.points import DATA, Point
from bench.measure import measure, script
from bench.peers import Contender, python_of

LIMIT = 1200.0
SCRIPT = Path(__file__).parent / "ask.py"


@dataclass(frozen=True)
class Library:
    """A library that knows divergences of laws.

    Attributes:
        name: Of its `laws_…` file.
        needs: The modules it imports.
        environment: Name of its requirements in `bench/peers`, for where they are absent here.
    """

    name: str
    needs: tuple[str, ...]
    environment: str | None = None

    def python(self) -> Path | str:
        """An interpreter that has it; a sentence where none can be had."""
        if all(find_spec(module) for module in self.needs):
            return Path(sys.executable)
        return python_of(Contender(self.name, SCRIPT.name, environment=self.environment))


TORCH = Library("torch", ("torch",), "torch")
PEERS = (
    TORCH,
    Library("tfp", ("tensorflow_probability", "tree", "jax"), "tfp"),
    Library("numpyro", ("numpyro", "jax"), "tfp"),
    Library("scipy", ("scipy",)),
)


def ask(library: Library, folder: Path = DATA) -> dict | str:
    """Its version and its answers by pair; a sentence where it could not be asked."""
    python = library.python()
    if isinstance(python, str):
        return python
    cost = measure(script(str(python), str(SCRIPT), library.name, str(folder)), limit=LIMIT)
    return cost if isinstance(cost, str) else cost.answer or "gave no answer"


def ask_kullback(points: dict[str, list[Point]]) -> dict[str, list[Ours]]:
    """The answers of kullback, with bounds for the pairs that owe no more than that."""
    return {name: [_one(point) for point in some] for name, some in points.items()}


def _one(point: Point) -> Ours:
    stated = tier_of(point.families) == STATED
    try:
        p, q = (
            getattr(kl.families, name)(**side) for name, side in zip(point.families, (point.p, point.q), strict=True)
        )
        value = float(kl.divergence(p, q))
    except Exception as refusal:  # noqa: BLE001 - counted and shown
        return Ours(f"{type(refusal).__name__}: {refusal}"[:200])
    bound = None
    # It says the way back too, which may not exist.
    with contextlib.suppress(kl.KullbackError):
        bound = kl.explain(p, q).error if stated else None
    return Ours(value, bound)
