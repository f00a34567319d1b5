"""Distributed training with torchrun: several processes, one per device, each with a part of every batch.

Every process takes its part of a batch through the network; the embeddings are then gathered, with gradients, so that
sampling rule and loss see the whole batch, as on one device. All processes compute the same loss; the first one alone
reports and writes. Batch normalisation is synchronised on CUDA; elsewhere each process normalises by its own part.
"""

import contextlib
import os
from collections.abc import Iterator

import torch
import torch.distributed as dist
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.autograd import Function
from torch.nn.parallel import DistributedDataParallel


@contextlib.contextmanager
def process_group() -> Iterator[None]:
    """Initialise the process group of torchrun within the block; without torchrun, do nothing."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield
        return
    if torch.cuda.is_available():
        torch.cuda.set_device(local_rank())
    dist.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo")
    try:
        yield
    finally:
        dist.destroy_process_group()


def processes() -> int:
    """Number of processes; 1 outside of `process_group`."""
    return dist.get_world_size() if dist.is_initialized() else 1


def is_first_process() -> bool:
    """Whether this is the process that reports and writes."""
    return not dist.is_initialized() or dist.get_rank() == 0


def local_rank() -> int:
    """This process's number on its machine, and that of its device."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def local_rows(rows: Int[Tensor, "b"]) -> Int[Tensor, "s"]:
    """This process's part of a batch; parts differ by one row at most."""
    return rows.tensor_split(processes())[dist.get_rank()] if dist.is_initialized() else rows


def gather(part: Float[Tensor, "s d"], rows: int) -> Float[Tensor, "b d"]:
    """The embeddings of the whole batch of `rows`, in its order, from every process's share of it."""
    if processes() == 1:
        return part
    sizes = [len(piece) for piece in torch.arange(rows).tensor_split(processes())]
    padded = torch.cat([part, part.new_zeros(max(sizes) - len(part), part.shape[1])])  # collectives want equal sizes
    pieces = _Gather.apply(padded).unflatten(0, (processes(), max(sizes)))
    return torch.cat([piece[:size] for piece, size in zip(pieces, sizes, strict=True)])


def replicate(network: nn.Module) -> nn.Module:
    """The network with its gradients averaged over the processes at every step."""
    return network if processes() == 1 else DistributedDataParallel(network)


class _Gather(Function):
    """All parts on all processes. Every process computes the same loss, and backward sums their gradients of a part;
    `replicate` averages over processes, so that gradients are those of one process with the whole batch."""

    @staticmethod
    def forward(_context: object, part: Tensor) -> Tensor:
        gathered = part.new_empty(processes() * len(part), *part.shape[1:])
        dist.all_gather_single(gathered, part.contiguous())
        return gathered

    @staticmethod
    def backward(_context: object, *gradients: Tensor) -> Tensor:
        total = gradients[0].contiguous()
        dist.all_reduce(total)
        return total.chunk(processes())[dist.get_rank()]
