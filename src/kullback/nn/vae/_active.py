"""Active units: the latent dimensions whose posterior mean varies with the data."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from kullback._core import InputError
from kullback.nn.vae._inputs import check_floats, check_number


@dataclass(frozen=True)
class ActiveUnits:
    """Which latent dimensions vary with the data; prints as a sentence, and `int` gives the count.

    Attributes:
        variances: Variance over the examples of each posterior mean, in units of the squared latent.
        threshold: The variance above which a dimension is active.
        n: Number of examples.
    """

    variances: tuple[float, ...]
    threshold: float
    n: int

    @property
    def active(self) -> tuple[bool, ...]:
        """For each dimension whether it is active."""
        return tuple(variance > self.threshold for variance in self.variances)

    @property
    def count(self) -> int:
        """How many dimensions are active."""
        return sum(self.active)

    def __int__(self) -> int:
        return self.count

    def __str__(self) -> str:
        return (
            f"{self.count} of {len(self.variances)} units are active: their posterior mean has a variance above "
            f"{self.threshold:g} over {self.n:,} examples"
        )


def active_units(means: Tensor | Iterable[Tensor], /, *, threshold: float = 0.01) -> ActiveUnits:
    r"""Count the latent dimensions whose posterior mean varies with the data.

    $$ A_j = \mathrm{Var}_x\big(E_{q(z|x)}[z_j]\big) > \text{threshold} $$

    Args:
        means: Posterior means, shape ``(n, d)``; or an iterable of such batches, read once and not kept.
        threshold: The variance above which a dimension is active; 0.01 is for a prior of variance 1.

    Returns:
        The count, with the variance of each dimension (divided by n).

    Raises:
        InputError: No tensors of floats of shape ``(n, d)``, fewer than two examples, NaN, or a negative threshold.

    Note:
        Batches are merged in float64 by Chan's update, so a large common mean costs no digits. Give held-out data, in
        evaluation mode.

    References:
        Burda, Grosse and Salakhutdinov (2016), Importance Weighted Autoencoders, section 5.2; Chan, Golub and LeVeque
        (1983), The American Statistician 37 (the update).

    Example:
        >>> import torch
        >>> from kullback.nn import active_units
        >>> means = torch.randn(1000, 3, generator=torch.Generator().manual_seed(0)) * torch.tensor([1.0, 0.5, 0.01])
        >>> print(active_units(means))
        2 of 3 units are active: their posterior mean has a variance above 0.01 over 1,000 examples
        >>> int(active_units(means.split(100)))
        2
    """
    limit = check_number(threshold, "threshold")
    n, mean, squares = 0, torch.zeros(()), torch.zeros(())
    for batch in [means] if isinstance(means, Tensor) else _batches(means):
        rows = _rows(batch, mean if n else None)
        if len(rows):
            n, mean, squares = _merged((n, mean, squares), rows)
    if n < 2:
        raise InputError(f"means has {n} examples. At least two are needed for a variance.")
    return ActiveUnits(tuple((squares / n).tolist()), limit, n)


def _batches(means: Any) -> Iterable[Any]:
    if not isinstance(means, Iterable):
        raise InputError(f"means is a {type(means).__name__}. A tensor (n, d) or an iterable of such is needed.")
    return means


def _rows(batch: Any, before: Tensor | None) -> Tensor:
    """A checked batch in float64."""
    rows = check_floats(batch, "means").detach().cpu().double()
    if rows.ndim != 2:
        raise InputError(f"means has the shape {tuple(rows.shape)}. (n, d), examples by dimensions, is needed.")
    if before is not None and rows.shape[1] != len(before):
        raise InputError(f"means has batches of {len(before)} and of {rows.shape[1]} dimensions. One number is needed.")
    return rows


def _merged(before: tuple[int, Tensor, Tensor], rows: Tensor) -> tuple[int, Tensor, Tensor]:
    """Count, mean and sum of squared deviations with a batch more."""
    n, mean, squares = before
    more, center = len(rows), rows.mean(dim=0)
    own = (rows - center).square().sum(dim=0)
    step = center - mean
    total = n + more
    return total, mean + step * (more / total), squares + own + step.square() * (n * more / total)
