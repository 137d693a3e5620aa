"""What the documents say is true: generated texts are fresh, snippets run, commands exist."""

import doctest
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from typer.main import get_command

from lfsrkit.config import recipe_names
from lfsrkit.degradations import chain_from_text
from lfsrkit.registries import MASKS
from lfsrkit.registry import load_plugin
from lfsrkit_cli.app import app

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
CHAINS = [page for page in PAGES if page.parent.name == "chains" and page.name != "README.md"]


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
    for command in commands_in(page.read_text(encoding="utf-8")):
        first, second, *_ = [*command.split()[1:], "", ""]
        found = get_command(app).commands[first]
        assert second in (*getattr(found, "commands", [second]), "", "[OPTIONS]"), command
        assert set(recipes_in(command)) <= set(recipe_names()), command


def commands_in(text: str) -> list[str]:
    """Find the commands of a document, wherever in a line they start, whole where they go on after a backslash."""
    whole = re.sub(r"[ \t]*\\\n[ \t]*", " ", text)
    return re.findall(r"(?:^[ \t]*|`|: |-m |=\d+ )(lfsrkit(?:_cli)? [a-z][^`\n#]*)", whole, re.MULTILINE)


def recipes_in(command: str) -> list[str]:
    return re.findall(r" -c ([a-z][\w/]*)(?![\w./])", command)


def test_commands_are_found_wherever_they_stand() -> None:
    found = commands_in(
        "Say `lfsrkit train -c one -c two/three` or\n\n    lfsrkit pairs build \\\n      -c four \\\n      -c a.toml\n"
        "$ torchrun --nproc_per_node 2 \\\n    -m lfsrkit_cli train -c five\n  Example: lfsrkit config show -c six\n"
    )
    assert [command.split()[1] for command in found] == ["train", "pairs", "train", "config"]
    assert [recipes_in(command) for command in found] == [["one", "two/three"], ["four"], ["five"], ["six"]]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_recipe_that_is_named_is_overlooked(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = [name for name in re.findall(r"-c ([a-z][\w/]*)", text) if name in recipe_names()]
    assert sorted(named) == sorted(name for command in commands_in(text) for name in recipes_in(command))


@pytest.mark.parametrize("page", [page for page in PAGES if page.parent.name == "masks"], ids=lambda page: page.stem)
def test_the_example_of_a_mask_runs_when_copied(page: Path) -> None:
    examples = re.findall(r"```python\n(>>> .*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) == (page.name != "README.md")
    for example in examples:
        test = doctest.DocTestParser().get_doctest(example, {}, page.stem, str(page), 0)
        assert doctest.DocTestRunner().run(test) == (0, len(test.examples))


def test_links_lead_somewhere() -> None:
    links = {page: re.findall(r"\]\((?!http)([^)#]+)", page.read_text(encoding="utf-8")) for page in PAGES}
    assert {"README.md", "index.md", "faq.md"} <= {page.name for page, targets in links.items() if targets}
    broken = [(page.name, to) for page, targets in links.items() for to in targets if not (page.parent / to).exists()]
    assert broken == []


@pytest.mark.parametrize("page", CHAINS, ids=lambda page: page.name)
def test_a_page_of_a_chain_has_model_formula_parameters_picture_and_use(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    head, title, model, *_ = text.split("\n\n")
    assert (head.startswith("<!--"), title, model.endswith(".")) == (True, f"# {page.stem}", True)
    assert re.search(r"\$[^$]+=[^$]+\$", text)
    assert f"]({page.stem}.png)" in text
    assert re.search(r"^Use it .+", text, re.MULTILINE)
    for stage in chain_from_text(f"{page.stem}(scale=8)").stages:
        for name, value in stage.call.params.get("of", stage.call).params.items():
            row = rf"^\| `{name}` \| `{re.escape(repr(value))}` \| [\w`]"
            assert re.search(row, text, re.MULTILINE), f"{stage.key}: {name}"
