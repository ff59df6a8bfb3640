"""The adversarial game of an f-divergence."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from kullback._core import InputError
from kullback.nn.adversarial._bound_estimate import BoundEstimate, certifiable_nats
from kullback.nn.adversarial._forms import FORMS, Form
from kullback.nn.adversarial._scores import check_finite, read_scores, squared_error, tilted_size


class FGAN:
    r"""The game in which a critic finds an f-divergence of real and fake rows, and a generator makes it small.

    $$ D_f(p \,\|\, q) = \sum q\, f\Big(\frac pq\Big) = \max_v\; E_p\, g_f(v) - E_q\, f^*(g_f(v)) $$

    with p the law of real rows, q that of fake ones, the critic's score v (any number: no last layer to choose), the
    activation $g_f$ and the conjugate $f^*$.

    Args:
        divergence: "kl" D(p‖q), "reverse_kl" D(q‖p), "jensen_shannon", "gan" (2 JS - log 4, the original game),
            "pearson" Σ(p - q)²/q, "neyman" Σ(p - q)²/p or "squared_hellinger" Σ(√p - √q)².

    Raises:
        InputError: The divergence is unknown.

    Note:
        Activations are those of Nowozin et al., but for two things: "jensen_shannon" is halved, so that it is the
        divergence itself; and exponentials go on as straight lines where a score is beyond 20, by an activation that
        grows like a logarithm there, so that the bound still holds and gradients stay finite. Pearson's conjugate is
        that over ratios u ≥ 0: constant below a score of -2.

        At the optimal critic the generator that minimizes the bound (`saturating=True`) follows the gradient of the
        divergence. The alternative follows that of another one, whatever the name of the game says: KL(q‖p) for "kl",
        2 KL(p‖q) for "pearson", χ²(q‖p)/2 for "reverse_kl", and KL(q‖p) - 2 JS for "gan". So the original game is
        about the Jensen-Shannon divergence, not about KL.

    References:
        Nowozin, Cseke and Tomioka (2016), NeurIPS, section 3 and its table of output activations; Goodfellow et al.
        (2014), NeurIPS, theorem 1; Arjovsky and Bottou (2017), ICLR, theorem 2.5.

    Example:
        >>> import torch
        >>> from kullback.nn import FGAN
        >>> game = FGAN("gan")
        >>> scores = torch.zeros(4)  # a critic that cannot tell real from fake
        >>> round(float(game.bound(scores, scores)), 6)
        -1.386294
    """

    def __init__(self, divergence: str = "jensen_shannon") -> None:
        if divergence not in FORMS:
            raise InputError(f"divergence={divergence!r} is unknown. Choose one of {', '.join(map(repr, FORMS))}.")
        self.divergence = divergence

    @property
    def _form(self) -> Form:
        # Looked up, not kept: its functions cannot be pickled, and the game should be.
        return FORMS[self.divergence]

    def activation(self, scores: Tensor, /) -> Tensor:
        """What the bound averages over real rows, g_f(v).

        Args:
            scores: Scores of a critic, any shape.

        Returns:
            A tensor of that shape and type.
        """
        return _wide(self._form.gain, scores)

    def conjugate(self, scores: Tensor, /) -> Tensor:
        """What the bound averages over fake rows, f*(g_f(v)).

        Args:
            scores: Scores of a critic, any shape.

        Returns:
            A tensor of that shape and type.
        """
        return _wide(self._form.cost, scores)

    def ratio(self, scores: Tensor, /) -> Tensor:
        """The density ratio p/q of real to fake that the scores stand for, right at the optimal critic.

        Args:
            scores: Scores of a critic, any shape.

        Returns:
            Ratios, zero or more, of that shape and type; `inf` where the range of floats ends.
        """
        return _wide(lambda v: self._form.log_ratio(v).exp(), scores)

    def bound(self, scores_real: Tensor, scores_fake: Tensor, /) -> BoundEstimate:
        """The lower bound on the divergence that these scores show.

        Args:
            scores_real: Scores of real rows, shape ``(n,)`` or ``(n, 1)``.
            scores_fake: Scores of fake rows, shape ``(m,)`` or ``(m, 1)``.

        Returns:
            The bound, differentiable; in nats where the divergence has a unit.

        Raises:
            InputError: No rows, or scores that are not finite.

        Note:
            Unbiased for rows that the critic did not learn from; on those that it did it is too large.
        """
        real, fake = self._read(scores_real, scores_fake)
        form, sizes = self._form, (len(real), len(fake))
        gain, cost = form.gain(real), form.cost(fake)
        even = torch.full_like(gain, 1.0 / sizes[0]).detach(), torch.full_like(cost, 1.0 / sizes[1]).detach()
        with torch.no_grad():
            error = squared_error(gain, even[0]) + squared_error(cost, even[1])
            worth = [torch.full_like(error, float(sum(sizes)))]
            if "p" in form.heavy:
                worth.append(tilted_size(-form.log_ratio(real), even[0]))
            if "q" in form.heavy:
                worth.append(tilted_size(form.log_ratio(fake), even[1]))
            ess = torch.stack(worth[1:] or worth).min()
        return BoundEstimate(
            gain.mean() - cost.mean(),
            error.sqrt(),
            ess,
            torch.zeros_like(ess),
            torch.full_like(ess, torch.nan),
            *sizes,
            f"FGAN({self.divergence!r})",
            form.quantity,
            certifiable_nats(*sizes) if form.in_nats else math.inf,
        )

    def discriminator_loss(self, scores_real: Tensor, scores_fake: Tensor, /) -> Tensor:
        """What the critic minimizes: minus the bound.

        Args:
            scores_real: Scores of real rows, shape ``(n,)`` or ``(n, 1)``.
            scores_fake: Scores of fake rows, shape ``(m,)`` or ``(m, 1)``.

        Returns:
            One number.

        Raises:
            InputError: No rows, or scores that are not finite.
        """
        real, fake = self._read(scores_real, scores_fake)
        return self._form.cost(fake).mean() - self._form.gain(real).mean()

    def generator_loss(self, scores_fake: Tensor, /, *, saturating: bool = True) -> Tensor:
        """What the generator minimizes.

        Args:
            scores_fake: Scores of fake rows, shape ``(m,)`` or ``(m, 1)``.
            saturating: Whether it is the bound itself, up to a constant: -E f*(g(v)). False takes -E g(v), whose
                gradient does not vanish where the critic has won, but which at the optimal critic follows another
                divergence; see the note of the class.

        Returns:
            One number.

        Raises:
            InputError: No rows, or scores that are not finite.
        """
        fake = read_scores(scores_fake, "scores_fake")
        check_finite(fake, "scores_fake")
        return -self._form.cost(fake).mean() if saturating else -self._form.gain(fake).mean()

    def __repr__(self) -> str:
        return f"FGAN({self.divergence!r})"

    def _read(self, scores_real: Tensor, scores_fake: Tensor) -> tuple[Tensor, Tensor]:
        real, fake = read_scores(scores_real, "scores_real"), read_scores(scores_fake, "scores_fake")
        check_finite(real, "scores_real")
        check_finite(fake, "scores_fake")
        return real, fake


def _wide(function: Callable[[Tensor], Tensor], scores: Any) -> Tensor:
    """The function in float32 at least, given back in the caller's type."""
    if not isinstance(scores, Tensor) or not scores.is_floating_point():
        raise InputError(f"scores came as {type(scores).__name__}. A floating tensor is needed.")
    return function(scores if scores.dtype == torch.float64 else scores.float()).to(scores.dtype)
