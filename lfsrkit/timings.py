"""How long each plug takes on this machine, so that others can publish the same table of theirs."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Generator

from lfsrkit import seeding
from lfsrkit.calls import Call, parse_call
from lfsrkit.degradations.base import Params
from lfsrkit.degradations.chain import Chain, chain_from_calls
from lfsrkit.devices import choose_device
from lfsrkit.masks.base import STREAM, MaskStrategy
from lfsrkit.pairs.degrade import STAGE, replay
from lfsrkit.regions import template_regions
from lfsrkit.registries import DEGRADATIONS, MASKS
from lfsrkit.registry import Registry
from lfsrkit.types import Masks


@dataclass(frozen=True)
class Timing:
    """Time of one component for a whole batch."""

    name: str
    draw_ms: float
    """Drawing the random numbers."""
    apply_ms: float
    """Computing with them; 0 where drawing is all there is."""
    pictures_per_second: float


def time_degradations(
    calls: Sequence[str] = (),
    *,
    size: int = 128,
    batch_size: int = 64,
    device: str = "auto",
    threads: int = 1,
    seconds: float = 0.5,
) -> Iterator[Timing]:
    """Time degradations from 8-bit clean pictures to 8-bit low ones, as a build applies them.

    Args:
        calls: Degradations or named chains; by default every one that needs no argument.
        size: Side of the pictures in pixels.
        batch_size: Pictures of a batch.
        device: Where they are applied; ``auto`` = an accelerator if there is one.
        threads: CPU threads.
        seconds: Time spent on each measurement.

    Yields:
        A timing per degradation, medians of several runs.
    """
    chosen = choose_device(device)
    noise = torch.rand(batch_size, 3, size, size, generator=Generator().manual_seed(0))
    clean = (noise * 255).to(torch.uint8).to(chosen)
    ids = [str(index) for index in range(batch_size)]
    for call in _calls(DEGRADATIONS, calls):
        chain = chain_from_calls([call])
        drawing = partial(_drawn, chain, ids)
        draw = _milliseconds(drawing, threads, seconds)
        apply = _milliseconds(partial(replay, chain, clean, drawing()), threads, seconds)
        yield Timing(str(call), draw, apply, 1e3 * batch_size / (draw + apply))


def time_masks(
    calls: Sequence[str] = (), *, size: int = 128, batch_size: int = 64, threads: int = 1, seconds: float = 0.5
) -> Iterator[Timing]:
    """Time mask strategies.

    Args:
        calls: Strategies; by default every one that needs no argument.
        size: Side of the masks in pixels.
        batch_size: Masks of a batch.
        threads: CPU threads.
        seconds: Time spent on each measurement.

    Yields:
        A timing per strategy, medians of several runs.
    """
    given = {
        "regions": template_regions(size)[None].repeat(batch_size, 1, 1, 1),
        "low": torch.rand(batch_size, 3, size, size, generator=Generator().manual_seed(0)),
        "error": torch.rand(batch_size, 1, size, size, generator=Generator().manual_seed(1)),
    }
    ids = [str(index) for index in range(batch_size)]
    for call in _calls(MASKS, calls):
        strategy = MASKS.build(call)
        needed = {name: value for name, value in given.items() if name in strategy.needs}
        draw = _milliseconds(partial(_masked, strategy, ids, size, needed), threads, seconds)
        yield Timing(str(call), draw, 0.0, 1e3 * batch_size / draw)


def _drawn(chain: Chain, ids: Sequence[str]) -> Params:
    return chain.sample(len(ids), seeding.generators(0, ids, 0, STAGE))


def _masked(strategy: MaskStrategy, ids: Sequence[str], size: int, needed: Mapping[str, Any]) -> Masks:
    return strategy.sample(len(ids), size, size, seeding.generators(0, ids, 0, STREAM), **needed)


def _calls(registry: Registry[Any], texts: Sequence[str]) -> list[Call]:
    if texts:
        return [parse_call(text) for text in texts]
    return [Call(entry.name) for entry in registry if not any(item.required for item in entry.parameters())]


def _milliseconds(work: Callable[[], object], threads: int, seconds: float) -> float:
    # Its import looks for a CUDA compiler and warns where there is one but no GPU, which is of no interest here.
    logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)
    from torch.utils.benchmark import Timer

    measured = Timer("work()", globals={"work": work}, num_threads=threads).blocked_autorange(min_run_time=seconds)
    return 1e3 * measured.median
