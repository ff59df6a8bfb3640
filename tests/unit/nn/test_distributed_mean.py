"""Two processes on this machine: a step of both together is the step of one process with all rows."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

WORKER = """
import json, sys
import torch
from torch import distributed
from torch.nn.parallel import DistributedDataParallel
from kullback.nn import collapse_report, count_items, kl_loss
from kullback.nn.metrics import GaussianKL, KLDivergence, LogScore

rank, port, out = int(sys.argv[1]), sys.argv[2], sys.argv[3]
distributed.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=2)
chance = torch.Generator().manual_seed(0)
x, teacher = torch.randn(2, 2, 6, 5, generator=chance), torch.randn(2, 2, 6, 7, generator=chance)
mask = torch.rand(2, 2, 6, generator=chance) < torch.tensor([[[0.9], [0.3]], [[0.6], [0.2]]])
mask[1, 1] = False  # one batch has no row at all

def gradient(model):
    return torch.cat([one.grad.flatten() for one in model.parameters()])

def fresh():
    torch.manual_seed(0)
    return torch.nn.Linear(5, 7)

whole = fresh()
kl_loss(whole(x), teacher, mask=mask).backward()

def distributed_step(items):
    model = DistributedDataParallel(fresh())
    for step in range(2):
        loss = kl_loss(model(x[rank, step]), teacher[rank, step], mask=mask[rank, step], num_items=items)
        if items is None:
            loss = loss / 2  # the naive mean over accumulated batches
        if step == 0:
            with model.no_sync():
                loss.backward()
        else:
            loss.backward()
    return ((gradient(model) - gradient(whole)).norm() / gradient(whole).norm()).item()

found = {"items": count_items(mask[rank].unbind()).item(), "rows": int(mask.sum())}
found["all"] = count_items(mask[rank].unbind(), averaged=False).item()
found["ours"] = distributed_step(found["items"])
found["naive"] = distributed_step(None)
student = x.new_tensor(range(7)) * x.sum(-1, keepdim=True) / 10
labels = teacher.argmax(-1)
mean, log_var = x[..., :2] + 1000, x[..., 2:4]
kl, score, latent, idle = KLDivergence(), LogScore(), GaussianKL(2), KLDivergence()
for step in range(2):
    kl.update(student[rank, step], teacher[rank, step], mask[rank, step])
    score.update(student[rank, step], labels[rank, step], mask[rank, step])
    if rank or step:  # batches of unequal number
        latent.update(mean[rank, step], log_var[rank, step], mask[rank, step])
if rank:
    idle.update(student[0, 0], teacher[0, 0])
kept = mask.clone()
kept[0, 0] = False
true = collapse_report(mean[kept], log_var[kept])
merged = latent.compute()
found["metrics"] = {
    "kl": [kl.compute().item(), kl_loss(student, teacher, mask=mask).item()],
    "idle": [idle.compute().item(), kl_loss(student[0, 0], teacher[0, 0]).item()],
    "score": [score.compute().item(), kl_loss(student, labels, mask=mask).item()],
    "perplexity": [score.perplexity.item(), kl_loss(student, labels, mask=mask).exp().item()],
    "rate": [merged["rate"].item(), true.rate],
    "variance": [merged["variance"].tolist(), list(true.variances)],
    "examples": [merged["examples"].item(), true.n],
    "local again": [float(kl.rows), float(mask[rank].sum())],
}
with open(f"{out}/{rank}.json", "w") as file:
    json.dump(found, file)
distributed.destroy_process_group()
"""


@pytest.fixture(scope="module")
def ranks(require, tmp_path_factory):
    require("torchmetrics")
    folder = tmp_path_factory.mktemp("ranks")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    environment = os.environ | {"OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    running = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(rank), port, str(folder)],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    try:
        said = [process.communicate(timeout=120)[1] for process in running]
    finally:
        for process in running:
            process.kill()
    assert [process.returncode for process in running] == [0, 0], "\n".join(said)
    return [json.loads(Path(folder, f"{rank}.json").read_text()) for rank in range(2)]


def test_both_processes_divide_by_their_share_of_all_rows(ranks):
    assert [one["items"] for one in ranks] == [ranks[0]["rows"] / 2] * 2
    assert [one["all"] for one in ranks] == [ranks[0]["rows"]] * 2


def test_gradient_is_that_of_one_process_with_all_rows(ranks):
    assert max(one["ours"] for one in ranks) < 1e-6


def test_mean_of_means_is_another_gradient(ranks):
    assert min(one["naive"] for one in ranks) > 0.1


def test_metrics_merge_to_those_of_all_data(ranks):
    for one in ranks:
        for ours, true in one["metrics"].values():
            assert ours == pytest.approx(true, rel=1e-6)
