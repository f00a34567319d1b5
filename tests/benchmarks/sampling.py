"""`nearest_positives` against pytorch-metric-learning's easy-positive miner: time, answers and memory.

    python -m tests.benchmarks.sampling

Both on one thread, in turn within one run, so that the ratio does not depend on the machine's other work.
"""

import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from pytorch_metric_learning.distances import LpDistance
from pytorch_metric_learning.miners import BatchEasyHardMiner
from torch import Tensor

from core.sampling import nearest_positives

DIMENSION = 128
SIZES = (128, 512, 1024, 4096)
LARGE = 65_536
BUDGET_AT_1024 = 3.0
"""Times faster than the miner."""


def batch(n: int, *, samples_per_class: int = 32) -> tuple[Tensor, Tensor]:
    embeddings = torch.randn(n, DIMENSION, generator=torch.Generator().manual_seed(n))
    labels = torch.arange(n) // samples_per_class
    return torch.nn.functional.normalize(embeddings, dim=1), labels[torch.randperm(n)]


def seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def compare(n: int, samples_per_class: int) -> tuple[float, float, float]:
    """(ours, miner, share of the miner's anchors with the same positive); times are medians in seconds."""
    embeddings, labels = batch(n, samples_per_class=samples_per_class)
    distance = LpDistance(normalize_embeddings=False)
    miner = BatchEasyHardMiner(pos_strategy="easy", neg_strategy="semihard", distance=distance)
    anchors, positives, *_ = miner(embeddings, labels)
    same = (nearest_positives(embeddings, labels)[anchors] == positives).float().mean().item()
    times = [
        (seconds(lambda: nearest_positives(embeddings, labels)), seconds(lambda: miner(embeddings, labels)))
        for _ in range(5 if n > 2000 else 15)
    ]
    ours, theirs = (statistics.median(column) for column in zip(*times, strict=True))
    return ours, theirs, same


def memory_of_large(samples_per_class: int) -> tuple[float, float]:
    """(seconds, MiB at the peak above what was held before) at LARGE items, in a process of its own; Linux only."""
    embeddings, labels = batch(LARGE, samples_per_class=samples_per_class)
    nearest_positives(embeddings[:64], labels[:64])
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak of the imports
    before = kibibytes("VmRSS")
    spent = seconds(lambda: nearest_positives(embeddings, labels))
    return spent, (kibibytes("VmHWM") - before) / 1024


def kibibytes(key: str) -> int:
    return int(re.search(rf"{key}:\s*(\d+)", Path("/proc/self/status").read_text())[1])


def main() -> int:
    torch.set_num_threads(1)
    if len(sys.argv) > 1:
        print(*memory_of_large(int(sys.argv[1])))
        return 0
    print(f"{'n':>6} {'a class':>8} {'ours ms':>9} {'miner ms':>9} {'faster':>7} {'same':>7}")
    ratio = 0.0
    for n in SIZES:
        for samples_per_class in (32, n // 2):
            ours, theirs, same = compare(n, samples_per_class)
            ratio = min(ratio or 1e9, theirs / ours) if n == 1024 else ratio
            row = f"{n:>6} {samples_per_class:>8} {ours * 1e3:>9.2f} {theirs * 1e3:>9.2f}"
            print(f"{row} {theirs / ours:>6.1f}x {same:>7.2%}", flush=True)
    for samples_per_class in (32, 4096):
        command = [sys.executable, "-m", "tests.benchmarks.sampling", str(samples_per_class)]
        spent, mebibytes = map(
            float, subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        )
        print(
            f"{LARGE} items, {samples_per_class} a class: {spent:.1f} s, {mebibytes:.0f} MiB on top of the embeddings"
        )
    print(f"budget at n = 1024: {BUDGET_AT_1024}x, measured: {ratio:.1f}x")
    return int(ratio < BUDGET_AT_1024)


if __name__ == "__main__":
    sys.exit(main())
