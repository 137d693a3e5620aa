"""Small pieces of HTML; whatever comes from outside is escaped."""

from collections.abc import Mapping
from html import escape

from lfsrkit.images import Pixels, data_uri


def hint(text: str) -> str:
    """Say what can be done.

    Args:
        text: Plain.
    """
    return f'<p class="hint">{escape(text)}</p>'


def problem(text: str) -> str:
    """Say what went wrong.

    Args:
        text: Plain.

    Example:
        >>> problem("<b> is no number")
        '<p class="problem" role="alert">&lt;b&gt; is no number</p>'
    """
    return f'<p class="problem" role="alert">{escape(text)}</p>'


def parameter(name: str, meaning: str) -> str:
    """Head the sliders of a parameter.

    Args:
        name: What it is called.
        meaning: What it does.
    """
    return f'<p class="parameter">{escape(name)}<span>{escape(meaning)}</span></p>'


def facts(values: Mapping[str, str]) -> str:
    """List what is known.

    Args:
        values: By name.
    """
    rows = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in values.items())
    return f'<dl class="facts">{rows}</dl>'


def figures(pictures: Mapping[str, Pixels]) -> str:
    """Show pictures side by side at one size, small ones without smoothing.

    Args:
        pictures: By name.
    """
    return f'<div class="figures">{"".join(_figure(name, pixels) for name, pixels in pictures.items())}</div>'


def _figure(name: str, pixels: Pixels) -> str:
    words = f"{escape(name)}, {pixels.shape[1]}x{pixels.shape[0]}"
    return f'<figure><img src="{data_uri(pixels)}" alt="{words}"><figcaption>{words}</figcaption></figure>'
