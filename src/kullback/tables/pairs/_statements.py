"""One divergence with everything that is said of it: figure, interval, p-values, verdict."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kullback.inference import DivergenceInterval, benjamini_hochberg
from kullback.tables._results import Verdict, short_bits, short_bounds
from kullback.tables.formats._plain import plain_number
from kullback.tables.verdicts._statistics import BIT, Rules


@dataclass(frozen=True, eq=False)
class Statement:
    """What is said of one divergence, in bits.

    Attributes:
        plugin: The figure of the observed shares; `inf` where the reference lacks a cell of the current side.
        debiased: With ½ added to each group of cells, less its bias; None where a group is empty in the reference.
        interval: Its bounds, widened for the selection where it is shifted.
        p_value: Test of D = 0, for information.
        p_margin: Test of D ≤ margin, on which the verdict stands.
        p_adjusted: `p_margin` after Benjamini-Hochberg over all statements of the kind.
        verdict: shifted, similar or inconclusive.
        could_have_seen: Where inconclusive, the divergence that would have been called shifted with chance 0.8.
    """

    plugin: float
    debiased: float | None
    interval: tuple[float, float]
    p_value: float
    p_margin: float
    p_adjusted: float
    verdict: Verdict
    could_have_seen: float | None = None

    @property
    def bits(self) -> float:
        """The debiased figure, or infinity."""
        return math.inf if self.debiased is None else self.debiased

    def __repr__(self) -> str:
        """The figure with its unit and its direction."""
        return f"<{self.verdict}: D(current‖reference) = {short_bits(self.bits)} bits {short_bounds(self.interval)}>"

    def to_dict(self) -> dict[str, Any]:
        """The statement as plain data."""
        return {
            "verdict": self.verdict,
            "plugin": plain_number(self.plugin),
            "debiased": plain_number(self.debiased),
            "interval": [plain_number(bound) for bound in self.interval],
            "p_value": plain_number(self.p_value),
            "p_margin": plain_number(self.p_margin),
            "p_adjusted": plain_number(self.p_adjusted),
            "could_have_seen": plain_number(self.could_have_seen),
        }


@dataclass(frozen=True, eq=False)
class Finding:
    """A divergence in nats before it is judged with the others of its kind.

    Attributes:
        plugin: The figure of the observed shares.
        law: The debiased figure with its law.
        lower: The same over fewer cells, where the reference lacks one: what bounds it below. Else None.
        covered: Whether the cells hold nearly all rows, so that a small figure means that little changed.
    """

    plugin: float
    law: DivergenceInterval
    lower: DivergenceInterval | None = None
    covered: bool = True


def judged(
    findings: Sequence[Finding], rules: Rules, margins: Sequence[float], /, *, asked: int = 0
) -> list[Statement]:
    """Statements of one kind, judged together.

    Args:
        findings: The divergences.
        rules: By which verdicts are made.
        margins: Bits up to which each counts as similar.
        asked: Questions in all, if more were looked at than are judged: those left out count as not found.

    Returns:
        A statement for each: shifted where Benjamini-Hochberg over all of them says so, similar where the interval lies
        below the margin.
    """
    total = max(asked, len(findings))
    chances = [finding.law.p_value(margin * BIT) for finding, margin in zip(findings, margins, strict=True)]
    adjusted = benjamini_hochberg(np.array(chances + [1.0] * (total - len(chances))))[: len(chances)]
    flagged = int((adjusted <= rules.alpha).sum())
    share, level = flagged / max(total, 1), rules.alpha * min(1.0, (flagged + 1) / max(total, 1))
    return [
        _judged(finding, chance, float(after), margin, (rules.alpha, share, level))
        for finding, chance, after, margin in zip(findings, chances, adjusted, margins, strict=True)
    ]


def _judged(
    finding: Finding, chance: float, adjusted: float, margin: float, levels: tuple[float, float, float]
) -> Statement:
    alpha, share, level = levels
    shifted, infinite = adjusted <= alpha, finding.lower is not None
    # Intervals of selected statements would cover too rarely at the plain level (Benjamini and Yekutieli 2005).
    confidence = 1 - alpha * (share if shifted else 1.0)
    low, high = (bound / BIT for bound in (finding.lower or finding.law).bounds(confidence))
    high = math.inf if infinite else high
    verdict: Verdict = "inconclusive"
    could = None
    if shifted:
        verdict = "shifted"
    elif high < margin and finding.covered:
        verdict = "similar"
    else:
        could = finding.law.detectable(margin * BIT, alpha=level) / BIT
    return Statement(
        plugin=finding.plugin / BIT,
        debiased=None if infinite else finding.law.debiased / BIT,
        interval=(low, high),
        p_value=finding.law.p_value(0.0),
        p_margin=chance,
        p_adjusted=adjusted,
        verdict=verdict,
        could_have_seen=could,
    )
