"""The mean divergence of a student and a teacher over a data set."""

from typing import Any

from torch import Tensor

from kullback.nn.losses import KLLoss, TopKTeacher
from kullback.nn.metrics._states import RowMean


class KLDivergence(RowMean):
    """Mean divergence of a teacher and a student over all rows seen, in nats: `kl_loss` as a metric.

    Args:
        direction: "forward" D(teacher‖student), "reverse", "jeffreys", "js" or "skew", as in `kl_loss`.
        given: What both sides hold: "logits", "log_probs" or "probs".
        temperature: T; both sides are softened and the value is multiplied by T², as the loss is.
        weight: The teacher's weight in the mixture of "js" and "skew".
        options: Options of every metric of torchmetrics, such as `process_group`.

    Raises:
        InputError: An option is not known or out of range.
        MissingExtraError: torchmetrics is not installed.

    Note:
        Every row that counts has the same weight, however batches and processes are cut. Sums are kept in float64
        (float32 on MPS), also where the model is cast to half precision. torchmetrics' own KLDivergence takes p and q
        of shape (n, d) and is NaN where both exclude an outcome in log probabilities; for D(p‖q) as it has it, with the
        student as p, say ``direction="reverse", given="probs"``.

    Example:
        >>> import torch
        >>> from kullback.nn.metrics import KLDivergence
        >>> metric = KLDivergence()
        >>> metric
        KLDivergence(D(teacher‖student), in nats, from logits, mean over rows)
        >>> student, teacher = torch.tensor([[1.0, 1.0, 0.0]]), torch.tensor([[2.0, 1.0, -1.0]])
        >>> metric.update(student, teacher)
        >>> metric.update(teacher.expand(3, 3), teacher.expand(3, 3))
        >>> print(f"{metric.compute().item():.6f} nats")
        0.045812 nats
    """

    def __init__(
        self,
        *,
        direction: str = "forward",
        given: str = "logits",
        temperature: float = 1.0,
        weight: float = 0.5,
        **options: Any,
    ) -> None:
        loss = KLLoss(direction=direction, given=given, temperature=temperature, weight=weight, reduction="none")
        meaning = f"{loss.kind}, from {given}, mean over rows"
        super().__init__(meaning, **options)
        self._loss, self._meaning = [loss], meaning  # in a list: a submodule would show in the repr

    # No positional-only arguments: a MetricCollection hands keywords on by name.
    def update(self, student: Tensor, teacher: Tensor | TopKTeacher, mask: Tensor | None = None) -> None:
        """Add a batch.

        Args:
            student: Shape (..., vocabulary).
            teacher: The same shape, labels of shape (...), or a `TopKTeacher`.
            mask: True where a row counts, shape (...).

        Raises:
            InputError: As `kl_loss`.
        """
        self.add(self._loss[0](student, teacher, mask=mask), mask)

    def compute(self) -> Tensor:
        """The mean over all rows of all processes.

        Returns:
            A scalar in nats, NaN as long as no row counted: the mean of nothing is no agreement.
        """
        return self.mean()

    def extra_repr(self) -> str:
        """The direction spelled out, the unit and what is given."""
        return self._meaning
