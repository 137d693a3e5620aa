"""The page as a whole: a head, two tabs, plain type and colours that every machine has."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.themes import Base

from lfsrkit.app.limits import Limits
from lfsrkit.app.offers import Offer
from lfsrkit.app.play_tab import play_tab
from lfsrkit.app.restore_tab import restore_tab

STYLE = Path(__file__).with_name("style.css")
_FORGET_SECONDS = 3600
_SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "DejaVu Sans", "Arial", "sans-serif")
_MONO = ("ui-monospace", "SF Mono", "Menlo", "Consolas", "DejaVu Sans Mono", "monospace")


def build(models: Mapping[str, Offer], limits: Limits) -> gr.Blocks:
    """Make the page; uploads and results are forgotten after an hour.

    Args:
        models: What can be chosen, by label.
        limits: What is refused.
    """
    forget = (_FORGET_SECONDS, _FORGET_SECONDS)
    with gr.Blocks(title="lfsrkit", analytics_enabled=False, delete_cache=forget) as page:
        gr.HTML("<h1>lfsrkit</h1><p>Dark, small faces made bright and large.</p>", elem_id="head")
        with gr.Tab("Restore"):
            restore_tab(models, limits)
        with gr.Tab("Degradations and masks"):
            play_tab(page, limits)
    # One at a time: the models share the processor, and a visitor waits rather than slows the others down.
    page.queue(default_concurrency_limit=1, max_size=32)
    return page


def theme() -> Any:
    """Give a theme that loads no type from anywhere."""
    made = Base(primary_hue="amber", neutral_hue="stone", radius_size="sm", font=_SANS, font_mono=_MONO)
    return made.set(
        body_background_fill="*neutral_50",
        body_text_color_subdued="*neutral_600",
        block_info_text_color="*neutral_600",
        block_border_width="1px",
        block_shadow="none",
    )
