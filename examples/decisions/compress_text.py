"""Send a text with a code that was built for another: what the divergence says, and what a coder really spends.

Models of Genesis, Exodus and the Constitution of the United States code held-out pages of Genesis, character by
character, by range coding (`pip install constriction`; without it the measured column is empty).

    python examples/decisions/compress_text.py [--quick] [--output compress_text.png]
"""

import argparse
import math
from pathlib import Path

import matplotlib as mpl
import numpy as np

from kullback import decisions

mpl.use("Agg")
from matplotlib import pyplot as plt

DATA = Path(__file__).resolve().parents[1] / "data"
TEXTS = {"Genesis": "genesis-1-20.txt", "Exodus": "exodus-1-20.txt", "Constitution": "us-constitution.txt"}
ORDERS = (1, 2, 3, 4, 5)
COLORS = ("#0072b2", "#009e73", "#d55e00")


def measured(model: decisions.NGramModel, text: str) -> float | None:
    """Bits per character that a range coder spends."""
    try:
        import constriction  # noqa: PLC0415 - an extra of this example
    except ImportError:
        return None
    coder = constriction.stream.queue.RangeEncoder()
    codes = model.codes(text)
    for place, code in enumerate(codes):
        law = model.laws([model.context(codes, place)])[0]
        coder.encode(code, constriction.stream.model.Categorical(law, perfect=True))
    return coder.num_bits() / len(codes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="shorter held-out pages")
    parser.add_argument("--output", type=Path, default=Path("compress_text.png"))
    options = parser.parse_args()
    blocks = 3 if options.quick else 8
    # Lines are broken differently in the two sources.
    texts = {name: " ".join((DATA / file).read_text("utf-8").split()) for name, file in TEXTS.items()}
    alphabet = sorted(set("".join(texts.values())))
    train, held_out = {}, {}
    for name, text in texts.items():
        pages = [text[start : start + 1_000] for start in range(0, 40_000, 1_000)]
        held_out[name] = "".join(pages[2::5][:blocks])  # from all over the text, and none of it is learned
        train[name] = "".join(page for place, page in enumerate(pages) if place % 5 != 2)

    print("Held-out Genesis, models of three characters before the next (order 4):")
    print(f"{'code built for':16}{'model says':>12}{'coder spends':>14}   bits per character")
    for name, text in train.items():
        model = decisions.ngram_model(text, order=4, vocabulary=alphabet)
        real = measured(model, held_out["Genesis"])
        said = model.cross_entropy(held_out["Genesis"]) / math.log(2)
        print(f"{name:16}{said:12.4f}{'–' if real is None else f'{real:.4f}':>14}")

    print("\nExtra bits per character for Genesis, with 95 % intervals:")
    costs: dict[str, list] = {name: [] for name in list(TEXTS)[1:]}
    for name, found in costs.items():
        for order in ORDERS[: 3 if options.quick else 5]:
            found.append(decisions.text_divergence(train["Genesis"], train[name], order=order, base=2))
        print(
            f"{name:16}", ", ".join(f"{one.value:.3f} [{one.interval[0]:.3f}, {one.interval[1]:.3f}]" for one in found)
        )

    model = decisions.ngram_model(train["Genesis"], order=5, smoothing="kneser-ney", vocabulary=alphabet)
    print("\nThe model of Genesis goes on by itself:", repr("".join(model.generate(120, start="And God ", rng=1))))

    figure, axes = plt.subplots(1, 2, figsize=(9.6, 3.6), layout="constrained")
    for (name, found), color in zip(costs.items(), COLORS[1:], strict=True):
        values = np.array([one.value for one in found])
        ends = np.abs(np.array([one.interval for one in found]).T - values)
        axes[0].errorbar(
            ORDERS[: len(found)], values, yerr=ends, color=color, marker="o", capsize=3, label=f"code for {name}"
        )
    axes[0].set(xlabel="order of the model, characters", ylabel="extra bits per character", xticks=ORDERS[: len(found)])
    axes[0].set_title("Genesis in a code for another text", fontsize=10)
    axes[0].legend(frameon=False)
    pair = [decisions.ngram_model(train[name], order=2, vocabulary=alphabet) for name in ("Constitution", "Genesis")]
    gap = decisions.model_divergence(*pair)
    shown = gap.by_token[:16]
    axes[1].bar(range(len(shown)), [nats / math.log(2) for _, nats in shown], color=COLORS[0])
    axes[1].set_xticks(range(len(shown)), [repr(token)[1:-1] if token != " " else "space" for token, _ in shown])
    axes[1].tick_params(axis="x", labelrotation=60)
    axes[1].set(xlabel="character", ylabel="adds to D, bits per character")
    axes[1].set_title(f"D(Constitution‖Genesis) = {gap.bits:.2f} bits per character, pairs", fontsize=10)
    figure.savefig(options.output, dpi=110)
    print(f"\nwrote {options.output}")


if __name__ == "__main__":
    main()
