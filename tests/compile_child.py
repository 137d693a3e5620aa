"""Compiles or exports a model and compares: a process of its own, for the shape checks of tests cannot be traced."""

import sys
import warnings

import torch

from lfsrkit import MODELS
from lfsrkit.models import Restorer


def compiled(model: Restorer, low: torch.Tensor) -> torch.Tensor:
    """Trace the whole model as one graph, without the slow last step of making code from it."""
    return torch.compile(model, fullgraph=True, backend="aot_eager")(low)


def exported(model: Restorer, low: torch.Tensor) -> torch.Tensor:
    """Export at one size and run what came out elsewhere."""
    import onnxruntime

    program = torch.onnx.export(model, (low,), dynamo=True, input_names=["low"], verbose=False)
    assert program is not None
    session = onnxruntime.InferenceSession(program.model_proto.SerializeToString(), providers=["CPUExecutionProvider"])
    return torch.from_numpy(session.run(None, {"low": low.numpy()})[0])


def main(way: str, name: str) -> None:
    """Print the largest difference to what the model gives by itself."""
    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    model = MODELS.create(name, **({} if "enhance" in MODELS[name].tags else {"scale": 4})).eval()
    # Sides that a window of 8 does not divide: padding and cropping are part of what is traced.
    low = torch.rand(2, 3, 9, 10)
    with torch.no_grad():
        restored = {"compile": compiled, "onnx": exported}[way](model, low)
        print(float((restored - model(low)).abs().max()))


if __name__ == "__main__":
    main(*sys.argv[1:])
