"""Chernoff information: how fast the error of the best test with both errors counted falls with the rows."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from kullback._core import Figure, InputError
from kullback.decisions.hypotheses._inputs import are_arrays, one_law
from kullback.decisions.hypotheses._outcomes import TooHeavy, outcomes_of_arrays, outcomes_of_laws
from kullback.decisions.hypotheses._paths import Path, closed_path, numeric_path, path_of_outcomes, summit
from kullback.decisions.hypotheses._tilted_paths import tilted_path
from kullback.families import FAMILIES


@dataclass(frozen=True, eq=False, repr=False)
class ChernoffInformation(Figure):
    """The exponent of the least mean error, with the law between p and q that decides it.

    Attributes:
        value: Chernoff information in nats.
        weight: Weight s of p in the geometric path p^s q^(1-s) that is at equal divergence from both; 0 or 1 where the
            supremum is a limit at an end, which happens only where the supports differ.
        tilted: The normalized path at that weight: a law, or probabilities of the outcomes where p or q has mass; None
            where it has no form here.
        method: How it was computed.
        notes: Why it is infinite or a limit, where it is.
    """

    value: float
    weight: float
    tilted: Any
    method: str
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        head = f"Chernoff information of p and q = {self.value:.6g} nats = {self.bits:.6g} bits"
        lines = [head, f"  at p^{self.weight:.6g} q^{1 - self.weight:.6g}, by {self.method}", *self.notes]
        return "\n  ".join([lines[0], *(line.strip() for line in lines[1:])])


def chernoff_information(p: Any, q: Any, /) -> ChernoffInformation:
    r"""Chernoff information of two laws.

    $$ C(p, q) = \max_{0 \le s \le 1} -\log \int p^s q^{1-s} $$

    The least mean error of a decision between p and q from n independent rows falls like exp(-n C), whatever the prior
    chances are. At an inner maximum the normalized path r has D(r‖p) = D(r‖q) = C.

    Args:
        p: Row of probabilities, or a law; as in `kl.divergence`. Symmetric in its arguments.
        q: The same.

    Returns:
        The figure in nats with weight and law; infinite where p and q have no outcome in common.

    Raises:
        InputError: The two cannot be compared, or are no single laws.

    Note:
        Sums and closed forms (Normal, LogNormal, MultivariateNormal, Poisson, and the exponential families whose
        geometric path has a law: Gamma and its relatives, Beta, Dirichlet, Binomial, von Mises, …) are right to a few
        ulp, nearly equal laws included, where C is about a quarter of D(p‖q). Other densities go through quadrature,
        right to about 1e-11. Where supports differ, the maximum is taken over the common support, and the jump of the
        path at s = 0 and 1 is left out, as the exponent of the error leaves it out.

    References:
        Chernoff (1952), Annals of Mathematical Statistics 23; Cover and Thomas (2006), Elements of Information Theory,
        theorem 11.9.1; Nielsen (2013), IEEE Signal Processing Letters 20, for exponential families.

    Example:
        >>> import kullback as kl
        >>> from kullback.decisions.hypotheses import chernoff_information
        >>> found = chernoff_information(kl.families.Normal(0, 1), kl.families.Normal(2, 1))
        >>> found.value, found.weight
        (0.5, 0.5)
    """
    path = path_between(p, q, ("p", "q"))
    if path is None:
        note = "one has a density and the other masses at points: one row tells them apart."
        return ChernoffInformation(float("inf"), 0.5, None, "supports", (note,))
    weight, value = summit(path)
    value = max(value, 0.0)
    notes: tuple[str, ...] = ()
    if value == float("inf"):
        return ChernoffInformation(value, 0.5, None, path.method, ("p and q have no outcome in common: no error.",))
    if weight in {0.0, 1.0} and value > 0:
        side = "q" if weight == 0 else "p"
        notes = (f"a limit at the end: the chance that {side} gives to the common support decides.",)
    tilted = path.tilted(weight) if path.tilted is not None else None
    return ChernoffInformation(value, weight, tilted, path.method, notes)


def path_between(p: Any, q: Any, names: tuple[str, str], /) -> Path | None:
    """The path of two arrays or laws; None where one has a density and the other masses at points."""
    if are_arrays(p, q, names):
        return path_of_outcomes(outcomes_of_arrays(p, q, names))
    left, right = one_law(p, names[0]), one_law(q, names[1])
    kinds = {FAMILIES[type(law)].support(law).kind for law in (left, right)}
    if kinds == {"interval", "lattice"}:
        return None
    path = closed_path(left, right) or tilted_path(left, right)
    if path is None and kinds == {"lattice"}:
        with suppress(TooHeavy):
            path = path_of_outcomes(outcomes_of_laws(left, right))
    path = path or numeric_path(left, right)
    if path is None:
        raise InputError(
            f"{left!r} and {right!r}: two laws on the line of one kind, or two MultivariateNormal of one dimension, "
            "are needed. Give arrays of probabilities, or laws of kl.families."
        )
    return path
