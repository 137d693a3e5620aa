"""The data-set card and the contact sheet that a build leaves for people."""

from pathlib import Path

import yaml

from lfsrkit.files import write_whole
from lfsrkit.pairs.manifest import Manifest

_CARD = """---
{head}---

# Pairs of dark small and clean large faces

Built with lfsrkit {version}. Every row holds a low picture, its clean original, and every number that was drawn to make
the one from the other, so each low picture can be made again.

| | |
|---|---|
| faces | `{faces}` |
| framing | {framing}, {size} x {size} pixels |
| low | {low} x {low} pixels (scale {scale}) |
| degradation | `{degrade}` |
| seed | {seed} |
| rows | {rows} |
| rejected pictures | {rejected} (reasons in `.lfsrkit/rejected.jsonl`) |
| data hash | `{sha256}` |

```python
from datasets import load_dataset
pairs = load_dataset("PATH/OF/THIS/FOLDER")
pairs["train"][0]["low"], pairs["train"][0]["clean"], pairs["train"][0]["params"]
```
{drawings}
"""

_DRAWINGS = "\nThe faces are drawings made by the program; they show no person and are free of licences.\n"


def write_card(folder: Path, manifest: Manifest) -> None:
    """Write the card as ``README.md``, which is also how `datasets` knows the splits.

    Args:
        folder: Output folder of the build.
        manifest: What was built.
    """
    settings, size = manifest.settings, manifest.settings["clean_size"]
    text = _CARD.format(
        head=_head(manifest),
        version=manifest.versions["lfsrkit"],
        faces=_cell(settings["faces"]),
        framing=settings["framing"],
        size=size,
        low=size // manifest.scale,
        scale=manifest.scale,
        degrade=_cell(settings["degrade"]),
        seed=settings["seed"],
        rows=", ".join(f"{count} {split}" for split, count in manifest.splits.items()),
        rejected=manifest.rejected,
        sha256=manifest.sha256,
        drawings=_DRAWINGS if settings["faces"].startswith("synthetic:") else "",
    )
    write_whole(folder / "README.md", text.encode())


def _cell(text: str) -> str:
    """Write text as code in a cell of a Markdown table."""
    return " ".join(text.split()).replace("`", "'").replace("|", "\\|")


def _head(manifest: Manifest) -> str:
    # `datasets` opens nothing at all where a split that is listed here has no rows.
    filled = [split for split, count in manifest.splits.items() if count]
    files = [{"split": split, "path": f"data/{split}-*.parquet"} for split in filled]
    tags = ["low-light", "face", "super-resolution", "lfsrkit"]
    return yaml.safe_dump(
        {
            "configs": [{"config_name": "default", "data_files": files}],
            "task_categories": ["image-to-image"],
            "tags": tags,
        },
        sort_keys=False,
    )
