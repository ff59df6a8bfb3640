"""The evidence Z = ∫ exp f(x) dx of an unnormalized log density in one, two or three dimensions."""

from dataclasses import dataclass

import numpy as np
from scipy import optimize

from kullback._core import InputError
from kullback.fitting.projections._hermite import Floats, LogProb
from kullback.numerics import Density, expectation

_LOG_2PI = float(np.log(2 * np.pi))
_MOST_NODES = 1_000_000
# A box ends where the density is less than this power of e of its peak, as a coarse grid sees it.
_NOTHING, _COARSE, _MOST_MOVES = 45.0, 41, 30
# An edge that is deeper than this below the peak is only the end of floats.
_DEEP = 1e4
# Marks of the law with heavy tails, in units of its width.
_STEPS = (1.0, 3.0, 10.0, 30.0, 100.0, 1e3, 1e4, 1e6, 1e9)


@dataclass(frozen=True, eq=False)
class Evidence:
    """What an unnormalized log density integrates to, and where it lives.

    Attributes:
        log_evidence: log Z in nats.
        error: Bound of its error, or the change from one grid to the next.
        method: How it was found.
        marks: Points on the line where it lives; empty in more dimensions.
        parts: Weights, means and covariances of its modes, by their curvature; None on the line.
        low: Where the density on the line begins, -inf where it has no edge.
        high: Where it ends.
        room: In more dimensions the corners of a box that holds it, and the step of a grid in it.
    """

    log_evidence: float
    error: float
    method: str
    marks: tuple[float, ...] = ()
    parts: tuple[Floats, Floats, Floats] | None = None
    low: float = -np.inf
    high: float = np.inf
    room: tuple[Floats, Floats, float] | None = None


def evidence(log_prob: LogProb, dimension: int, /) -> Evidence:
    """The evidence by quadrature.

    Raises:
        InputError: No mode was found, or the integral is infinite.
    """
    return _on_line(log_prob) if dimension == 1 else _in_space(log_prob, dimension)


def _on_line(log_prob: LogProb) -> Evidence:
    """Adaptive quadrature of exp f against a law with heavier tails, centered where exp f has its mass."""
    marks, mode, center, width, top = _peaks(log_prob)
    low, high = (_edge(log_prob, mode, sign, top) for sign in (-1.0, 1.0))
    marks = {mark for mark in marks if low < mark < high}

    def base(x: Floats) -> Floats:
        z = (x - center) / width
        return np.asarray(-np.log1p(z * z) - np.log(np.pi * width))

    points = {
        *marks,
        *(end for end in (low, high) if np.isfinite(end)),
        center,
        *(center + sign * step * width for step in _STEPS for sign in (-1.0, 1.0)),
    }
    side = Density(base, marks=tuple(sorted(points)))
    found = expectation(side, lambda x: np.exp(log_prob(x.ravel()).reshape(x.shape) - top - base(x)))
    if not np.isfinite(found.value) or not np.isfinite(found.error):
        raise InputError(
            "f(x) has no finite integral over the line, so it is no log density. Give one whose tails fall."
        )
    if not found.value > 0:
        raise InputError("exp f(x) integrates to 0: no mass was found. Move and scale x so that the mass is near 0.")
    value = float(np.log(found.value)) + top
    return Evidence(
        value, found.error / found.value + 1e-16 * abs(top), found.method, tuple(sorted(marks)), None, low, high
    )


def _edge(log_prob: LogProb, inside: float, sign: float, top: float) -> float:
    """Where a density ends with a jump or a power of the distance; infinite where it only dies away."""
    outside = inside + sign * np.geomspace(1e-6, 1e9, 400)
    gone = np.flatnonzero(log_prob(outside) == -np.inf)
    if not len(gone):
        return sign * np.inf
    near, far = inside, float(outside[gone[0]])
    for _ in range(1100):
        middle = 0.5 * (near + far)
        if middle in {near, far}:
            break
        near, far = (near, middle) if log_prob(np.array([middle]))[0] == -np.inf else (middle, far)
    # A density that dies away ends where its logarithm leaves the range of floats: that is no edge.
    if log_prob(np.array([near]))[0] < top - _DEEP:
        return sign * np.inf
    return 0.0 if abs(far) < 1e-300 else near


def _peaks(log_prob: LogProb) -> tuple[set[float], float, float, float, float]:
    """Modes and their flanks, the highest one, the center and width of the mass, and the highest value."""
    x = np.concatenate([-np.geomspace(1e8, 1e-6, 2000), [0.0], np.geomspace(1e-6, 1e8, 2000)])
    for _ in range(3):
        logs = log_prob(x)
        with np.errstate(invalid="ignore"):
            top = float(logs.max())
            if top == -np.inf:
                raise InputError(
                    "f(x) is -inf wherever it was asked, from -1e8 to 1e8. Move x so that the mass is near 0."
                )
            tall = logs > top - 40.0
        low, high = float(x[tall][0]), float(x[tall][-1])
        room = 0.5 * (high - low) + 1e-3 * abs(low) + 1e-9
        x = np.union1d(x[(x < low - room) | (x > high + room)], np.linspace(low - room, high + room, 3001))
    logs = log_prob(x)
    top = float(logs.max())
    inner = np.flatnonzero((logs[1:-1] >= logs[:-2]) & (logs[1:-1] >= logs[2:]) & (logs[1:-1] > top - 40.0)) + 1
    marks: set[float] = set()
    for i in inner[np.argsort(-logs[inner])][:40]:
        down = logs < logs[i] - 0.5
        left, right = np.flatnonzero(down[:i]), np.flatnonzero(down[i:])
        flanks = (x[left[-1]] if len(left) else x[0], x[right[0] + i] if len(right) else x[-1])
        reach = max(min(x[i] - flanks[0], flanks[1] - x[i]), 1e-12)
        marks |= {float(x[i] + step * reach) for step in (-6, -3, -1, 0, 1, 3, 6)}
    stretch = np.gradient(x)
    weights = np.exp(logs - top) * stretch
    center = float(weights @ x / weights.sum())
    width = float(np.sqrt(weights @ (x - center) ** 2 / weights.sum()))
    return marks, float(x[np.argmax(logs)]), center, max(width, 1e-9), top


def _in_space(log_prob: LogProb, dimension: int) -> Evidence:
    """Trapezoidal sums over a box around all modes, on two grids."""
    places, covariances, heights = _modes(log_prob, dimension)
    low, high, step, face = _grown(log_prob, box(places, covariances))
    values = []
    for factor in (1.0, 0.7):
        nodes, volume = grid(low, high, step * factor)
        logs = log_prob(nodes)
        top = float(logs.max())
        values.append(top + float(np.log(np.exp(logs - top).sum() * volume)))
    _, dets = np.linalg.slogdet(covariances)
    masses = np.exp(heights + 0.5 * dets - (heights + 0.5 * dets).max())
    # Beyond the box there may be as much as if its faces went on for its own size.
    rest = float(np.exp(min(face - values[1], 0.0)) * np.prod(high - low))
    error = 2.0 * abs(values[1] - values[0]) + 1e-15 * (10.0 + abs(values[1])) + rest
    parts = masses / masses.sum(), places, covariances
    return Evidence(
        values[1], error, f"trapezoidal sum over {len(nodes):,} points", parts=parts, room=(low, high, step)
    )


def _modes(log_prob: LogProb, d: int) -> tuple[Floats, Floats, Floats]:
    """Modes from many starts, with the inverse curvature at each and the log density there."""
    shells = [scale * np.random.default_rng(0).standard_normal((400, d)) for scale in (0.3, 1.0, 3.0, 10.0, 100.0)]
    starts = np.concatenate([np.zeros((1, d)), *shells])
    logs = log_prob(starts)
    if logs.max() == -np.inf:
        raise InputError("f(x) is -inf wherever it was asked. Move and scale x so that the mass is near 0.")
    best = [int(np.argmax(np.where(sector, logs, -np.inf))) for sector in _sectors(starts)]
    places: list[Floats] = []
    for i in dict.fromkeys([*np.argsort(-logs)[:12].tolist(), *best]):
        place = _climb(log_prob, starts[i])
        if all(np.linalg.norm(place - other) > 1e-3 * (1.0 + np.linalg.norm(other)) for other in places):
            places.append(place)
    heights = np.array([float(log_prob(place[None])[0]) for place in places])
    tall = heights > heights.max() - 40.0
    kept = [place for place, high in zip(places, tall, strict=True) if high]
    curved = {i: one for i, place in enumerate(kept) if (one := _covariance(log_prob, place)) is not None}
    if not curved:
        raise InputError("f(x) has no mode with a curvature, so its mass was not found. Scale x so that it is near 0.")
    return np.stack([kept[i] for i in curved]), np.stack(list(curved.values())), heights[tall][list(curved)]


def _grown(log_prob: LogProb, room: tuple[Floats, Floats, float]) -> tuple[Floats, Floats, float, float]:
    """The box with every face moved out until nothing is there, and the log density that is left at its faces.

    Curvature at a mode sees neither tails nor bends.
    """
    low, high, step = room[0].copy(), room[1].copy(), room[2]
    for _ in range(_MOST_MOVES):
        lines = [np.linspace(a, b, _COARSE) for a, b in zip(low, high, strict=True)]
        cube = np.meshgrid(*lines, indexing="ij")
        logs = log_prob(np.stack([axis.ravel() for axis in cube], axis=1)).reshape(cube[0].shape)
        faces = np.array([[np.take(logs, place, axis=i).max() for place in (0, -1)] for i in range(len(low))])
        full = np.prod(high - low) > _MOST_NODES * step ** len(low)
        grows = faces > float(logs.max()) - _NOTHING
        if full or not grows.any():
            break
        width = high - low
        low, high = low - 0.25 * width * grows[:, 0], high + 0.25 * width * grows[:, 1]
    return low, high, step, float(faces.max())


def _climb(log_prob: LogProb, start: Floats) -> Floats:
    """The mode above a start."""
    options = {"xatol": 1e-7, "fatol": 1e-12, "maxiter": 2000}
    found = optimize.minimize(lambda x: -float(log_prob(x[None])[0]), start, method="Nelder-Mead", options=options)
    return np.asarray(found.x)


def _sectors(starts: Floats) -> list[Floats]:
    """Masks of the starts by the signs of their coordinates, near and far."""
    far = np.linalg.norm(starts, axis=1) > 4.0
    signs = (starts > 0) @ (2 ** np.arange(starts.shape[1]))
    return [(signs == sign) & (far == side) for sign in range(2 ** starts.shape[1]) for side in (False, True)]


def _covariance(log_prob: LogProb, place: Floats) -> Floats | None:
    """Minus the inverse of the second differences, which are scaled to a fall of about a tenth of a nat."""
    d = len(place)
    base = float(log_prob(place[None])[0])
    steps = np.full(d, 1e-3)
    for i in range(d):
        for _ in range(60):
            fall = base - float(log_prob((place + steps[i] * np.eye(d)[i])[None])[0])
            if 0.02 < fall < 0.5:
                break
            steps[i] *= 1.5 if fall < 0.1 else 0.6
    moves = np.diag(steps)
    hessian = np.empty((d, d))
    for i in range(d):
        for j in range(d):
            both, gap = moves[i] + moves[j], moves[i] - moves[j]
            a, b, c, e = log_prob(place + np.stack([both, gap, -gap, -both]))
            hessian[i, j] = (a - b - c + e) / (4.0 * steps[i] * steps[j])
    if not np.isfinite(hessian).all() or np.linalg.eigvalsh(-hessian)[0] <= 0:
        return None
    return np.asarray(np.linalg.inv(-hessian))


def box(places: Floats, covariances: Floats, /) -> tuple[Floats, Floats, float]:
    """Corners of a box around all parts, and a step that is fine enough for the narrowest one."""
    spreads = np.sqrt(np.diagonal(covariances, axis1=1, axis2=2))
    low, high = (places - 9.5 * spreads).min(axis=0), (places + 9.5 * spreads).max(axis=0)
    narrow = float(np.sqrt(np.linalg.eigvalsh(covariances).min()))
    least = float((np.prod(high - low) / _MOST_NODES) ** (1.0 / len(low)))
    return low, high, max(0.5 * narrow, least)


def grid(low: Floats, high: Floats, step: float, /) -> tuple[Floats, float]:
    """All points of a regular grid, and the volume that each stands for."""
    lines = [np.arange(a, b + step, step) for a, b in zip(low, high, strict=True)]
    nodes = np.stack([axis.ravel() for axis in np.meshgrid(*lines, indexing="ij")], axis=1)
    return nodes, step ** len(low)
