"""What stands behind the page, without one: controls from signatures, limits, recipes, messages."""

import io
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pictures import picture
from PIL import Image as Pillow
from PIL import ImageCms

from lfsrkit.app import Choice, Control, Limits, Offer, controls_of, offers, play, restore_upload
from lfsrkit.app.markup import facts, figures, parameter, problem
from lfsrkit.detectors import Detector, FoundFace
from lfsrkit.errors import BadPicture, UsageError
from lfsrkit.images import Pixels, encode_png
from lfsrkit.inference import enhance
from lfsrkit.preview import Preview, preview
from lfsrkit.registries import DEGRADATIONS, DETECTORS, MASKS
from lfsrkit.registry import Entry
from lfsrkit.stages import EnhanceConfig, load_stage

STAND_INS = {"degradation": "jpeg()", "mask": "patch()"}
ENTRIES = [*DEGRADATIONS, *MASKS]
ALSO_NEEDED = {"schedule": {"ratio": (0.2, 0.8)}}
ONLY_ODD = {("gfpgan", "kernel_size")}


def controls(entry: Entry[Any]) -> list[Control]:
    return controls_of(entry.parameters(), STAND_INS[entry.kind])


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_controls_left_alone_make_what_the_registry_makes(entry: Entry[Any]) -> None:
    for control, parameter_ in zip(controls(entry), entry.parameters(), strict=True):
        value = control.read(control.values)
        default = parameter_.default
        if parameter_.required:
            continue
        fixed = control.one and isinstance(default, tuple) and len(default) == 2 and default[0] == default[1]
        assert value == (default[0] if fixed else default), control


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_a_slider_reaches_only_what_is_allowed(entry: Entry[Any]) -> None:
    """Limits that a docstring states and the code does not keep would show here, and so would a text misread."""
    registry = DEGRADATIONS if entry.kind == "degradation" else MASKS
    required = {
        c.name: c.read(c.values) for c, p in zip(controls(entry), entry.parameters(), strict=True) if p.required
    }
    required |= ALSO_NEEDED.get(entry.name, {})
    for control in controls(entry):
        if control.kind not in ("range", "number") or (entry.name, control.name) in ONLY_ODD:
            continue
        assert control.low < control.high
        assert all(control.low <= value <= control.high for value in control.values)
        assert 0 < control.step <= (control.high - control.low)
        mixed = ((control.low, *control.values[1:]), (*control.values[:-1], control.high))
        single = [[end] * len(control.values) for end in (control.low, control.high)]
        for values in single if control.one else mixed:
            registry.create(entry.name, **required, **{control.name: control.read(values)})


def test_the_ends_of_a_range_may_be_given_in_any_order() -> None:
    gamma = next(control for control in controls(DEGRADATIONS["gamma_linear"]) if control.name == "gamma")
    assert gamma.read([4.0, 2.0]) == (2.0, 4.0)
    assert gamma.read([3.0, 3.0]) == 3.0


@pytest.mark.parametrize("text", ["", "1\n2", "__import__('os')", "patch", "open('x')", "a.b", "[].append"])
def test_a_text_is_a_literal_or_a_component(text: str) -> None:
    of = next(control for control in controls(MASKS["invert"]) if control.name == "of")
    with pytest.raises(UsageError):
        MASKS.create("invert", of=of.read([text]))


def test_playing_draws_what_preview_draws_and_writes_a_recipe_that_says_so() -> None:
    chain = [Choice("downsample", {"scale": [4]}), Choice("gamma_linear", {"gamma": [2.0, 3.0]}), Choice("quantise")]
    played = play(None, chain, Choice("patch", {"ratio": [0.25]}), seed=3)
    tables = tomllib.loads(played.recipe)
    config = load_stage("pairs", values=tables["pairs"])
    again = next(preview(["synthetic:1"], config))
    assert isinstance(again, Preview)
    assert np.array_equal(again.low, played.preview.low)
    assert tables["pairs"]["degrade"] == "downsample(scale=4) | gamma_linear(gamma=(2.0, 3.0)) | quantise"
    assert tables["train"]["mask"] == "patch(ratio=0.25)"
    load_stage("train", values=tables["train"])


def test_what_does_not_fit_is_said() -> None:
    with pytest.raises(UsageError, match="128"):
        play(None, [Choice("downsample", {"scale": [3]})], None, seed=0)


def test_an_upload_is_restored() -> None:
    offer = offers([])["bicubic"]
    result = restore_upload(encode_png(picture(1, 20) // 5), offer.load(4), Limits())
    before, after = result.shown
    assert before.shape == after.shape == (80, 80, 3)
    assert after.mean() > 1.5 * before.mean()
    assert (result.facts["size"], result.facts["restored"]) == ("20x20 to 80x80 pixels", "one face")


class Two(Detector):
    """Finds two faces side by side in whatever it sees."""

    def find(self, pixels: Pixels) -> list[FoundFace]:
        assert pixels.mean() > 60, "a detector sees a brightened copy"
        points = np.array([[-6.0, 40.0], [6.0, 40.0], [0.0, 53.0]])
        return [FoundFace(points + np.array([x, 0]), 0.9) for x in (40, 110)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "size", "said"),
    [
        ({}, (300, 160), "2 faces of a photograph"),
        ({"enlarge": 1}, (150, 80), "2 faces of a photograph"),
        ({"mode": "face"}, (600, 320), "one face"),
        ({"mode": "whole"}, (600, 320), "the whole picture"),
        ({"mode": "whole", "enlarge": 1}, (150, 80), "the whole picture"),
    ],
)
def test_a_photograph_is_restored_as_the_command_does_it(
    settings: dict[str, Any], size: tuple[int, int], said: str, tmp_path: Path
) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    dark = picture(4, 80, 150) // 6
    Pillow.fromarray(dark.astype(np.uint8)).save(tmp_path / "night.png", icc_profile=profile)
    model = offers([])["bicubic"].load(4)
    with DETECTORS.temporary("two", Two):
        config = EnhanceConfig(**{"detector": "two", "low_side": 16, **settings})
        result = restore_upload((tmp_path / "night.png").read_bytes(), model, Limits(), config=config)
        commanded = next(enhance(model, [tmp_path / "night.png"], tmp_path / "out", config))
    assert result.facts["size"] == f"150x80 to {size[0]}x{size[1]} pixels"
    assert result.facts["restored"] == said
    assert result.save(tmp_path / "restored.png") == []
    assert commanded.output is not None
    assert (tmp_path / "restored.png").read_bytes() == commanded.output.read_bytes()


@pytest.mark.slow
def test_a_browser_is_sent_less_than_the_file_has() -> None:
    config = EnhanceConfig(mode="whole")
    result = restore_upload(encode_png(picture(1, 30, 300)), offers([])["bicubic"].load(8), Limits(), config=config)
    assert [shown.shape for shown in result.shown] == [(160, 1600, 3)] * 2
    assert result.outcome.values.shape == (1, 3, 240, 2400)


def test_a_mode_that_does_not_fit_is_said() -> None:
    model, large = offers([])["bicubic"].load(8), encode_png(picture(1, 600))
    with pytest.raises(BadPicture, match=r"600x600 pixels as one face .*mode=faces finds faces"):
        restore_upload(large, model, Limits(), config=EnhanceConfig(mode="face"))
    with pytest.raises(BadPicture, match="choose a smaller enlarge"):
        restore_upload(large, model, Limits(), config=EnhanceConfig(mode="whole", enlarge=16))


def bomb(side: int) -> bytes:
    """A small file of a large picture."""
    buffer = io.BytesIO()
    Pillow.new("1", (side, side)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "limits", "reason"),
    [
        (b"", Limits(), "not a picture"),
        (b"GIF89a", Limits(), "not a picture"),
        (encode_png(picture(1, 64)), Limits(upload_bytes=100), "at most 100"),
        (encode_png(picture(1, 64)), Limits(pixels=4095), "at most 4095"),
        (encode_png(picture(1, 64))[:500], Limits(), "damaged"),
        (bomb(5000), Limits(), "5000x5000"),
        (bomb(20000), Limits(), "more than"),
    ],
    ids=["empty", "another format", "bytes", "pixels", "cut off", "large when decoded", "bomb"],
)
def test_what_is_too_much_is_refused(data: bytes, limits: Limits, reason: str) -> None:
    with pytest.raises(BadPicture, match=reason):
        restore_upload(data, offers([])["bicubic"].load(2), limits)


def test_offers_name_models_once_and_load_them_once() -> None:
    found = offers(["bicubic"])
    assert next(iter(found)) == "bicubic"
    offer = found["bicubic"]
    assert isinstance(offer, Offer)
    assert offer.load(offer.scales[0]) is offer.load(offer.scales[0])
    with pytest.raises(UsageError, match="trained first"):
        offers(["edsr"])


def test_what_comes_from_outside_is_escaped() -> None:
    nasty = "<script>alert(1)</script>"
    for html in (problem(nasty), facts({nasty: nasty}), parameter(nasty, nasty), figures({nasty: picture(1, 4)})):
        assert "<script>" not in html
