"""Exact nearest neighbors on the device where the caller's torch tensors lie."""

import sys
from typing import Any

import numpy as np

from kullback.estimators._nearest import Places, without_own
from kullback.estimators._points import Floats

_BLOCK = 2**27  # distances in memory at once, 1 GB


def nearest_on(device: str, points: Floats, queries: Floats, k: int, /, *, own: bool = False) -> tuple[Floats, Places]:
    """The k nearest points to every query by products of matrices on a device of torch.

    Args:
        device: Name of the device, as "cuda:0".
        points: Array of shape ``(m, d)``.
        queries: Array of shape ``(n, d)``.
        k: Neighbors, at most ``m`` (``m - 1`` with `own`).
        own: Whether the queries are the points: then none is a neighbor of itself.

    Returns:
        Distances and places among the points, each of shape ``(n, k)``, in NumPy.
    """
    torch: Any = sys.modules["torch"]
    # Not every device has 64 bits; what is found is measured again in those it has.
    width = torch.float32 if device.startswith("mps") else torch.float64
    center = points.mean(axis=0)
    there = torch.as_tensor(points - center, dtype=width, device=device)
    squares = (there * there).sum(dim=1)
    wanted = min(k + own, len(points))
    rows = max(1, _BLOCK // len(points))
    distances, places = [], []
    for start in range(0, len(queries), rows):
        block = torch.as_tensor(queries[start : start + rows] - center, dtype=width, device=device)
        near = torch.topk(squares - 2.0 * (block @ there.T), wanted, dim=1, largest=False).indices
        exact = (there[near] - block[:, None, :]).square().sum(dim=2).sqrt()
        ordered, order = torch.sort(exact, dim=1, stable=True)
        distances.append(ordered.cpu().numpy())
        places.append(torch.gather(near, 1, order).cpu().numpy())
    found = np.concatenate(distances).astype(np.float64), np.concatenate(places).astype(np.intp)
    return without_own(*found) if own else found
