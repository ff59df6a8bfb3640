"""Distill a language model with the Trainer of Hugging Face, where the teacher's law is known exactly.

The teacher is a Markov chain over 64 tokens, so that the divergence of a student from it is exact: a sum over the
vocabulary at every held-out position, no estimate. Students are GPT-2 models of one layer that cannot copy it fully.
All see the same sequences in the same order. Nothing is downloaded.

    python examples/training/distill_with_trainer.py [--quick] [--output FILE.png]
"""

import argparse
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from matplotlib.figure import Figure
from torch import Tensor
from torch.nn import functional
from transformers import GPT2Config, GPT2LMHeadModel, PrinterCallback, Trainer, TrainerCallback, TrainingArguments

from kullback import nn

VOCABULARY, LENGTH, RANK, WIDTH = 64, 32, 24, 12
BATCH, ACCUMULATED = 8, 4
COLORS = "#888888", "#e69f00", "#56b4e9", "#0072b2", "#009e73", "#d55e00", "#cc79a7"


class MarkovTeacher(torch.nn.Module):
    """A known law of the next token: the logits after token i are states[i] · weightᵀ."""

    def __init__(self, rng: torch.Generator) -> None:
        super().__init__()
        self.register_buffer("states", 1.6 * torch.randn(VOCABULARY, RANK, generator=rng) / RANK**0.25)
        self.register_buffer("weight", torch.randn(VOCABULARY, RANK, generator=rng) / RANK**0.25)

    def hidden(self, tokens: Tensor) -> Tensor:
        return self.states[tokens]

    def forward(self, tokens: Tensor) -> Tensor:
        return self.hidden(tokens) @ self.weight.T

    def sequences(self, n: int, rng: torch.Generator) -> list[dict[str, Tensor]]:
        """Sequences from the chain, short and long ones; padding has label -100."""
        tokens = [torch.randint(VOCABULARY, (n,), generator=rng)]
        for _ in range(LENGTH - 1):
            tokens.append(torch.multinomial(self(tokens[-1]).softmax(-1), 1, generator=rng).squeeze(1))
        rows, short = torch.stack(tokens, 1), torch.rand(n, generator=rng) < 0.5
        lengths = torch.where(
            short, *(torch.randint(*ends, (n,), generator=rng) for ends in ((4, 8), (24, LENGTH + 1)))
        )
        seen = torch.arange(LENGTH) < lengths[:, None]
        columns = {
            "input_ids": torch.where(seen, rows, 0),
            "attention_mask": seen.long(),
            "labels": torch.where(seen, rows, -100),
        }
        return [{name: column[i] for name, column in columns.items()} for i in range(n)]


class DistillationTrainer(Trainer):
    """A Trainer whose loss is the divergence from a teacher, averaged over all tokens of a step."""

    def __init__(self, teacher: MarkovTeacher, loss: Any, **options: Any) -> None:
        super().__init__(**options)
        self.teacher, self.loss = teacher, loss
        self.loss_is_scaled_for_ga = True  # divided by the tokens of all accumulated batches already

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: dict[str, Tensor],
        return_outputs: bool = False,  # noqa: FBT001, FBT002 - as the Trainer calls it
        num_items_in_batch: Tensor | None = None,
    ) -> Any:
        labels = inputs["labels"][:, 1:]  # logits at position i are about token i + 1
        # The Trainer counts labels over all accumulated batches and all processes. Gradients of processes are averaged
        # afterwards, so each process divides by its share of the count.
        items = None if num_items_in_batch is None else num_items_in_batch / self.accelerator.num_processes
        fused = isinstance(self.loss, nn.FusedLinearKL)
        # What is fused needs hidden states alone: the logits of one position are made, and not used.
        wanted = {"output_hidden_states": True, "logits_to_keep": 1} if fused else {}
        outputs = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], **wanted)
        if fused:
            hidden = outputs.hidden_states[-1][:, :-1]
            weight = self.accelerator.unwrap_model(model).get_output_embeddings().weight
            known = self.teacher.hidden(inputs["input_ids"][:, :-1])
            loss = self.loss(hidden, weight, known, self.teacher.weight, mask=labels != -100, num_items=items)
        else:
            loss = self.loss(outputs.logits[:, :-1], self.teacher(inputs["input_ids"][:, :-1]), labels, num_items=items)
        return (loss, outputs) if return_outputs else loss


class UsualTrainer(DistillationTrainer):
    """A loss of F.kl_div as it is often written: padding counts, and accumulated batches give a mean of means."""

    def __init__(self, teacher: MarkovTeacher, loss: Any, **options: Any) -> None:
        super().__init__(teacher, loss, **options)
        self.loss_is_scaled_for_ga = False

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: dict[str, Tensor],
        return_outputs: bool = False,  # noqa: FBT001, FBT002
        num_items_in_batch: Tensor | None = None,  # noqa: ARG002
    ) -> Any:
        outputs = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"])
        known = self.teacher(inputs["input_ids"][:, :-1])
        loss = self.loss(outputs.logits[:, :-1], known, inputs["labels"][:, 1:])
        return (loss, outputs) if return_outputs else loss


def usual_mean(student: Tensor, teacher: Tensor, labels: Tensor) -> Tensor:
    """Half labels and half teacher, but "mean" divides the teacher's half by the vocabulary too."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "reduction: 'mean' divides", UserWarning)  # torch says so itself
        soft = functional.kl_div(student.log_softmax(-1), teacher.softmax(-1), reduction="mean")
    return 0.5 * functional.cross_entropy(student.flatten(0, 1), labels.flatten()) + 0.5 * soft


def usual_batchmean(student: Tensor, teacher: Tensor, labels: Tensor) -> Tensor:  # noqa: ARG001
    """The mean of (batch, tokens, vocabulary) times the number of tokens."""
    return functional.kl_div(student.log_softmax(-1), teacher.softmax(-1), reduction="batchmean")


class MeanOfMeansTrainer(DistillationTrainer):
    """The right loss of each batch, but a mean of means over the batches."""

    def __init__(self, teacher: MarkovTeacher, loss: Any, **options: Any) -> None:
        super().__init__(teacher, loss, **options)
        self.loss_is_scaled_for_ga = False

    def compute_loss(self, *inputs: Any, num_items_in_batch: Tensor | None = None, **more: Any) -> Any:  # noqa: ARG002
        return super().compute_loss(*inputs, **more)


@dataclass
class Curve(TrainerCallback):
    """Exact divergences on held-out sequences, in nats per token, while a student learns."""

    name: str
    teacher: MarkovTeacher
    held_out: dict[str, Tensor]
    every: int
    steps: list[int] = field(default_factory=list)
    forward: list[float] = field(default_factory=list)
    reverse: list[float] = field(default_factory=list)

    def on_step_end(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:  # noqa: ARG002
        if state.global_step % self.every:
            return
        tokens, labels = self.held_out["input_ids"], self.held_out["labels"][:, 1:]
        with torch.no_grad():
            student = model(input_ids=tokens, attention_mask=self.held_out["attention_mask"]).logits[:, :-1]
        sides, mask = (student, self.teacher(tokens[:, :-1])), labels != -100
        self.steps.append(state.global_step)
        self.forward.append(nn.kl_loss(*sides, mask=mask).item())
        self.reverse.append(nn.kl_loss(*sides, mask=mask, direction="reverse").item())


def student() -> GPT2LMHeadModel:
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=VOCABULARY,
        n_positions=LENGTH,
        n_embd=WIDTH,
        n_layer=1,
        n_head=2,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=0,
        eos_token_id=0,
        tie_word_embeddings=False,
    )
    return GPT2LMHeadModel(config)


def arguments(folder: str, steps: int, **more: Any) -> TrainingArguments:
    usual: dict[str, Any] = {"per_device_train_batch_size": BATCH, "gradient_accumulation_steps": ACCUMULATED}
    return TrainingArguments(
        output_dir=folder,
        max_steps=steps,
        use_cpu=True,
        seed=0,
        report_to="none",
        disable_tqdm=True,
        logging_strategy="no",
        save_strategy="no",
        max_grad_norm=0.0,  # clipping would hide that a loss is some thirty times too large
        **(usual | {"learning_rate": 1e-2} | more),
    )


def train(kind: type[DistillationTrainer], loss: Any, teacher: MarkovTeacher, **options: Any) -> Any:
    trainer = kind(teacher, loss, model=student(), **options)
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    return trainer.model


def moved(kind: type[DistillationTrainer], loss: Any, teacher: MarkovTeacher, *, batches: int) -> Tensor:
    """What one step of plain gradient descent over 32 sequences changes, cut into so many batches."""
    data = teacher.sequences(BATCH * ACCUMULATED, torch.Generator().manual_seed(3))
    plain = {"optim": "sgd", "learning_rate": 1.0, "lr_scheduler_type": "constant"}
    cut = {"per_device_train_batch_size": len(data) // batches, "gradient_accumulation_steps": batches}
    with tempfile.TemporaryDirectory() as folder:
        after = train(kind, loss, teacher, args=arguments(folder, 1, **plain, **cut), train_dataset=data)
    flat = torch.nn.utils.parameters_to_vector
    return (flat(student().parameters()) - flat(after.parameters())).detach()


def accumulation(teacher: MarkovTeacher) -> dict[str, float]:
    """Relative error of the gradient of four accumulated batches, held against that of one batch with all of it."""
    loss = nn.DistillationLoss(temperature=1.0)
    whole = moved(DistillationTrainer, loss, teacher, batches=1)
    tried = {
        "DistillationLoss": (DistillationTrainer, loss),
        "FusedLinearKL": (DistillationTrainer, nn.FusedLinearKL()),
        "mean of means": (MeanOfMeansTrainer, loss),
        "kl_div batchmean, no mask": (UsualTrainer, usual_batchmean),
    }
    found = {
        name: ((moved(kind, one, teacher, batches=ACCUMULATED) - whole).norm() / whole.norm()).item()
        for name, (kind, one) in tried.items()
    }
    assert max(found["DistillationLoss"], found["FusedLinearKL"]) < 1e-5, found
    assert found["mean of means"] > 1e-2, found
    return found


def students(teacher: MarkovTeacher, steps: int, sequences: int) -> list[Curve]:
    data = teacher.sequences(sequences, torch.Generator().manual_seed(1))
    rows = teacher.sequences(256, torch.Generator().manual_seed(2))
    held_out = {name: torch.stack([row[name] for row in rows]) for name in rows[0]}
    tried: dict[str, tuple[type[DistillationTrainer], Any]] = {
        "labels alone": (DistillationTrainer, nn.DistillationLoss(temperature=1.0, hard_weight=1.0)),
        "half labels, half kl_div mean": (UsualTrainer, usual_mean),
        "half labels, half D(teacher‖student)": (
            DistillationTrainer,
            nn.DistillationLoss(temperature=1.0, hard_weight=0.5),
        ),
        "D(teacher‖student)": (DistillationTrainer, nn.FusedLinearKL()),
        "D(teacher‖student), T = 2": (DistillationTrainer, nn.DistillationLoss(temperature=2.0)),
        "D(student‖teacher)": (DistillationTrainer, nn.DistillationLoss(temperature=1.0, direction="reverse")),
        "kl_div batchmean, no mask": (UsualTrainer, usual_batchmean),
    }
    curves = []
    for name, (kind, loss) in tried.items():
        curve = Curve(name, teacher, held_out, every=max(1, steps // 30))
        with tempfile.TemporaryDirectory() as folder:
            options = {"args": arguments(folder, steps), "train_dataset": data, "callbacks": [curve]}
            train(kind, loss, teacher, **options)
        curves.append(curve)
    return curves


def picture(curves: Sequence[Curve]) -> Figure:
    figure = Figure(figsize=(12, 4.8), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[1.25, 1])
    for curve, color in zip(curves, COLORS, strict=True):
        left.plot(curve.steps, curve.forward, color=color, label=curve.name)
    left.set_yscale("log")
    left.set_yticks([0.1, 0.2, 0.4, 0.8], ["0.1", "0.2", "0.4", "0.8"])
    left.minorticks_off()
    left.set_xlabel("steps of 32 sequences")
    left.set_ylabel("D(teacher‖student), nats per token")
    left.set_title("Held-out divergence from the teacher, exact", fontsize=10)
    left.legend(fontsize=8, frameon=False)
    places = torch.arange(len(curves)).numpy()
    for side, (name, hatch) in enumerate({"forward": "", "reverse": "////"}.items()):
        ends = [getattr(curve, name)[-1] for curve in curves]
        label = "D(teacher‖student)" if name == "forward" else "D(student‖teacher)"
        bars = right.barh(places + 0.2 * (2 * side - 1), ends, 0.38, color=COLORS, hatch=hatch, edgecolor="white")
        right.bar_label(bars, [f" {label} {end:.3f}" for end in ends], fontsize=7)
    right.set_yticks(places, [curve.name for curve in curves], fontsize=8)
    right.invert_yaxis()
    right.margins(x=0.75)
    right.set_xlim(left=0)
    right.set_xlabel("nats per token")
    right.set_title("Both directions after the last step", fontsize=10)
    return figure


def main(given: Sequence[str] | None = None) -> tuple[list[Curve], dict[str, float]]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer sequences and fewer steps")
    parser.add_argument("--output", type=Path, default=Path("distill_with_trainer.png"), help="where the picture goes")
    options = parser.parse_args(given)
    teacher = MarkovTeacher(torch.Generator().manual_seed(0))
    errors = accumulation(teacher)
    print("gradient of 4 accumulated batches against that of one batch, relative error")
    print("\n".join(f"  {name:<38}{error:.1e}" for name, error in errors.items()))
    curves = students(teacher, *((6, 200) if options.quick else (240, 1000)))
    print(f"\n{'student learns from':<38}{'D(teacher‖student)':>20}{'D(student‖teacher)':>20}  nats per held-out token")
    for curve in curves:
        print(f"{curve.name:<38}{curve.forward[-1]:>20.4f}{curve.reverse[-1]:>20.4f}")
    picture(curves).savefig(options.output, dpi=90)
    print(f"\npicture: {options.output}")
    return curves, errors


if __name__ == "__main__":
    main()
