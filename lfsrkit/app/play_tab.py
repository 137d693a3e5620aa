"""The second tab: degradations and masks, live, and the recipe that they make."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from lfsrkit.app.controls import Control
from lfsrkit.app.limits import Limits
from lfsrkit.app.markup import figures, hint, parameter, problem
from lfsrkit.app.playing import Choice, controls, play
from lfsrkit.app.upload import upload_field
from lfsrkit.errors import LfsrkitError
from lfsrkit.registries import DEGRADATIONS, MASKS
from lfsrkit.registry import Registry

NO_MASK = "none"
_START = ["downsample", "gamma_linear", "shot_read_noise", "quantise"]
_SEEDS = 999

Kept = dict[str, list[Any]]
"""What the widgets of a page hold, by ``kind.component.parameter``."""


def play_tab(page: gr.Blocks, limits: Limits) -> None:
    """Lay the tab out within the page that is open.

    Args:
        page: That page.
        limits: What is refused.
    """
    kept = gr.State({})
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=320):
            chain = gr.Dropdown(
                DEGRADATIONS.names(), value=_START, multiselect=True, label="Degradations, in order", elem_id="chain"
            )
            with gr.Row():
                mask = gr.Dropdown([NO_MASK, *MASKS.names()], value="face_biased", label="Mask", elem_id="mask")
                seed = gr.Slider(0, _SEEDS, value=0, step=1, label="Seed")
        with gr.Column(scale=2, min_width=280):
            upload = upload_field("A bright face of your own instead of the drawn one", name="bright", binary=False)

    @gr.render(
        [chain, mask, upload, seed, kept], triggers=[page.load, chain.change, mask.change], show_progress="hidden"
    )
    def below(names: list[str], strategy: str, path: str | None, number: float, held: Kept) -> None:
        registries = _registries(names, strategy)
        with gr.Row(equal_height=False):
            with gr.Column(scale=2, min_width=300):
                fields = [field for registry, name in registries for field in _widgets(registry, name, held)]
            with gr.Column(scale=3, min_width=320, elem_id="outcome"):
                shown, text = _drawn(path, registries, held, round(number), limits)
                pictures = gr.HTML(shown, elem_id="pictures")
                toml = gr.Code(text, label="Recipe (TOML)", interactive=False, elem_id="recipe", buttons=["copy"])
                gr.HTML(hint("As recipe.toml: lfsrkit pairs build -c recipe.toml --faces FOLDER --out PAIRS"))

        def draw(path: str | None, number: float, before: Kept, *values: Any) -> tuple[str, str, Kept]:
            now = {**before, **_collected(fields, values)}
            return *_drawn(path, registries, now, round(number), limits), now

        widgets = [widget for _, _, row in fields for widget in row]
        gr.on(
            [widget.change for widget in [*widgets, seed, upload]],
            draw,
            [upload, seed, kept, *widgets],
            [pictures, toml, kept],
            show_progress="hidden",
            trigger_mode="always_last",
            api_visibility="private",
        )


def _registries(names: Sequence[str], strategy: str) -> list[tuple[Registry[Any], str]]:
    masks = [] if strategy in (NO_MASK, None) else [(MASKS, strategy)]
    return [*((DEGRADATIONS, name) for name in names), *masks]


Field = tuple[str, Control, list[Any]]
"""Key, control and widgets of a parameter."""


def _widgets(registry: Registry[Any], name: str, held: Kept) -> list[Field]:
    with gr.Accordion(name, open=False):
        gr.HTML(hint(registry[name].summary))
        keys = {f"{registry.kind}.{name}.{control.name}": control for control in controls(registry, name)}
        return [(key, control, _row(control, held.get(key) or control.values)) for key, control in keys.items()]


def _row(control: Control, values: Sequence[Any]) -> list[Any]:
    meaning = control.meaning.replace("``", "")
    # Said outright: what is made while a page is open counts as not for input otherwise.
    named: dict[str, Any] = {"label": control.name, "info": meaning, "interactive": True}
    if control.kind == "switch":
        return [gr.Checkbox(value=values[0], **named)]
    if control.kind == "choice":
        return [gr.Dropdown(list(control.choices), value=values[0], filterable=False, **named)]
    if control.kind == "text":
        return [gr.Textbox(value=values[0], max_lines=1, **named)]
    limits: dict[str, Any] = {"minimum": control.low, "maximum": control.high, "step": control.step, "buttons": []}
    if control.kind == "number":
        return [gr.Slider(value=values[0], **limits, **named)]
    with gr.Group(elem_classes="between"):
        gr.HTML(parameter(control.name, meaning), padding=True)
        with gr.Row():
            ends = zip(("from", "to"), values, strict=True)
            return [gr.Slider(value=value, label=end, min_width=120, interactive=True, **limits) for end, value in ends]


def _collected(fields: Sequence[Field], values: Sequence[Any]) -> Kept:
    left = list(values)
    return {key: [left.pop(0) for _ in row] for key, _, row in fields}


def _drawn(
    path: str | None, registries: list[tuple[Registry[Any], str]], now: Kept, seed: int, limits: Limits
) -> tuple[str, str]:
    choices = {
        kind: [_choice(registry, name, now) for registry, name in registries if registry is kind]
        for kind in (DEGRADATIONS, MASKS)
    }
    if not choices[DEGRADATIONS]:
        return hint("Choose at least one degradation."), ""
    try:
        if path is not None:
            limits.check_file(path)
        played = play(path, choices[DEGRADATIONS], next(iter(choices[MASKS]), None), seed)
    except LfsrkitError as error:
        return problem(str(error)), ""
    found = {"clean": played.preview.clean, "low": played.preview.low, "mask": played.preview.mask}
    return figures({name: pixels for name, pixels in found.items() if pixels is not None}), played.recipe


def _choice(registry: Registry[Any], name: str, now: Kept) -> Choice:
    start = f"{registry.kind}.{name}."
    return Choice(name, {key.removeprefix(start): values for key, values in now.items() if key.startswith(start)})
