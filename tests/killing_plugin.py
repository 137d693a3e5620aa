"""A degradation that kills its own process, once: the worker that finds no note at a place that a variable names."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lfsrkit import DEGRADATIONS
from lfsrkit.degradations.base import Degradation


@DEGRADATIONS.register("killing", tags=("coding",))
@dataclass(frozen=True)
class Killing(Degradation):
    """Leave pictures as they are.

    Args:
        note: File that tells which process was killed.
        patience: Batches that a process works on before.
    """

    note: str
    patience: int = 2

    def sample(self, n: int, generator: Any) -> dict[str, Any]:
        return {"none": [0] * n}

    def neutral(self, n: int) -> dict[str, Any]:
        return {"none": [0] * n}

    def apply(self, images: Any, params: Any) -> Any:
        object.__setattr__(self, "patience", self.patience - 1)
        if self.patience < 0 and not Path(self.note).exists():
            Path(self.note).write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGKILL)
        return images
