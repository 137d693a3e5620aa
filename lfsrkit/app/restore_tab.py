"""The first tab: a dark picture in, a bright one out."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from lfsrkit.app.histogram import histogram
from lfsrkit.app.limits import Limits
from lfsrkit.app.markup import facts, hint, problem
from lfsrkit.app.offers import Offer
from lfsrkit.app.restoring import Restored, restore_upload
from lfsrkit.app.upload import upload_field
from lfsrkit.errors import LfsrkitError
from lfsrkit.stages import EnhanceConfig, EnhanceMode

Shown = tuple[Any, str, str, Any]
"""For the slider, the facts, the histogram and the download."""

_MODES: list[tuple[str, EnhanceMode]] = [
    ("by size", "auto"),
    ("one face", "face"),
    ("find faces", "faces"),
    ("whole picture", "whole"),
]
_USUAL = 0
_ENLARGED = [("usual", _USUAL), ("1", 1), ("2", 2), ("4", 4)]
_INVITATION = "Drop a dark picture: one face, or a photograph with faces in it. It stays on this machine."


def restore_tab(models: Mapping[str, Offer], limits: Limits) -> None:
    """Lay the tab out within the page that is open.

    Args:
        models: By label; the first is chosen.
        limits: What is refused.
    """
    with gr.Row(equal_height=False):
        with gr.Column(scale=1, min_width=280):
            given = _given(models)
        with gr.Column(scale=2, min_width=320):
            slider = gr.ImageSlider(
                label="Before and after", type="numpy", format="png", interactive=False, elem_id="slider", buttons=[]
            )
            said = gr.HTML(hint(_INVITATION), elem_id="said")
            curve = gr.HTML(elem_id="histogram")
            download = gr.DownloadButton("Download PNG", interactive=False, size="md", elem_id="download")

    def restore(data: bytes | None, label: str, times: int, mode: EnhanceMode, enlarge: int) -> Shown:
        if data is None:
            return _nothing(hint(_INVITATION))
        offer = models[label]
        try:
            config = EnhanceConfig(mode=mode, enlarge=enlarge or None)
            result = restore_upload(data, offer.load(times), limits, config=config, device=offer.device)
            return _shown(result, f"{label}, x{times}")
        except LfsrkitError as error:
            return _nothing(problem(str(error)))

    def scales(label: str) -> Any:
        offer = models[label]
        return gr.Radio(list(offer.scales), value=_middle(offer))

    shown = [slider, said, curve, download]
    upload, model, scale, *how = given
    # On the click of a choice, not on its change, so that a new model with its new scale restores once.
    changes = [upload.change, scale.input, *(choice.input for choice in how)]
    gr.on(changes, restore, given, shown, api_visibility="private")
    model.input(scales, model, scale, api_visibility="private").then(restore, given, shown, api_visibility="private")


def _given(models: Mapping[str, Offer]) -> list[Any]:
    """Lay out what a visitor chooses: the picture, the model, its scale, the mode, the size of a photograph."""
    first = next(iter(models.values()))
    return [
        upload_field("A dark picture", name="dark", binary=True),
        gr.Dropdown(list(models), value=first.label, label="Model", filterable=False, elem_id="model"),
        gr.Radio(list(first.scales), value=_middle(first), label="Enlarge a face by", elem_id="scale"),
        gr.Radio(_MODES, value="auto", label="Taken as", elem_id="mode"),
        gr.Radio(_ENLARGED, value=_USUAL, label="Enlarge a photograph by", elem_id="enlarge"),
    ]


def _shown(result: Restored, label: str) -> Shown:
    # Gradio serves copies of files from its own folder only, and forgets them after a while.
    folder = Path(mkdtemp(dir=get_upload_folder()))
    file = folder / f"restored_{label.replace(', ', '_')}.png"
    lost = result.save(file)
    before, after = result.shown
    notes = "".join(hint(note) for note in (*result.outcome.notes, *lost))
    return (
        (before, after),
        facts({**result.facts, "model": label}) + notes,
        histogram({"before": before, "after": after}),
        gr.DownloadButton(value=str(file), interactive=True),
    )


def _nothing(said: str) -> Shown:
    return None, said, "", gr.DownloadButton(value=None, interactive=False)


def _middle(offer: Offer) -> int:
    return offer.scales[len(offer.scales) // 2]
