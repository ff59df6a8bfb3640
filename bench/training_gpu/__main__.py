"""``python -m bench.training_gpu``: see the package."""

import argparse
import sys

import torch

from bench.training_gpu import cpu, gpu
from bench.training_gpu.problems import ALL, SMALL, USUAL, Shape
from bench.training_gpu.timing import ROUNDS


def main() -> int:
    """Print the tables; 1 where a check does not hold."""
    chosen = _options()
    print(f"torch {torch.__version__}, {torch.cuda.get_device_name() if torch.cuda.is_available() else 'CPU'}\n")
    if not torch.cuda.is_available():
        return 0 if cpu.check() else 1
    shapes = chosen.shape or (SMALL if chosen.quick else ALL if chosen.all else USUAL)
    return 0 if gpu.race(shapes, chosen.direction, chosen.rounds) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.training_gpu", description="Fused distillation on a GPU.")
    parser.add_argument("--quick", action="store_true", help="one small shape")
    parser.add_argument("--all", action="store_true", help="every combination of sizes: hours")
    parser.add_argument(
        "--shape", action="append", type=_shape, help="tokens,vocabulary,student,teacher; may be repeated"
    )
    parser.add_argument("--direction", default="js", choices=cpu.DIRECTIONS)
    parser.add_argument("--rounds", default=ROUNDS, type=int, help="timings of each")
    return parser.parse_args()


def _shape(text: str) -> Shape:
    return Shape(*map(int, text.split(",")))


if __name__ == "__main__":
    sys.exit(main())
