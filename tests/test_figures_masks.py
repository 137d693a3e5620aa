"""The figure of all mask strategies: every one is there, and what is coloured is what was drawn."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import typer
from typer.testing import CliRunner

from lfsrkit.calls import parse_call
from lfsrkit.errors import UsageError
from lfsrkit.figures import mask_panels, masks_figure, show_face
from lfsrkit.figures.masks import EXAMPLES
from lfsrkit.images import decode, encode_png
from lfsrkit.masks.uniform import Patch
from lfsrkit.registries import MASKS
from lfsrkit_cli.command import command
from lfsrkit_cli.figures_masks import masks


def test_every_strategy_has_a_panel() -> None:
    panels = mask_panels(show_face("synthetic:1", size=64))
    assert [panel.title.partition("(")[0] for panel in panels] == ["clean face", *MASKS.names()]
    assert EXAMPLES.keys() <= set(MASKS.names())
    for panel in panels[1:]:
        changed = (panel.picture != panels[0].picture).any(axis=2).mean()
        assert panel.share is not None
        # A soft border or a pixel that is orange already may count on one side only.
        assert changed == pytest.approx(panel.share, abs=0.03), panel.title
        assert 0 < panel.share < 1


def test_a_plug_in_takes_part_if_it_can_be_made() -> None:
    def needy(*, side: int) -> Patch:
        return Patch(size=side)

    shown = show_face("synthetic:1", size=32)
    with MASKS.temporary("own", Patch), MASKS.temporary("needy", needy):
        titles = [panel.title for panel in mask_panels(shown)]
        assert "own" in titles
        assert "needy" not in titles
        assert len(mask_panels(shown, [parse_call("needy(side=4)")])) == 2
        with pytest.raises(UsageError, match="side"):
            mask_panels(shown, [parse_call("needy")])


def test_seeds_draw_other_masks_and_the_same_again() -> None:
    shown, calls = show_face("synthetic:1", size=64), [parse_call("patch(size=4)")]
    first, again, other = (mask_panels(shown, calls, seed=seed)[1].picture for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_regions_come_from_a_table(tmp_path: Path) -> None:
    picture = decode(encode_png(np.full((64, 64, 3), 128, np.uint8)))
    (tmp_path / "face.png").write_bytes(encode_png(picture))
    points = [[10, 10], [20, 10], [15, 15], [11, 20], [19, 20]]
    (tmp_path / "t.json").write_text(json.dumps({"face.png": points}))
    face = str(tmp_path / "face.png")
    average = show_face(face, size=64).hints["regions"]
    own = show_face(face, size=64, landmarks=tmp_path / "t.json").hints["regions"]
    assert own[0, :, 32:].sum() < 0.05 * own.sum() < 0.05 * average.sum()
    assert torch.equal(average, show_face(str(tmp_path), size=64).hints["regions"])


def test_both_forms_of_the_figure() -> None:
    panels = mask_panels(show_face("synthetic:1", size=32))
    picture, document = masks_figure(panels).pixels(), masks_figure(panels).svg()
    assert picture.shape[0] > 3 * 150
    for name in MASKS.names():
        assert f">{name}</text>" in document
    assert "<script" not in document
    assert len(masks_figure(panels[:1]).pixels()) < len(picture)


def test_the_command(tmp_path: Path) -> None:
    app = typer.Typer()
    app.callback()(lambda: None)
    command(app, "masks")(masks)
    out = tmp_path / "m.png"
    result = CliRunner().invoke(app, ["masks", "synthetic:1", "--out", str(out), "--mask", "patch", "--json"])
    assert json.loads(result.stdout)["masks"] == [{"mask": "patch", "share": 0.5}]
    assert decode(out.read_bytes()).shape[2] == 3
    assert CliRunner().invoke(app, ["masks", "--out", str(tmp_path / "m.gif")]).exit_code == 2
    result = CliRunner().invoke(app, ["masks", "--out", str(tmp_path / "n.svg"), "--mask", "patch", "--dry-run"])
    assert result.exit_code == 0
    assert not (tmp_path / "n.svg").exists()
