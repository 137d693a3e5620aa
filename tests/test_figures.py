"""Figures: what they measure, and that they hold what they say."""

import json
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
import typer
from PIL import Image
from typer.testing import CliRunner

from lfsrkit.errors import LfsrkitError, UsageError
from lfsrkit.figures import lighting_figure, measure_lighting, read_faces
from lfsrkit_cli.command import command
from lfsrkit_cli.doctor import doctor
from lfsrkit_cli.figures import lighting


def run(*arguments: object) -> object:
    app = typer.Typer()
    command(app, "lighting")(lighting)
    command(app, "doctor")(doctor)  # one command alone would need no name
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def srgb(light: float) -> float:
    return 12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055


def test_a_stop_halves_the_light() -> None:
    white = torch.full((2, 3, 8, 8), 255, dtype=torch.uint8)
    for level in measure_lighting(white, (0.0, 1.0, 3.0)):
        assert level.means == pytest.approx([round(255 * srgb(2**-level.stops))] * 3)
        assert [max(shares) for shares in level.histogram] == [1, 1, 1]


def test_histograms_count_all_faces() -> None:
    faces = torch.stack([torch.full((3, 8, 8), value, dtype=torch.uint8) for value in (0, 255, 255, 255)])
    (level,) = measure_lighting(faces, (0.0,))
    assert (level.histogram[0][0], level.histogram[0][63]) == (0.25, 0.75)
    assert level.means[0] == pytest.approx(0.75 * 255)


def test_means_fall_and_the_figure_shows_every_level() -> None:
    faces = read_faces(["synthetic:2"], 64)
    levels = measure_lighting(faces)
    assert all(a.means[1] > b.means[1] for a, b in pairwise(levels))
    drawn = lighting_figure(levels, 2).svg()
    root = ElementTree.fromstring(drawn)
    words = [item.text or "" for item in root.iter("{http://www.w3.org/2000/svg}text")]
    assert len(list(root.iter("{http://www.w3.org/2000/svg}image"))) == len(levels) == 6
    assert "normal light" in words
    assert "5 stops less" in words
    for level in levels:
        assert all(f"{mean:.1f}" in words for mean in level.means)
    assert "http" not in drawn.replace("http://www.w3.org/2000/svg", "")


def test_the_picture_is_sharp_in_print_and_shows_the_face() -> None:
    faces = read_faces(["synthetic:1"], 64)
    sheet = lighting_figure(measure_lighting(faces, (0.0, 2.0))).pixels()
    assert sheet.shape[1] >= 900
    shown = np.asarray(Image.fromarray(sheet).convert("RGB")).reshape(-1, 3)
    centre = faces[0, :, 32, 32].numpy()
    assert (shown == centre).all(1).any()


def test_sources_may_be_files_and_wrong_ones_are_told(tmp_path: Path) -> None:
    Image.fromarray(np.full((90, 70, 3), 128, np.uint8)).save(tmp_path / "a.png")
    assert read_faces([str(tmp_path / "a.png")]).shape == (1, 3, 128, 128)
    with pytest.raises(UsageError, match="no folder"):
        read_faces([str(tmp_path / "nothing")])
    (tmp_path / "empty").mkdir()
    with pytest.raises(LfsrkitError, match="no usable face"):
        read_faces([str(tmp_path / "empty")])
    (tmp_path / "b.png").write_bytes(b"no picture")
    with pytest.raises(LfsrkitError, match=r"no usable face in '.*b\.png': .*b\.png: not a picture"):
        read_faces([str(tmp_path / "a.png"), str(tmp_path / "b.png")])
    assert len(read_faces([str(tmp_path)])) == 1


def test_the_command_writes_both_forms(tmp_path: Path) -> None:
    for name in ("f.png", "f.svg"):
        told = run("lighting", "synthetic:2", "--stops", "0,2", "--out", tmp_path / name, "--json")
        assert told.exit_code == 0, told.output
        found = json.loads(told.stdout)
        assert found["faces"] == 2
        assert [level["stops"] for level in found["levels"]] == [0, 2]
        assert (tmp_path / name).stat().st_size > 1000
    assert "stops less" in run("lighting", "--dry-run", "--out", tmp_path / "none.png").stdout
    assert not (tmp_path / "none.png").exists()


@pytest.mark.parametrize("wrong", [("--out", "f.gif"), ("--stops", "a,b"), ("--stops", "-1"), ("--stops", "")])
def test_wrong_usage_is_told(wrong: tuple[str, str]) -> None:
    assert run("lighting", "--dry-run", *wrong).exit_code == 2
