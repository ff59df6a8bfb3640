"""The table of codes: bits that a range coder spends on symbols of p in a code for q, against H(p) + D(p‖q)."""

from collections.abc import Iterator

import constriction
import numpy as np
from numpy.typing import NDArray

from bench.figures import grid
from kullback import decisions

SYMBOLS, QUICK = 200_000, 20_000
HEADS = (
    "pair",
    "symbols",
    "H(p) + D(p‖q), bits",
    "of it D(p‖q)",
    "constriction less that, bits per symbol",
    "the same, perfect=True",
    "Huffman for q less that",
)
Vector = NDArray[np.float64]


def coding(*, quick: bool = False) -> str:
    """The table."""
    n = QUICK if quick else SYMBOLS
    rows, apart = [], []
    for name, p, q in pairs():
        counts = _whole(p, n)
        found = decisions.coding_cost(counts / n, q)
        message = np.random.default_rng(0).permutation(np.repeat(np.arange(len(p), dtype=np.int32), counts))
        gaps = [spent(message, q, perfect=perfect) / n - found.bits for perfect in (False, True)]
        apart += gaps
        divergence = found.divergence / np.log(2)
        cells = [f"{found.bits:.6f}", f"{divergence:.6f}", *(f"{gap:+.1e}" for gap in gaps)]
        rows.append([name, len(p), *cells, f"{found.huffman - found.bits:+.4f}"])
    head = (
        f"{n:,} symbols whose frequencies are p exactly (rounded to whole counts), in random order, through the range "
        f"coder of constriction with the chances q; {max(map(abs, apart)):.1e} bits per symbol is the largest "
        "difference. The coder rounds chances to 24 bits unless `perfect=True`, which rounds them best."
    )
    return f"{head}\n\n{grid(HEADS, rows)}"


def pairs() -> Iterator[tuple[str, Vector, Vector]]:
    """Name, p and q."""
    rng = np.random.default_rng(0)
    zipf = 1 / np.arange(1, 257)
    yield "coin .9, code for .5", np.array([0.9, 0.1]), np.array([0.5, 0.5])
    yield "coin .01, code for .001", np.array([0.99, 0.01]), np.array([0.999, 0.001])
    yield "the right code", np.array([0.5, 0.25, 0.2, 0.05]), np.array([0.5, 0.25, 0.2, 0.05])
    yield "even Dirichlet, 27", rng.dirichlet(np.ones(27)), rng.dirichlet(np.ones(27))
    yield "Zipf 1, code for even", zipf / zipf.sum(), np.full(256, 1 / 256)
    yield "Zipf 1, code for its reverse", zipf / zipf.sum(), zipf[::-1] / zipf.sum()
    steep = 10.0 ** -np.arange(7)
    yield "even, code with chances to 1e-6", np.full(7, 1 / 7), steep / steep.sum()


def _whole(p: Vector, n: int) -> NDArray[np.int64]:
    """Counts that add up to n."""
    counts = np.floor(p * n).astype(np.int64)
    counts[np.argsort(counts - p * n)[: n - counts.sum()]] += 1
    return counts


def spent(message: NDArray[np.int32], q: Vector, *, perfect: bool) -> int:
    """Bits of the coded message, which must decode to itself."""
    model = constriction.stream.model.Categorical(q, perfect=perfect)
    encoder = constriction.stream.queue.RangeEncoder()
    encoder.encode(message, model)
    decoder = constriction.stream.queue.RangeDecoder(encoder.get_compressed())
    if not np.array_equal(decoder.decode(model, len(message)), message):
        raise ValueError("what was decoded is not what was coded")
    return int(encoder.num_bits())
