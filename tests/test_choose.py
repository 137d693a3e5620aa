"""What a user names: which model it is, what tables call it, and what is said where there is none."""

from pathlib import Path

import pytest

from lfsrkit.app import offers
from lfsrkit.errors import UsageError
from lfsrkit.models import restorer_for, save
from lfsrkit.registries import MODELS
from lfsrkit_cli.rows import named


@pytest.fixture
def runs(tmp_path: Path) -> list[str]:
    """Folders of models whose names hold signs that mean something elsewhere."""
    folders = [tmp_path / name for name in ("lr1.0", "lr1.5", "lr=1e-4", "edsr(wide)")]
    for folder in folders:
        model = MODELS.create("bicubic", scale=2)
        save(model, folder / "model.safetensors", name="bicubic", params={"scale": 2})
    return [str(folder) for folder in folders]


def test_folders_keep_their_names_in_tables_and_on_the_page(runs: list[str]) -> None:
    wanted = {Path(run).name: run for run in runs}
    assert named(runs) == wanted
    found = offers(runs)
    assert {name: found[name].source for name in wanted} == wanted


def test_files_of_weights_are_called_without_their_suffix(runs: list[str]) -> None:
    weights = f"{runs[0]}/model.safetensors"
    assert named([weights]) == {"model": weights}
    assert offers([weights])["model"].source == weights


def test_names_can_be_given_to_whatever_is_named(runs: list[str]) -> None:
    assert named([f"mine={runs[2]}", "floor=bicubic(scale=4)"]) == {"mine": runs[2], "floor": "bicubic(scale=4)"}
    with pytest.raises(UsageError, match="two rows are called 'mine'"):
        named([f"mine={runs[0]}", f"mine={runs[1]}"])


def test_a_misspelt_call_is_told_from_a_missing_model() -> None:
    with pytest.raises(UsageError, match=r"bicubic\(scale=\): no such .*; cannot read .* write name\(key=value"):
        restorer_for("bicubic(scale=)")
