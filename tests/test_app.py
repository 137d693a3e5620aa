"""What stands behind the page, without one: controls from signatures, limits, recipes, messages."""

import io
import tomllib
from typing import Any

import numpy as np
import pytest
from pictures import picture
from PIL import Image as Pillow

from lfsrkit.app import Choice, Control, Limits, Offer, controls_of, offers, play, restore_upload
from lfsrkit.app.markup import facts, figures, parameter, problem
from lfsrkit.errors import BadPicture, UsageError
from lfsrkit.images import encode_png
from lfsrkit.preview import Preview, preview
from lfsrkit.registries import DEGRADATIONS, MASKS
from lfsrkit.registry import Entry
from lfsrkit.stages import load_stage

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
    assert result.restored.shape == result.enlarged.shape == (80, 80, 3)
    assert result.restored.mean() > result.low.mean()
    assert result.facts["size"] == "20x20 to 80x80 pixels"


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
        (encode_png(picture(1, 64)), Limits(side=63), "crop the face first"),
        (bomb(5000), Limits(), "5000x5000"),
        (bomb(20000), Limits(), "more than"),
    ],
    ids=["empty", "another format", "bytes", "pixels", "side", "large when decoded", "bomb"],
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
