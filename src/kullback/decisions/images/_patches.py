"""The divergence between the small patches of two images."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError
from kullback.decisions._options import checked_whole
from kullback.decisions.images._read import pair_of
from kullback.estimators import Estimate, estimate
from kullback.estimators._estimate import noted
from kullback.estimators._options import Rng, generator

_LEAST = 50


def patch_divergence(
    x: Any,
    y: Any,
    /,
    *,
    size: int = 4,
    components: int = 4,
    patches: int = 4000,
    method: str = "auto",
    base: float | None = None,
    confidence: float = 0.95,
    rng: Rng = None,
) -> Estimate:
    """Estimate D(x‖y) between what small patches of two images look like.

    Patches of both images are cut at random places where they do not overlap, and written in the directions in which
    the patches of both together spread most (principal components); the divergence of these rows is estimated.

    Args:
        x: Image of shape ``(height, width)`` or ``(height, width, channels)``.
        y: Image with the same channels, of any size.
        size: Side of a patch in pixels.
        components: Directions that are kept, at most the numbers in a patch. Fewer lose what lies across them: the
            divergence of a projection is never larger.
        patches: Most patches of each image.
        method: Of `kullback.estimate`.
        base: Base of the logarithm: None for nats, 2 for bits.
        confidence: Level of the interval.
        rng: Seed or generator.

    Returns:
        The divergence with its interval.

    Raises:
        InputError: They are no images of the same channels, or too small for their patches.

    Note:
        Neighboring patches are alike, and the interval takes them as independent: it is too narrow for statements about
        other images of the same kind. For those give several images and compare their figures.

    Example:
        >>> import numpy as np
        >>> from kullback.decisions.images import patch_divergence
        >>> smooth = np.add.outer(np.sin(np.arange(96) / 7), np.cos(np.arange(96) / 9))
        >>> shuffled = np.random.default_rng(0).permutation(smooth.ravel()).reshape(96, 96)
        >>> patch_divergence(shuffled, smooth, components=2).value > 1
        True
    """
    one, two = pair_of(x, y)
    size, patches = checked_whole(size, "size"), checked_whole(patches, "patches", least=_LEAST)
    source = generator(rng)
    rows = [_cut(image, name, size, patches, source) for name, image in (("x", one), ("y", two))]
    width = rows[0].shape[1]
    components = checked_whole(components, "components", most=width)
    pooled = np.concatenate(rows)
    center = pooled.mean(axis=0)
    _, spread, directions = np.linalg.svd(pooled - center, full_matrices=False)
    kept = directions[: min(components, int((spread > 1e-9 * max(spread[0], 1e-300)).sum()))]
    if not len(kept):
        raise InputError("All patches of x and y are the same. Images that vary are needed.")
    found = estimate(
        *((part - center) @ kept.T for part in rows), method=method, base=base, confidence=confidence, rng=source
    )
    share = float((spread[: len(kept)] ** 2).sum() / (spread**2).sum())
    return noted(
        found,
        f"patches of {size} × {size} pixels in {len(kept)} directions that hold {share:.0%} of their spread",
        "neighboring patches are alike: the interval takes them as independent",
    )


def _cut(image: NDArray[np.float64], name: str, size: int, most: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Patches that do not overlap, as rows."""
    height, width, channels = image.shape
    if (height // size) * (width // size) < _LEAST:
        raise InputError(
            f"{name} is {height} × {width} pixels, patches of size = {size!r} are {height // size} × "
            f"{width // size}. At least {_LEAST} patches are needed. Give larger images or a smaller size."
        )
    down, across = height // size, width // size
    # A random shift, so that a pattern of the grid's own period is met at any phase.
    top, left = (int(rng.integers(0, rest + 1)) for rest in (height - down * size, width - across * size))
    tiles = image[top : top + down * size, left : left + across * size].reshape(down, size, across, size, channels)
    rows = tiles.transpose(0, 2, 1, 3, 4).reshape(down * across, -1)
    keep = rng.permutation(len(rows))[:most]
    return np.asarray(rows[keep])
