"""Write divergences to fifty digits, the truths the tests hold the library to, under ``tests/oracle/data``.

One file for each pair of families, named ``<p>-<q>.json`` in lower case: the families and a list of points, each with
the parameters of both laws by name, exact float64 values, the divergence D(p‖q) in nats as text (``"inf"``, ``"0"``, or
50 digits; 30 where it comes from quadrature), and the regime the point belongs to. Conventions: weights of Categorical,
Multinomial and the rows of MarkovChain are divided by their exact total, directions of VonMisesFisher by their exact
length; an infinite logit is written ``-Infinity``, as Python's json reads it. Divergences that float64 cannot hold as a
normal number are left out. Needs mpmath; run from the root of the repository:

    python -m tools.make_oracle                      # all pairs
    python -m tools.make_oracle --only gamma-gamma   # one pair, or several
    python -m tools.make_oracle --verify             # write nothing: check each formula against its definition
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from tools.oracle._pairs import PAIRS, QUADRATURE_PAIRS, Pair, points
from tools.oracle._truth import truth
from tools.oracle._verify import discrepancy

DATA = Path(__file__).resolve().parent.parent / "tests" / "oracle" / "data"
AGREEMENT = 1e-15


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def write(name: str, pair: Pair) -> str:
    """Write the file of a pair; returns a line to print."""
    digits = 30 if pair in QUADRATURE_PAIRS else 50
    lines, left_out = [], 0
    for p, q, regime in points(pair):
        kl = truth(pair[0], p, pair[1], q, digits)
        if kl is None:
            left_out += 1
        else:
            lines.append(compact({"p": p, "q": q, "kl": kl, "regime": regime}))
    head = f'{{"family_p":"{pair[0]}","family_q":"{pair[1]}","points":[\n'
    DATA.mkdir(parents=True, exist_ok=True)
    (DATA / f"{name}.json").write_text(head + ",\n".join(lines) + "\n]}\n")
    return f"{len(lines)} points, {left_out} outside of float64"


def verify(pair: Pair) -> str:
    """Compare formula and definition at ordinary points; returns a line to print."""
    found = discrepancy(pair, points(pair))
    if not found < AGREEMENT:
        raise SystemExit(f"{pair[0]} against {pair[1]}: formula and definition differ by {float(found):.1e}")
    return f"formula and definition differ by {float(found):.1e}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", metavar="PAIR", choices=sorted(PAIRS), default=list(PAIRS))
    parser.add_argument("--verify", action="store_true", help="check the formulas instead of writing")
    chosen = parser.parse_args()
    for name in chosen.only:
        start = time.perf_counter()
        line = verify(PAIRS[name]) if chosen.verify else write(name, PAIRS[name])
        print(f"{name}: {line} ({time.perf_counter() - start:.1f} s)", flush=True)


if __name__ == "__main__":
    main()
