"""Export every network to ONNX for any size, and say how far its pictures are from torch's, or why it cannot be done.

    python benchmarks/onnx_any_size.py [NAME]... [--scale 8]

Weights are random; the sizes that are tried are those of `lfsrkit export`. Each takes from seconds to minutes.
"""

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from lfsrkit import MODELS
from lfsrkit.errors import LfsrkitError
from lfsrkit.export import export_onnx
from lfsrkit.models import Restorer

HEAVY = {"edsr", "lfsrnet_large", "swinir_m"}
"""The same layers as networks beside them, only more."""
CASCADES = ("dln+edsr_baseline", "edsr_baseline+dln")


def made(name: str, scale: int) -> Restorer:
    torch.manual_seed(0)
    return MODELS.create(name, **({} if name == "dln" else {"scale": scale}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--scale", type=int, default=8)
    options = parser.parse_args()
    for name in options.names or [*(name for name in MODELS.names() if name not in HEAVY), *CASCADES]:
        start = time.perf_counter()
        with TemporaryDirectory() as folder:
            try:
                facts = export_onnx(made(name, options.scale).eval(), Path(folder) / "model.onnx").facts
                found = f"any size, largest difference {facts['largest difference to torch']}"
            except LfsrkitError as error:
                found = f"no: {error}"
        print(f"{name:20} {time.perf_counter() - start:6.0f} s  {found}", flush=True)


if __name__ == "__main__":
    main()
