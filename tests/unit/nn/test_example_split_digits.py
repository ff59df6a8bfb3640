import importlib.util
import sys
import warnings
from pathlib import Path

import pytest
import torch

EXAMPLE = Path(__file__).parents[3] / "examples" / "training" / "split_digits_ewc.py"


@pytest.fixture(scope="module")
def example(require):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # what curvlinops imports uses torch.jit
        for name in ("sklearn", "matplotlib", "curvlinops"):
            require(name)
    spec = importlib.util.spec_from_file_location("split_digits_ewc", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where its dataclass looks itself up
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture(scope="module")
def found(example, tmp_path_factory):
    path = tmp_path_factory.mktemp("split") / "picture.png"
    threads = torch.get_num_threads()
    split, permuted = example.main(["--quick", "--output", str(path)])
    torch.set_num_threads(threads)
    assert path.read_bytes().startswith(b"\x89PNG")
    return split, permuted


def test_the_penalty_remembers_what_fine_tuning_forgets(found):
    split, permuted = found
    old = {method: float(curves[-1, 0]) for method, curves in split.items()}
    assert old["diagonal"] > old["fine-tuning"] + 0.05
    assert old["Kronecker"] > old["fine-tuning"] + 0.05
    for method in ("separate", "online"):
        assert permuted[method][-1].mean() > permuted["fine-tuning"][-1].mean()


def test_squared_batch_means_at_the_same_strength_do_next_to_nothing(found):
    old = {method: float(curves[-1, 0]) for method, curves in found[0].items()}
    assert abs(old["squared batch mean"] - old["fine-tuning"]) < 0.5 * abs(old["diagonal"] - old["fine-tuning"])


def test_before_the_second_task_all_are_the_same(found):
    first = [curves[: len(curves) // 2] for curves in found[0].values()]
    assert all(torch.equal(curves, first[0]) for curves in first)
