"""What a loss is told: the direction, what it is given, the temperature; checked once."""

import math
from dataclasses import dataclass

from kullback._core import InputError

DIRECTIONS = ("forward", "reverse", "jeffreys", "js", "skew")
GIVEN = ("logits", "log_probs", "probs")
_SPELLED = {
    "forward": "D(teacher‖student)",
    "reverse": "D(student‖teacher)",
    "jeffreys": "D(teacher‖student) + D(student‖teacher)",
    "js": "{w:g}·D(teacher‖m) + {v:g}·D(student‖m), m = {w:g}·teacher + {v:g}·student",
    "skew": "D(teacher‖{w:g}·teacher + {v:g}·student)",
}


@dataclass(frozen=True)
class Kind:
    """Which divergence of a teacher and a student, and how far both are softened.

    Attributes:
        direction: One of `DIRECTIONS`.
        weight: The teacher's weight in the mixture of "js" and "skew", from 0 to 1.
        temperature: What logits are divided by.
    """

    direction: str = "forward"
    weight: float = 0.5
    temperature: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        if self.direction not in DIRECTIONS:
            raise InputError(
                f"direction={self.direction!r} is not known. Choose 'forward', D(teacher‖student), 'reverse', "
                "D(student‖teacher), 'jeffreys', 'js' or 'skew'."
            )
        if not is_number(self.weight) or not 0.0 <= self.weight <= 1.0:
            raise InputError(f"weight={self.weight!r} is not a share of the teacher. Give a number from 0 to 1.")
        if not is_number(self.temperature) or not 0.0 < self.temperature < math.inf:
            raise InputError(f"temperature={self.temperature!r} is not a positive number. Give one; 1 changes nothing.")

    def __str__(self) -> str:
        """The formula, its temperature and its unit."""
        formula = _SPELLED[self.direction].format(w=self.weight, v=1.0 - self.weight)
        softened = "" if self.temperature == 1.0 else f", times T² at T = {self.temperature:g}"
        return f"{formula}{softened}, in nats"


def check_given(given: str, /) -> str:
    """What the arrays hold.

    Raises:
        InputError: The word is not known.
    """
    if given not in GIVEN:
        raise InputError(f"given={given!r} is not known. Say 'logits', 'log_probs' or 'probs'.")
    return given


def is_number(value: object, /) -> bool:
    """Whether a plain number came, and no boolean in its place."""
    return isinstance(value, int | float) and not isinstance(value, bool)
