"""The benchmarks and the simulation work: their tables are what they say, and their figures are measured."""

import math
import sys

import numpy as np
import pytest
from scipy import integrate, stats


@pytest.fixture(autouse=True)
def _from_the_repository(monkeypatch, request):
    monkeypatch.syspath_prepend(str(request.config.rootpath))


@pytest.mark.parametrize("cells", [2, 5, 20, 1000])
@pytest.mark.parametrize("bits", [0.001, 0.02, 0.5])
def test_tilted_laws_have_the_divergence(cells, bits, require):
    require("pyarrow")
    from bench.calibration import laws  # noqa: PLC0415

    q = laws.zipf(cells)
    p = laws.tilted(q, bits)
    assert stats.entropy(p, q, base=2) == pytest.approx(bits, rel=1e-9)
    assert p.sum() == pytest.approx(1)


def test_the_wider_law_has_the_divergence(require):
    require("pyarrow")
    from bench.calibration import laws  # noqa: PLC0415

    p, q = laws.wider(0.1).law, stats.norm()
    found, _ = integrate.quad(lambda x: p.pdf(x) * (p.logpdf(x) - q.logpdf(x)), -40, 40)
    assert found / math.log(2) == pytest.approx(0.1, rel=1e-9)


def test_columns_are_drawn_and_judged(require):
    require("pyarrow")
    from bench.calibration import laws, parts, replicates  # noqa: PLC0415

    run = replicates.Runner(1, 1.0)
    trials = run.trials(laws.normal(), laws.normal(0.5), 1000, 12, seed=[0])
    assert len(trials) == 12
    # The cells of the interval lose little of the true divergence, and never gain.
    truth = 0.125 / math.log(2)
    kept = [parts.over_cells(one, laws.normal(0.5), laws.normal()) for one in trials]
    assert 0.95 * truth < min(kept) <= max(kept) <= truth
    assert replicates.rate(trials, lambda one: one.p_value <= 0.05).share == 1
    again = replicates.Runner(2, 1.0).trials(laws.normal(), laws.normal(0.5), 1000, 12, seed=[0])
    assert again == trials


def test_a_rate_knows_its_error():
    from bench.calibration.replicates import Rate  # noqa: PLC0415

    assert Rate(50, 1000).error == pytest.approx(math.sqrt(0.05 * 0.95 / 1000))
    assert Rate(50, 1000).within(0.03, 0.065)
    assert not Rate(100, 1000).within(0.03, 0.065)


def test_the_cost_of_a_process_is_measured(tmp_path):
    from bench.measure import Cost, measure, script  # noqa: PLC0415

    program = tmp_path / "work.py"
    program.write_text(
        'import sys\nblock = bytearray(200_000_000)\nprint(\'{"flagged": [], "arguments": %d}\' % len(sys.argv))\n'
    )
    cost = measure(script(sys.executable, str(program), "a", "b"), limit=60)
    assert isinstance(cost, Cost)
    assert cost.answer == {"flagged": [], "arguments": 3}
    assert cost.peak_mb > 190
    assert 0 < cost.cpu < cost.wall + 5
    program.write_text("raise SystemExit('no such column')")
    assert measure(script(sys.executable, str(program)), limit=60) == "failed: no such column"
    program.write_text("import time\ntime.sleep(60)")
    assert measure(script(sys.executable, str(program)), limit=1) == "did not finish in 1 s"


def test_tables_hold_what_they_say(tmp_path, require):
    pq = require("pyarrow.parquet")
    require("pyarrow")
    from bench import data  # noqa: PLC0415

    paths = data.write_pair(tmp_path, "mixed", [data.shifted_table(4000, seed, shifted=seed == 2) for seed in (1, 2)])
    before, after = (pq.read_table(path).to_pandas() for path in paths)
    assert {f"{kind}_{name}" for kind in ("shifted", "same") for name in data.SHIFTS} == set(before)
    assert after["shifted_nulls"].isna().mean() == pytest.approx(0.3, abs=0.03)
    assert after["same_nulls"].isna().mean() == pytest.approx(0.1, abs=0.03)
    assert "new" in set(after["shifted_new"])
    assert "new" not in set(after["same_new"])
    for name in ("location", "spread", "tail", "skew", "count", "zeros"):
        assert stats.ks_2samp(before[f"shifted_{name}"], after[f"shifted_{name}"]).pvalue < 1e-4
        assert stats.ks_2samp(before[f"same_{name}"], after[f"same_{name}"]).pvalue > 1e-4
    wide = data.make_table(tmp_path / "wide.parquet", 100, 12, 3)
    assert pq.read_table(wide).num_columns == 12
    assert np.isfinite(pq.read_table(wide)["c0"].to_numpy()).all()
