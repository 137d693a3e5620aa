"""The processes of a run: one, or several that ``torchrun`` or ``accelerate launch`` has started."""

import gc
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar, final

import torch
from torch import Tensor, distributed, nn

from lfsrkit.errors import LfsrkitError

T = TypeVar("T")


def is_first_process() -> bool:
    """Tell whether this process is the only one, or the first of those that a launcher has started."""
    return os.environ.get("RANK", "0") == "0"


def count_processes() -> int:
    """Count the processes that a launcher has started; one without."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def agreed_exit_code(exit_code: int) -> int:
    """Agree with the other processes on how the program ends.

    Args:
        exit_code: How this process would end; 0 if nothing has ended it early.

    Returns:
        The largest code of all processes: a launcher tells that of whichever ends first.
    """
    if not _several():
        return exit_code
    codes: list[Any] = [exit_code] * distributed.get_world_size()
    distributed.all_gather_object(codes, exit_code)
    return max(codes)


def leave_processes() -> None:
    """Take leave of the other processes, last of all: once one has ended with an error, a launcher ends the others."""
    if not _several():
        return
    # Nobody may still be listening, and no leftover module hold on to the group: its threads would abort the exit.
    distributed.barrier()
    gc.collect()
    distributed.destroy_process_group()


def _several() -> bool:
    return distributed.is_available() and distributed.is_initialized()


@final
class Ranks:
    """The processes that train together; where there is only one, each method gives back what it was given.

    Args:
        device: Device as asked for; of several processes on a machine each gets an accelerator of its own.
    """

    def __init__(self, device: torch.device) -> None:
        from accelerate import Accelerator

        several = count_processes() > 1
        # Accelerate keeps precision for the whole process, which may hold several runs: the learner does precision.
        self._accelerator = Accelerator(
            mixed_precision="no", device_placement=False, cpu=several and device.type == "cpu"
        )
        self.count = self._accelerator.num_processes
        self.index = self._accelerator.process_index
        self.device = _numbered(device)

    @property
    def first(self) -> bool:
        """Whether this process is the one that writes."""
        return self.index == 0

    def joined(self, module: nn.Module, *, some_unused: bool = False) -> nn.Module:
        """Wrap a module so that its gradients are averaged over the processes.

        Args:
            module: On the device; every process has the same weights.
            some_unused: Whether parameters may be left out of a step.
        """
        if self.count == 1:
            return module
        from accelerate.utils import DistributedDataParallelKwargs

        handler = DistributedDataParallelKwargs(find_unused_parameters=some_unused)
        # Its constructor would take this, but runs before the model is known.
        self._accelerator.ddp_handler = handler  # pyright: ignore[reportAttributeAccessIssue]
        return self._accelerator.prepare_model(module)

    def apart(self, module: nn.Module) -> AbstractContextManager[None]:
        """Keep gradients to this process within a block: for every part of a step but the last.

        Args:
            module: From `joined`.
        """
        return self._accelerator.no_sync(module) if self.count > 1 else nullcontext()

    def mean(self, numbers: Tensor) -> Tensor:
        """Average numbers over the processes.

        Args:
            numbers: Any tensor on the device.
        """
        if self.count == 1:
            return numbers
        distributed.all_reduce(numbers)
        return numbers / self.count

    def total(self, numbers: Sequence[float]) -> list[float]:
        """Add numbers over the processes, in double precision.

        Args:
            numbers: As many in every process.
        """
        if self.count == 1:
            return list(numbers)
        sums = torch.tensor(numbers, dtype=torch.float64, device=self.device)
        distributed.all_reduce(sums)
        return sums.tolist()

    def any(self, flag: bool) -> bool:
        """Tell whether any process says yes.

        Args:
            flag: What this one says.
        """
        return flag if self.count == 1 else self.total([float(flag)])[0] > 0

    def gathered(self, value: T) -> list[T]:
        """Give what every process has, in order.

        Args:
            value: What this one has.
        """
        if self.count == 1:
            return [value]
        values: list[Any] = [None] * self.count
        distributed.all_gather_object(values, value)
        return values

    def shared(self, value: T) -> T:
        """Give what the first process has.

        Args:
            value: Ignored in all others.
        """
        if self.count == 1:
            return value
        box = [value]
        distributed.broadcast_object_list(box)
        return box[0]

    def align(self, tensors: Iterable[Tensor]) -> None:
        """Set tensors to those of the first process.

        Args:
            tensors: On the device; as many in every process.
        """
        if self.count > 1:
            for tensor in tensors:
                distributed.broadcast(tensor, src=0)

    def by_first(self, action: Callable[[], T]) -> T:
        """Do something in the first process alone, and give its result in all of them.

        Args:
            action: What writes.

        Raises:
            LfsrkitError: In all processes, if the first one has failed: none goes on alone.
        """
        if self.count == 1:
            return action()
        result, error = _tried(action) if self.first else (None, None)
        result, reason = self.shared((result, None if error is None else f"{type(error).__name__}: {error}"))
        if error is not None:
            raise error
        if reason is not None:
            raise LfsrkitError(f"the first process has stopped: {reason}")
        return result  # pyright: ignore[reportReturnType] - no error, so it is the result


def _tried(action: Callable[[], T]) -> tuple[T | None, Exception | None]:
    try:
        return action(), None
    except Exception as error:  # the others have to hear of it before it is raised
        return None, error


def _numbered(device: torch.device) -> torch.device:
    """Name the accelerator of this process by its number, because threads begin with the first one as theirs."""
    if str(device) == "cuda":
        return torch.device("cuda", torch.cuda.current_device())
    return device
