"""The record of an audit."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Audit:
    """What a function of two distributions computes; p is its first argument, q its second.

    Attributes:
        sentence: Everything of weight in one line.
        quantity: Name of the quantity, "none of these" if none fits.
        direction: "p‖q", "q‖p", or None for symmetric quantities; of a cross-entropy, the weights come first.
        base: Base of the logarithm.
        reduction: What is added up or averaged.
        factor: Constant before the quantity, once base and divisor are taken out.
        epsilon: Size of the hidden epsilon or clamp, None if there is none.
        normalizes: Whether both arguments may be of any total; None if that could not be found out.
        framework: Arrays it was called with, "numpy" or "torch".
        given: What each argument holds: "probs", "log_probs" or "logits".
        temperature: What logits are divided by before the softmax.
        zeros: What it says at zeros of "p", "q" and "both": "exact", "inf" where that is right, else value and truth.
        near_equal_error: Relative error where probabilities or logits differ by about 1e-6; None for cross-entropies.
        gradient: Of torch functions: "right", "none" or how wrong for "p" and "q"; whether finite at zeros.
        findings: What a user should know, one sentence each.
    """

    sentence: str
    quantity: str
    direction: str | None
    base: float | None
    reduction: str | None
    factor: float | None
    epsilon: float | None
    normalizes: bool | None
    framework: str | None
    given: tuple[str, str] | None
    temperature: float
    zeros: dict[str, str]
    near_equal_error: float | None
    gradient: dict[str, str] | None
    findings: tuple[str, ...]

    def __str__(self) -> str:
        """The sentence, and the findings below it."""
        return "\n".join([self.sentence, *(f"  - {finding}" for finding in self.findings)])
