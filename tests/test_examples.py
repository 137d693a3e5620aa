"""The notebook and the scripts of examples/ run as they stand, with tiny sizes."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command_cases import environment

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parents[1] / "examples"
NOTEBOOK = EXAMPLES / "quick_start.ipynb"

RUNNER = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for source in json.load(sys.stdin):
    shell.run_cell(source).raise_error()
print("means:", json.dumps(list(shell.user_ns["means"].values())))
"""
"""What a kernel does, without its sockets."""


def call(*words: object, where: Path, given: str = "") -> str:
    kept = environment(LFSRKIT_OFFLINE="1", HF_HOME=str(where / "hub"), HF_HUB_OFFLINE="1", IPYTHONDIR=str(where / "i"))
    line = [sys.executable, *map(str, words)]
    done = subprocess.run(
        line, check=False, capture_output=True, text=True, env=kept, cwd=where, input=given, timeout=900
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_notebook_runs_from_top_to_bottom(tmp_path: Path) -> None:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    small, changed = re.subn(r'"synthetic:200", 100', '"synthetic:30", 2', "\0".join(sources))
    assert changed == 1
    printed = call("-c", RUNNER, where=tmp_path, given=json.dumps(small.split("\0")))
    floor, learnt = json.loads(printed.rpartition("means: ")[2])
    assert floor["psnr"] > 5
    assert learnt["psnr"] != floor["psnr"]
    assert printed.count("->") == 3


def test_the_notebook_is_committed_without_results() -> None:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    assert not [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")]


def test_a_mask_of_ones_own_is_compared(tmp_path: Path) -> None:
    words = ["--faces", "synthetic:40", "--steps", 1, "--seeds", 1, "--out", "runs"]
    printed = call(EXAMPLES / "compare_masks.py", *words, where=tmp_path)
    assert "band - none, psnr: " in printed
    assert "| band |" in (tmp_path / "runs" / "table.md").read_text(encoding="utf-8")


def test_pairs_from_parquet_feed_a_plain_loader(tmp_path: Path) -> None:
    printed = call(EXAMPLES / "torch_loader.py", "--count", 20, "--steps", 2, "--out", "pairs", where=tmp_path)
    assert re.search(r"^step 2, loss 0\.\d+$", printed, re.MULTILINE)
    assert "'7_downsample'" in printed


def test_a_folder_is_enhanced_from_python(tmp_path: Path) -> None:
    printed = call(EXAMPLES / "enhance_folder.py", "--count", 2, where=tmp_path)
    changes = [tuple(map(int, found)) for found in re.findall(r"16x16 -> 128x128, mean (\d+) -> (\d+)", printed)]
    assert len(changes) == 2
    assert all(after > before for before, after in changes)
    assert len(list((tmp_path / "bright").glob("face_*.png"))) == 2
