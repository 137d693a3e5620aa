"""Pages of help: whole, within the terminal, plain ASCII, with commands that can be copied."""

import re
import shlex

import pytest
from typer.testing import CliRunner

from lfsrkit_cli.app import app
from tests.command_cases import COMMANDS

WIDTHS = (60, 80, 132)
_COMMAND = re.compile(r"(?:^ +|: )((?:lfsrkit|torchrun) (?:.*\\\n)*.*)$", re.MULTILINE)
_DESCRIPTION = re.compile(r"\n\n(.*?)^(?:Arguments|Options):", re.MULTILINE | re.DOTALL)


def help_of(name: str, width: int) -> str:
    result = CliRunner().invoke(app, [*name.split(), "--help"], terminal_width=width, max_content_width=width)
    assert result.exit_code == 0
    return result.stdout


def copied(text: str) -> list[list[str]]:
    """What a shell makes of the commands of a page."""
    description = _DESCRIPTION.search(text)
    assert description is not None
    return [shlex.split(command.replace("\\\n", "")) for command in _COMMAND.findall(description[1])]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", COMMANDS)
def test_a_page_keeps_to_its_width_and_to_ascii(name: str, width: int) -> None:
    text = help_of(name, width)
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= width


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", [name for name in COMMANDS if hasattr(COMMANDS[name], "commands")])
def test_commands_are_listed_with_whole_sentences(name: str, width: int) -> None:
    listed = " ".join(help_of(name, width).partition("Commands:\n")[2].split())
    for key, command in COMMANDS[name].commands.items():
        first = " ".join((command.help or "").split("\n\n")[0].split())
        assert f"{key} {first}" in listed
        assert first.endswith(".")


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_examples_can_be_copied(name: str) -> None:
    wide = copied(help_of(name, 1000))
    narrow = [copied(help_of(name, width)) for width in WIDTHS]
    assert narrow == [wide] * len(WIDTHS)
    for words in wide:
        if words[0] == "torchrun" or ">" in words:
            continue
        depth = 2 if " ".join(words[1:3]) in COMMANDS else 1
        found = COMMANDS[" ".join(words[1 : 1 + depth])]
        # Parsed as if it were typed: an option or argument that there is not would raise.
        found.make_context("example", words[1 + depth :], resilient_parsing=False)


@pytest.mark.slow
def test_examples_are_found() -> None:
    assert sum(len(copied(help_of(name, 60))) for name in COMMANDS) > 20


@pytest.mark.parametrize("name", [name for name in COMMANDS if name])
def test_usage_tells_what_may_be_left_out_and_what_repeated(name: str) -> None:
    usage = help_of(name, 132).splitlines()[0]
    arguments = [item for item in COMMANDS[name].params if item.param_type_name == "argument"]
    for item in arguments:
        written = (item.metavar if item.required else f"[{item.metavar}]") + ("..." if item.nargs == -1 else "")
        assert f" {written}" in usage
    assert "[[" not in usage
