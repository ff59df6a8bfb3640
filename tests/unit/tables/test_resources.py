"""How much memory DuckDB may use follows the limits of control groups."""

import pytest

from kullback.tables.engines import _resources

PHYSICAL = 16 * 2**30


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """`machine("0::/a/b\\n", {"a/memory.max": "100"})` is a machine of 16 GB with these groups."""

    def build(membership, files):
        for name, content in files.items():
            file = tmp_path / "cgroup" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
        (tmp_path / "membership").write_text(membership)
        found = list(_resources._group_limits(tmp_path / "membership", tmp_path / "cgroup"))
        monkeypatch.setattr(_resources, "_limits", lambda: [PHYSICAL, *found])
        return found

    return build


def test_version_2_takes_the_groups_above_too(machine):
    found = machine("0::/pod/job\n", {"pod/memory.max": "2000000000\n", "pod/job/memory.max": "max\n"})
    assert found == [2_000_000_000]


def test_version_1(machine):
    groups = "4:memory:/job\n3:cpuset:/\n"
    assert machine(groups, {"memory/job/memory.limit_in_bytes": "805306368\n"}) == [768 * 2**20]


def test_in_a_container_the_group_is_the_root(machine):
    assert machine("0::/not/here\n", {"memory.max": "1000000000"}) == [10**9]


def test_no_groups(machine, tmp_path):
    assert machine("", {}) == []
    assert list(_resources._group_limits(tmp_path / "nowhere", tmp_path)) == []


@pytest.mark.parametrize(("megabytes", "most"), [(16_384, 9830.4), (768, 460.8), (512, 212), (200, 64)])
def test_a_share_is_left_for_the_rest(machine, megabytes, most):
    machine("0::/\n", {"memory.max": str(megabytes * 2**20)})
    assert _resources.memory_limit() == pytest.approx(most * 2**20, rel=1e-3)
