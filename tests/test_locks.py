"""One process at a time trains in a folder, and a dead one keeps nobody out."""

import subprocess
import sys
from pathlib import Path

import pytest

from lfsrkit.errors import OutputRefused
from lfsrkit.experiments import make_entries, run_entries
from lfsrkit.locks import held
from lfsrkit.pairs import PairSet
from lfsrkit.training import train
from tests.experiment_cases import judges
from tests.training_cases import stage

HOLD = """
import sys, pathlib
from lfsrkit.locks import held
with held(pathlib.Path(sys.argv[1]), "x"):
    print(1, flush=True)
    input()
"""


@pytest.mark.slow
def test_a_folder_that_another_process_holds_is_refused_until_that_is_killed(tmp_path: Path) -> None:
    words = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "1\n"
        with pytest.raises(OutputRefused, match=f"another process trains in {tmp_path}"), held(tmp_path, "x"):
            pass
        process.kill()
    with held(tmp_path, "x"):
        pass


def test_ranks_of_one_training_do_not_keep_each_other_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with held(tmp_path, "x"):
        monkeypatch.setenv("RANK", "1")
        with held(tmp_path, "x"):
            pass


@pytest.mark.usefixtures("toy")
def test_two_trainings_and_two_experiments_do_not_share_a_folder(
    train_pairs: PairSet, validation_pairs: PairSet, tmp_path: Path
) -> None:
    run = train(stage("steps=3", "log_every=1"), train_pairs, None, tmp_path / "run", device="cpu")
    next(run)
    with pytest.raises(OutputRefused, match="another process trains"):
        next(train(stage("steps=3"), train_pairs, None, tmp_path / "run", resume=True, device="cpu"))
    data, entries = judges(train_pairs, validation_pairs), make_entries({"toy": stage("steps=3")}, tmp_path)
    first = run_entries(entries, [0], data, device="cpu")
    next(first)
    with pytest.raises(OutputRefused, match="another process trains"):
        next(run_entries(entries, [0], data, device="cpu"))
    assert [record.step for record in run] == [2, 3]
