"""How a page of help is laid out: whole sentences, and commands that can be copied, however narrow the terminal is."""

import re
from collections.abc import Iterator
from inspect import cleandoc
from typing import Any, final

import typer
from typer.core import TyperCommand, TyperGroup

_COMMAND = re.compile(r"([^:]+): ((?:lfsrkit|torchrun) .+)")
"""A paragraph that leads to a command."""
_WORD = re.compile(r"""(?:--?[a-z][a-z-]* (?!-))?(?:[^\s"']|"[^"]*"|'[^']*')+""")
"""A word of a command, an option with its value."""
_WHOLE = 10_000
"""More characters than a sentence has."""


@final
class Page(TyperCommand):
    """The help of one command."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Name the arguments: in brackets what may be left out, with dots what may be repeated."""
        return ["[OPTIONS]", *(_usage(item) for item in self.get_params(ctx) if item.param_type_name == "argument")]

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """Write what the command does."""
        for paragraph in re.split(r"\n\s*\n", cleandoc(self.help or "")):
            formatter.write_paragraph()
            with formatter.indentation():
                text = " ".join(paragraph.split())
                found = _COMMAND.fullmatch(text)
                if found is None or len(text) <= formatter.width - formatter.current_indent:
                    formatter.write_text(text)
                    continue
                formatter.write_text(f"{found[1]}:")
                indent = " " * (formatter.current_indent + 2)
                for line in broken(found[2], formatter.width - len(indent)):
                    formatter.write(f"{indent}{line}\n")

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write what the arguments and the options mean."""
        for title, kind in (("Arguments", "argument"), ("Options", "option")):
            rows = [_row(item, ctx) for item in self.get_params(ctx) if item.param_type_name == kind]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


@final
class Group(TyperGroup):
    """The help of several commands."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write what each command does, the sentence as a whole."""
        commands: list[Any] = [self.get_command(ctx, name) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(one.name, one.get_short_help_str(_WHOLE)) for one in commands])


def group(help: str) -> typer.Typer:
    """Make a place for commands under one word.

    Args:
        help: What they do.
    """
    return typer.Typer(help=help, cls=Group, rich_markup_mode=None, no_args_is_help=True)


def broken(command: str, width: int) -> Iterator[str]:
    r"""Break a command as a shell reads it on: between words, with a backslash at the ends of lines.

    Args:
        command: On one line.
        width: Of a line in characters; a word that is longer stays whole.

    Example:
        >>> print(*broken("lfsrkit enhance runs/first night/ --out bright", 36), sep="\n")
        lfsrkit enhance runs/first night/ \
          --out bright
    """
    line, *words = _WORD.findall(command)
    for number, word in enumerate(words, 1):
        room = width if number == len(words) else width - 2
        if len(line) + 1 + len(word) > room:
            yield f"{line} \\"
            line = f"  {word}"
        else:
            line += f" {word}"
    yield line


def _usage(argument: Any) -> str:
    name = argument.metavar or argument.name
    return (name if argument.required else f"[{name}]") + ("..." if argument.nargs != 1 else "")


def _row(item: Any, ctx: Any) -> tuple[str, str]:
    name, meaning = item.get_help_record(ctx)
    return (name if item.param_type_name == "option" else item.metavar or item.name), meaning
