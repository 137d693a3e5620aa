"""What the documents say is true: generated texts are fresh, snippets run, commands exist."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from typer.main import get_command

from lfsrkit.config import recipe_names
from lfsrkit.registries import MASKS
from lfsrkit.registry import load_plugin
from lfsrkit_cli.app import app

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_generated_texts_are_fresh(page: Path) -> None:
    if "[[[cog" not in page.read_text(encoding="utf-8"):
        pytest.skip("nothing is generated here")
    subprocess.run([sys.executable, "-m", "cogapp", "--check", page], check=True, cwd=ROOT, capture_output=True)


@pytest.mark.usefixtures("own_plugs")
def test_the_plug_in_of_the_readme_works(tmp_path: Path) -> None:
    snippet = re.search(
        r"```python\n(# stripes\.py.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL
    )
    assert snippet is not None
    (tmp_path / "stripes.py").write_text(snippet.group(1))
    load_plugin(tmp_path / "stripes.py")
    mask = MASKS.create("rows").sample(2, 4, 6, torch.Generator().manual_seed(0))
    assert mask.shape == (2, 1, 4, 6)
    assert mask.mean() == 0.5


@pytest.mark.parametrize("page", [*PAGES, ROOT / "docker" / "smoke.sh"], ids=lambda page: page.name)
def test_every_command_and_recipe_that_is_named_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for words in re.findall(r"^lfsrkit ([a-z]+)(?: ([a-z]+))?", text, re.MULTILINE):
        command = get_command(app).commands[words[0]]
        assert not hasattr(command, "commands") or words[1] in command.commands, words
    assert set(re.findall(r"^lfsrkit .*-c ([a-z][\w/]+)", text, re.MULTILINE)) <= set(recipe_names())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target
