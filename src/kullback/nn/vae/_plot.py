"""The picture of a collapse report: what each latent dimension pays, and what of it is information."""

from typing import TYPE_CHECKING, Any

from kullback._core import COLORS, new_picture

if TYPE_CHECKING:
    from kullback.nn.vae._report import CollapseReport

_CARRIES, _PAYS, *_ = COLORS


def drawn(report: "CollapseReport", /) -> Any:
    """A bar for each dimension, largest first."""
    order = sorted(range(len(report.kl)), key=lambda place: -report.kl[place])
    carried = [report.information[place] for place in order]
    paid = [max(report.kl[place] - report.information[place], 0.0) for place in order]
    figure = new_picture(max(4.5, 1.5 + 0.28 * len(order)), 3.4)
    axis = figure.subplots()
    axis.bar(range(len(order)), carried, color=_CARRIES, label="information, at most")
    axis.bar(range(len(order)), paid, bottom=carried, color=_PAYS, label="mismatch with the prior")
    axis.axhline(report.floor, color="0.4", linewidth=0.8, linestyle="--", label=f"floor, {report.floor:g} nats")
    step = max(1, len(order) // 16)
    axis.set_xticks(range(0, len(order), step), [str(place) for place in order[::step]], fontsize=8)
    axis.set_xlabel("latent dimension, largest KL first")
    axis.set_ylabel("mean KL, nats per example")
    axis.set_title(f"{report.verdict}\nrate {report.rate:.4g} nats", fontsize=10)
    axis.legend(fontsize=8, frameon=False)
    return figure
