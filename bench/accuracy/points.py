"""The points of the oracle, and how far a number is from the truth."""

import json
import math
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "tests" / "oracle" / "data"
# Below it float64 keeps fewer digits, so errors are taken relative to it.
SMALLEST = Decimal("2.2250738585072014e-308")
GROUPS = {
    "ordinary": "ordinary",
    "far": "far, ratio, scale",
    "illcond": "far, ratio, scale",
    "offset": "far, ratio, scale",
    "ratio": "far, ratio, scale",
    "scale": "far, ratio, scale",
    "shape": "shape",
    "boundary": "extremes",
    "p->1": "extremes",
    "tinyp": "extremes",
}
NEAR, ZERO = "near", "zero"
COLUMNS = ("ordinary", NEAR, "far, ratio, scale", "shape", "extremes", ZERO)


@dataclass(frozen=True)
class Point:
    """A pair of laws by the names and parameters of `kullback.families`, and their divergence in nats."""

    families: tuple[str, str]
    p: dict
    q: dict
    truth: Decimal
    regime: str

    @property
    def near(self) -> bool:
        """Whether p is nearly q."""
        return self.regime.startswith(NEAR)

    @property
    def group(self) -> str:
        """The column of the table: zeros by themselves, whatever their regime."""
        if not self.truth:
            return ZERO
        return NEAR if self.near else GROUPS[self.regime]


def load(folder: Path = DATA) -> dict[str, list[Point]]:
    """All points by the name of their pair."""
    return {path.stem: _read(json.loads(path.read_text())) for path in sorted(folder.glob("*.json"))}


def _read(pair: dict) -> list[Point]:
    families = (pair["family_p"], pair["family_q"])
    return [
        Point(families, point["p"], point["q"], Decimal(point["kl"]), point["regime"].replace("equal", "boundary"))
        for point in pair["points"]
    ]


def error(value: float, truth: Decimal) -> float:
    """Relative error; absolute where the truth is zero, infinite for NaN and where one is infinite and one is not."""
    if math.isnan(value):
        return math.inf
    if math.isinf(value) or math.isinf(float(truth)):
        return 0.0 if value == float(truth) else math.inf
    return float(abs(Decimal(value) - truth) / (max(truth, SMALLEST) if truth else 1))
