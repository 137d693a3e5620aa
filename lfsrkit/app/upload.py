"""The place where a file is dropped."""

from pathlib import Path

import gradio as gr

from lfsrkit.images import SUFFIXES


def upload_field(label: str, *, name: str, binary: bool) -> gr.File:
    """Make a field for one picture that takes what was uploaded to this server and nothing else.

    Gradio's own would fetch an address that a forged request names.

    Args:
        label: What it is for.
        name: Its place in the page.
        binary: Whether the content is handed on, or else the path.
    """
    kind = "binary" if binary else "filepath"
    field = gr.File(label=label, elem_id=name, type=kind, file_types=sorted(SUFFIXES), height=165)

    async def only_uploaded(url_or_file_path: str | Path | None) -> str | None:
        if url_or_file_path is None:
            return None
        path, folder = Path(url_or_file_path).resolve(), Path(field.GRADIO_CACHE).resolve()
        if folder not in path.parents or not path.is_file():
            raise gr.Error("only uploaded files can be used")
        return str(path)

    # Not a subclass: Gradio writes a stub beside the module of each.
    field.async_move_resource_to_block_cache = only_uploaded
    return field
