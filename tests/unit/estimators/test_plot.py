import numpy as np
import pytest

import kullback as kl
from kullback.estimators import plot_contributions, save_plot


@pytest.fixture
def table(require):
    require("matplotlib")
    rng = np.random.default_rng(0)

    def side(shift, n=400):
        frame = {"v": rng.exponential(1.0 + shift, n), "g": rng.choice(["$a", "b"], n, p=[0.5 - shift, 0.5 + shift])}
        return require("pandas").DataFrame(frame)

    return side(0.0), side(0.3)


def test_bars_add_up_to_the_mean_log_ratio(table):
    x, y = table
    found = kl.estimate(x, y)
    figure = plot_contributions(found, x)
    for axis in figure.axes:
        total = sum(bar.get_height() for bar in axis.patches)
        assert total == pytest.approx(found.log_ratios.mean(), rel=1e-9)
    assert [axis.get_title() for axis in figure.axes] == ["v", "g"]


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_files(table, tmp_path, ending):
    x, y = table
    save_plot(kl.estimate(x, y), x, tmp_path / f"a.{ending}")
    assert (tmp_path / f"a.{ending}").stat().st_size > 1000


def test_bad_requests(table, tmp_path):
    x, y = table
    found = kl.estimate(x, y)
    with pytest.raises(kl.InputError, match="made from"):
        plot_contributions(found, x[:10])
    with pytest.raises(kl.InputError, match="no column 'w'"):
        plot_contributions(found, x, columns=["w"])
    with pytest.raises(kl.InputError, match=r"Use \.png"):
        save_plot(found, x, tmp_path / "a.xyz")
    with pytest.raises(kl.InputError, match="no log ratios"):
        plot_contributions(kl.estimate({"a": 3}, {"a": 4}), ["a"] * 3)
