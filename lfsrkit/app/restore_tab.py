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
from lfsrkit.images import write_png

Shown = tuple[Any, str, str, Any]
"""For the slider, the facts, the histogram and the download."""


def restore_tab(models: Mapping[str, Offer], limits: Limits) -> None:
    """Lay the tab out within the page that is open.

    Args:
        models: By label; the first is chosen.
        limits: What is refused.
    """
    first = next(iter(models.values()))
    with gr.Row(equal_height=False):
        with gr.Column(scale=1, min_width=260):
            upload = upload_field("A dark, small face", name="dark", binary=True)
            model = gr.Dropdown(list(models), value=first.label, label="Model", filterable=False, elem_id="model")
            scale = gr.Radio(list(first.scales), value=_middle(first), label="Times larger", elem_id="scale")
        with gr.Column(scale=2, min_width=320):
            slider = gr.ImageSlider(
                label="Before and after", type="numpy", format="png", interactive=False, elem_id="slider", buttons=[]
            )
            said = gr.HTML(_invitation(limits), elem_id="said")
            curve = gr.HTML(elem_id="histogram")
            download = gr.DownloadButton("Download PNG", interactive=False, size="md", elem_id="download")

    def restore(data: bytes | None, label: str, times: int) -> Shown:
        if data is None:
            return _nothing(_invitation(limits))
        offer = models[label]
        try:
            result = restore_upload(data, offer.load(times), limits, device=offer.device)
        except LfsrkitError as error:
            return _nothing(problem(str(error)))
        return _shown(result, label, times)

    def scales(label: str) -> Any:
        offer = models[label]
        return gr.Radio(list(offer.scales), value=_middle(offer))

    shown = [slider, said, curve, download]
    given = [upload, model, scale]
    # On the click of a choice, not on its change, so that a new model with its new scale restores once.
    gr.on([upload.change, scale.input], restore, given, shown, api_visibility="private")
    model.input(scales, model, scale, api_visibility="private").then(restore, given, shown, api_visibility="private")


def _shown(result: Restored, label: str, times: int) -> Shown:
    # Gradio serves copies of files from its own folder only, and forgets them after a while.
    folder = Path(mkdtemp(dir=get_upload_folder()))
    file = folder / f"restored_{Path(label).stem}_x{times}.png"
    write_png(file, result.restored)
    curves = histogram({"before": result.low, "after": result.restored})
    return (
        (result.enlarged, result.restored),
        facts({**result.facts, "model": label}),
        curves,
        gr.DownloadButton(value=str(file), interactive=True),
    )


def _nothing(said: str) -> Shown:
    return None, said, "", gr.DownloadButton(value=None, interactive=False)


def _middle(offer: Offer) -> int:
    return offer.scales[len(offer.scales) // 2]


def _invitation(limits: Limits) -> str:
    return hint(f"Drop a picture of a dark face, up to {limits.side} pixels a side. It stays on this machine.")
