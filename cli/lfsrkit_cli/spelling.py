"""What a terminal without the character is shown instead: Greek letters by name, signs by what they look like."""

import codecs
import unicodedata

HANDLER = "lfsrkit.spelt"
"""Name of the error handler for streams."""

_SIGNS = {"±": "+-", "×": "x", "·": "*", "…": "...", "→": "->", "↑": "^", "↓": "v", "†": "+"}  # noqa: RUF001
_LETTER = "GREEK SMALL LETTER "


def spelt(character: str) -> str:
    r"""Write a character in ASCII; what is neither a sign nor a Greek letter, as in the names of files, gets its code.

    Args:
        character: One.

    Example:
        >>> spelt("β"), spelt("±"), spelt("é")
        ('beta', '+-', '\\xe9')
    """
    if character in _SIGNS:
        return _SIGNS[character]
    name = unicodedata.name(character, "")
    if name.startswith(_LETTER):
        return name.removeprefix(_LETTER).lower()
    return character.encode("ascii", "backslashreplace").decode()


def shown(text: str, encoding: str | None) -> str:
    """Spell what an encoding lacks, so that lines are broken by what will stand there.

    Args:
        text: Any.
        encoding: Of a stream.

    Example:
        >>> shown("δ ± 0.1", "ascii")
        'delta +- 0.1'
    """
    register()
    encoding = encoding or "utf-8"
    return text.encode(encoding, HANDLER).decode(encoding)


def register() -> None:
    """Make the error handler known by its name."""
    codecs.register_error(HANDLER, _spell)


def _spell(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(spelt, error.object[error.start : error.end])), error.end
