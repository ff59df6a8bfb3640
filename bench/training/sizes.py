"""Sizes that are raced on, and who runs: names and numbers only, so that the tables need no torch."""

from dataclasses import dataclass

# Of torch, in every process.
THREADS = 2
TEMPERATURE = 2.0
DIRECTIONS = ("forward", "reverse", "js")
OURS, NAIVE, COMPILED, FLOOR = "kullback", "naive", "torch.compile", "4 products"
LIGER, LIGER_EAGER, LIGER_SMALL = "Liger, compiled", "Liger, eager", "Liger, eager, 256 rows"
FUSED = (NAIVE, COMPILED, LIGER, LIGER_EAGER, LIGER_SMALL, OURS)
LOGITS = (NAIVE, COMPILED, LIGER_EAGER, OURS)
_BYTES = {"float32": 4, "bfloat16": 2}


@dataclass(frozen=True)
class Size:
    """Rows, vocabulary, width of the hidden states (0: the loss is given logits) and type of numbers."""

    rows: int
    vocabulary: int
    width: int = 0
    dtype: str = "float32"

    def __str__(self) -> str:
        sizes = [self.rows, self.vocabulary, *([self.width] if self.width else [])]
        return f"{' x '.join(f'{one:,}' for one in sizes)} {self.dtype}"

    @property
    def contenders(self) -> tuple[str, ...]:
        """Who can run at all."""
        return FUSED if self.width else LOGITS

    @property
    def gradient_bytes(self) -> int:
        """Of what a loss gives back."""
        entries = (self.rows + self.vocabulary) * self.width if self.width else self.rows * self.vocabulary
        return entries * _BYTES[self.dtype]
