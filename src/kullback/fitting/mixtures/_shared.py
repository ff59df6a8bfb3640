"""Coordinates in which two mixtures agree are left out: the divergence does not change."""

import numpy as np

from kullback.fitting.mixtures._components import Components

# A direction in which nothing differs by more than this, in standard deviations, is shared.
_SHARED = 1e-11


def without_shared(p: Components, q: Components, /) -> tuple[Components, Components]:
    r"""Both mixtures in the fewest coordinates that tell them apart.

    With one component whitened, let S be the span of all differences of means and of covariances. Across S every
    component is the same standard normal law and independent of S, so $D(p\|q)$ is that of the projections onto S.
    """
    factor, center = p.factors[0], p.means[0]
    inverse = np.linalg.inv(factor)
    moved = [side.mapped(inverse) for side in (p, q)]
    start = inverse @ center
    columns = [(side.means - start).T for side in moved]
    columns += [np.hstack(list(side.covariances - np.eye(p.dimension))) for side in moved]
    basis, sizes, _ = np.linalg.svd(np.hstack(columns), full_matrices=False)
    rank = max(int((sizes > _SHARED * max(1.0, float(sizes[0]))).sum()), 1)
    if rank >= p.dimension:
        return p, q
    found = [side.mapped(basis[:, :rank].T) for side in moved]
    return found[0], found[1]
