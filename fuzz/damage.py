"""How whole examples are damaged: bytes anywhere, and whole values of text by others of another kind."""

import re

from hypothesis import strategies as st

PIECES = (
    *(b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x7f\xff\xff\xff"),
    *(b"1e999", b"-1", b"nan", b"[[", b"((", b'"', b"|", b"{}"),
)
"""What is written over or between the bytes of an example."""

VALUES = (
    *(b"null", b"true", b"false", b"-1", b"0", b"1", b"0.5", b"1e999", b"NaN", b"9" * 20, b"9" * 5000),
    *(b"[]", b"{}", b'""', b'"x"', b'"../x"', b'"a\\u0000b"', b"[[1]]", b'{"a": 1}', b"[" * 2000 + b"]" * 2000),
)
"""What takes the place of a value in JSON, TOML or a call."""

_VALUE = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|\b(?:null|true|false)\b|\[\]|\{\}')
_DAMAGES = 6


@st.composite
def damaged(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """Take an example, then overwrite, insert, cut out, repeat or exchange a few pieces of it."""
    data = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(0, _DAMAGES))):
        data = draw(st.sampled_from((_bytes, _bytes, _value)))(draw, data)
    return data


def _bytes(draw: st.DrawFn, whole: bytes) -> bytes:
    data = bytearray(whole)
    start = draw(st.integers(0, len(data)))
    length = draw(st.integers(0, 16))
    piece = draw(st.one_of(st.binary(max_size=16), st.sampled_from(PIECES)))
    how = draw(st.sampled_from(("overwrite", "insert", "cut", "end", "repeat")))
    if how == "overwrite":
        data[start : start + len(piece)] = piece
    elif how == "insert":
        data[start:start] = piece
    elif how == "cut":
        del data[start : start + length]
    elif how == "end":
        del data[start:]
    else:
        data[start:start] = data[start : start + length] * draw(st.integers(1, 64))
    return bytes(data)


def _value(draw: st.DrawFn, whole: bytes) -> bytes:
    """Exchange a value, so that what is read stays JSON or TOML but says something else."""
    found = list(_VALUE.finditer(whole))
    if not found:
        return whole
    start, end = draw(st.sampled_from(found)).span()
    others = st.one_of(st.sampled_from(VALUES), st.sampled_from([match.group() for match in found]))
    return whole[:start] + draw(others) + whole[end:]
