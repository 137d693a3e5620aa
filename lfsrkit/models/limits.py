"""A bound on what a network may hold, for those whose design a file has chosen."""

import threading
from collections.abc import Generator
from contextlib import contextmanager

from torch import nn
from torch.nn.modules.module import register_module_parameter_registration_hook

from lfsrkit.errors import DamagedFile

SMALL = 2**24
"""Numbers that any network may have: 64 MB."""

_OVERHEAD = 1024
"""What a parameter costs beside its numbers, in numbers: a thousand tiny layers take time and memory, too."""


@contextmanager
def at_most(numbers: int, what: str) -> Generator[None]:
    """Stop the making of a network once it has far more numbers than there are for it; memory is not touched by then.

    Args:
        numbers: How many there are. A network may ask for four times as many, or for `SMALL`: some parameters are made
            and then given up.
        what: What they are in, for the message.

    Raises:
        DamagedFile: In the block, when the network becomes too large.
    """
    largest, asked, mine = max(SMALL, 4 * numbers), 0, threading.get_ident()

    def count(_module: nn.Module, _name: str, parameter: nn.Parameter | None) -> None:
        nonlocal asked
        # What is on no device takes no memory; backbones of timm are looked at that way before they are made.
        if parameter is None or parameter.is_meta or threading.get_ident() != mine:
            return
        asked += parameter.numel() + _OVERHEAD
        if asked > largest:
            raise DamagedFile(f"{what} names a network of more than {largest:,} numbers, and holds {numbers:,}")

    hook = register_module_parameter_registration_hook(count)
    try:
        yield
    finally:
        hook.remove()
