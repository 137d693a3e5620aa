"""Writes the pages that follow from the code: one per degradation chain, mask strategy and model, with a picture of it.

python docs/generate.py           write them
python docs/generate.py --check   fail if one is not up to date (the text; pictures are not compared)
"""

import sys
from pathlib import Path

from chain_pages import chain_pages, draw_chains
from mask_pages import draw_masks, mask_pages
from model_pages import draw_models, model_pages
from pipeline_picture import pipeline_svg

DOCS = Path(__file__).parent
PAGES = {"chains": chain_pages, "masks": mask_pages, "models": model_pages}
PICTURES = {"chains": draw_chains, "masks": draw_masks, "models": draw_models}


def main() -> None:
    """Write or check."""
    texts = {DOCS / folder / name: text for folder, pages in PAGES.items() for name, text in pages().items()}
    if "--check" in sys.argv[1:]:
        check(texts)
        return
    for path, text in texts.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    (DOCS / "pipeline.svg").write_text(pipeline_svg(), "utf-8")
    for folder, draw in PICTURES.items():
        draw(DOCS / folder)


def check(texts: dict[Path, str]) -> None:
    """Stop with the names of the pages that are missing, old, or of nothing any more."""
    stale = [path.name for path, text in texts.items() if not path.is_file() or path.read_text("utf-8") != text]
    written = [path for folder in PAGES for path in (DOCS / folder).glob("*.md")]
    stale += [path.name for path in written if path not in texts]
    if stale:
        sys.exit(f"not up to date: {', '.join(stale)}; run `make docs`")


if __name__ == "__main__":
    main()
