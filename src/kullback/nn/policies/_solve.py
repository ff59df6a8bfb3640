"""Conjugate gradients with nothing but products."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor


class Solution(NamedTuple):
    """What the iteration reached."""

    direction: Tensor
    iterations: int
    residual: float


def conjugate_gradient(
    product: Callable[[Tensor], Tensor], right: Tensor, /, *, iterations: int, tolerance: float = 1e-10
) -> Solution:
    """Solve A x = right for a positive definite A given by its products; stops at curvature that is not positive.

    Args:
        product: A times a vector.
        right: Right-hand side.
        iterations: At most so many products.
        tolerance: Residual over right-hand side at which it is good enough.

    Returns:
        The solution, the products used, and the relative residual.

    References:
        Hestenes and Stiefel (1952).
    """
    x = torch.zeros_like(right)
    residual, step = right.clone(), right.clone()
    start = now = float(residual @ residual)
    done = 0
    while done < iterations and now > tolerance**2 * start:
        pushed = product(step)
        curvature = float(step @ pushed)
        done += 1
        if not curvature > 0.0:  # NaN too
            break
        length = now / curvature
        x = x + length * step
        residual = residual - length * pushed
        before, now = now, float(residual @ residual)
        step = residual + (now / before) * step
    return Solution(x, done, (now / start) ** 0.5 if start > 0 else 0.0)
