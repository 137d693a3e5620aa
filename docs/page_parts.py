"""What the generated pages have in common."""

import inspect
import re
from collections.abc import Iterator

from lfsrkit.registry import Entry
from lfsrkit.signatures import Parameter

PARAMETER_HEAD = "## Parameters\n\n| name | default | meaning |\n|---|---|---|"


def sections_of(entry: Entry[object]) -> dict[str, str]:
    """The sections of a docstring by their heads."""
    return dict(split_sections(inspect.getdoc(entry.factory) or ""))


def plain_code(text: str) -> str:
    """Write code as Markdown does."""
    return re.sub(r"(?<!`)``([^`]+)``(?!`)", r"`\1`", text)


def split_sections(text: str) -> Iterator[tuple[str, str]]:
    """Split a docstring at its Google-style heads; what comes before the first has the name ''."""
    heads = list(re.finditer(r"^(Args|Raises|Returns|References|Example|Examples):\n", text, re.MULTILINE))
    ends = [*(head.start() for head in heads), len(text)]
    yield "", text[: ends[0]].strip() + "\n"
    for head, end in zip(heads, ends[1:], strict=True):
        yield head.group(1), inspect.cleandoc(text[head.end() : end])


def parameter_row(parameter: Parameter) -> str:
    """One row of the table."""
    default = "" if parameter.required else f"`{parameter.default!r}`"
    return f"| `{parameter.name}` | {default} | {parameter.meaning.replace('|', chr(92) + '|')} |"


def reference_list(text: str) -> str:
    """One item a paragraph."""
    items = (re.sub(r"(https?://[^ )]+)", r"<\1>", " ".join(part.split())) for part in text.split("\n\n"))
    return "\n".join(f"- {item}" for item in items) + "\n"
