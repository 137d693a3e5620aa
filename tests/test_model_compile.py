"""Models that say so can be compiled as one graph and exported to ONNX, with the same results."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from lfsrkit import MODELS

ROOT = Path(__file__).parents[1]


def difference(way: str, name: str) -> float:
    child = [sys.executable, "-m", "tests.compile_child", way, name]
    done = subprocess.run(child, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return float(done.stdout.splitlines()[-1])


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS.names(tag="compile"))
def test_a_compiled_model_gives_the_same(name: str) -> None:
    assert difference("compile", name) < 1e-5


@pytest.mark.slow
@pytest.mark.skipif(
    any(importlib.util.find_spec(package) is None for package in ("onnx", "onnxscript", "onnxruntime")),
    reason="needs lfsrkit[onnx]",
)
@pytest.mark.parametrize("name", MODELS.names(tag="onnx"))
def test_an_exported_model_gives_the_same(name: str) -> None:
    assert difference("onnx", name) < 1e-4


def test_the_networks_to_choose_first_can_be_compiled_and_exported() -> None:
    for tag in ("compile", "onnx"):
        assert {"edsr_baseline", "lfsrnet", "lfsrnet_tiny"} <= set(MODELS.names(tag=tag))
