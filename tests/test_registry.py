"""The registry: names, lazy imports, parameters, plug-ins, and errors that teach."""

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from lfsrkit import registry as registry_module
from lfsrkit.calls import Call, parse_chain
from lfsrkit.errors import BadParameters, LfsrkitError, UnknownComponent, UsageError
from lfsrkit.registries import REGISTRIES
from lfsrkit.registry import Registry, Row, load_plugin
from lfsrkit.signatures import summary_of

ENTRIES = [(kind, name) for kind, registry in REGISTRIES.items() for name in registry.names()]


class Shape:
    """A thing with sides.

    Args:
        sides: How many,
            three or more.
        size: Length in pixels.
    """

    def __init__(self, sides: int, size: tuple[float, float] = (1.0, 2.0), inner: object = None) -> None:
        self.sides, self.size, self.inner = sides, size, inner


@pytest.fixture
def shapes() -> Registry[Shape]:
    return Registry("shape", rows={"shape": Row(f"{__name__}:Shape", "A thing")}, group="lfsrkit.tests")


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, __name__, sys.modules.get(__name__) or sys.modules["test_registry"])


@pytest.mark.parametrize(("kind", "name"), ENTRIES)
def test_table_agrees_with_docstring(kind: str, name: str) -> None:
    entry = REGISTRIES[kind][name]
    assert entry.summary == summary_of(entry.factory)
    assert entry.origin == "lfsrkit"


@pytest.mark.parametrize(("kind", "name"), ENTRIES)
def test_every_parameter_is_documented_typed_and_named(kind: str, name: str) -> None:
    for parameter in REGISTRIES[kind][name].parameters():
        assert parameter.meaning, f"{name}.{parameter.name} has no meaning in the docstring"
        assert parameter.type
        assert parameter.name.isidentifier()


def test_listing_imports_nothing_heavy() -> None:
    program = (
        "import sys\nfrom lfsrkit import *\nimport lfsrkit.registries as r\n"
        "[(e.name, e.summary, e.tags) for x in r.REGISTRIES.values() for e in x]\n"
        "print([m for m in ('torch', 'kornia', 'timm', 'datasets', 'numpy', 'pydantic') if m in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True).strip() == "[]"


def test_create_converts_and_nests(shapes: Registry[Shape]) -> None:
    made = shapes.create("shape", sides=3, size=[1, 2], inner=Call("shape", {"sides": 4}))
    assert (made.sides, made.size) == (3, (1.0, 2.0))
    assert isinstance(made.inner, Shape)
    assert made.inner.sides == 4


def test_parameters_come_from_signature_and_docstring(shapes: Registry[Shape]) -> None:
    sides, size, _ = shapes["shape"].parameters()
    assert (sides.required, sides.meaning) == (True, "How many, three or more.")
    assert (size.type, size.default) == ("tuple[float, float]", (1.0, 2.0))


def test_all_faults_of_a_call_in_one_error(shapes: Registry[Shape]) -> None:
    with pytest.raises(BadParameters) as caught:
        shapes.create("shape", sidess=3, size="wide")
    text = str(caught.value)
    assert "'sidess'; did you mean 'sides'" in text
    assert "'sides' is missing" in text
    assert "'size' = 'wide'" in text


def test_unknown_names_offer_near_ones() -> None:
    with pytest.raises(UnknownComponent, match="'pach'; did you mean 'patch'"):
        REGISTRIES["masks"]["pach"]
    with pytest.raises(UnknownComponent, match=r"known: .*random"):
        REGISTRIES["masks"]["zzzz"]


def test_a_taken_or_impossible_name_is_refused(shapes: Registry[Shape]) -> None:
    with pytest.raises(UsageError, match="already exists, from lfsrkit"):
        shapes.register("shape")(Shape)
    with pytest.raises(UsageError, match="letters"):
        shapes.register("a shape")(Shape)


def test_temporary_registration_ends(shapes: Registry[Shape]) -> None:
    with shapes.temporary("other", Shape, tags=("round",)):
        assert shapes.names(tag="round") == ["other"]
    assert "other" not in shapes


def test_adapters_make_factories_from_names() -> None:
    registry: Registry[Path] = Registry(
        "place", rows={}, group="lfsrkit.tests", adapters={"std": Row("operator:attrgetter", "Attributes")}
    )
    assert registry["std:name"].factory(Path("a/b")) == "b"
    with pytest.raises(UnknownComponent, match="std:"):
        registry["stdd:name"]


def test_entry_points_are_listed_without_import_and_a_broken_one_hurts_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [EntryPoint("good", f"{__name__}:Shape", "g"), EntryPoint("broken", "no_such_module_at_all:x", "g")]
    monkeypatch.setattr(registry_module, "entry_points", lambda group: points)
    registry: Registry[Shape] = Registry("shape", rows={}, group="g")
    assert registry.names() == ["broken", "good"]
    assert registry.create("good", sides=3).sides == 3
    with pytest.raises(LfsrkitError, match=r"'broken' from .* cannot be imported: ModuleNotFoundError"):
        registry.create("broken")


@pytest.mark.usefixtures("own_plugs")
def test_a_plugin_file_registers_and_a_failing_one_is_named(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.py", tmp_path / "bad.py"
    good.write_text(
        "from lfsrkit import LOSSES\nfrom lfsrkit.losses import L1\n"
        "@LOSSES.register('mine_for_test')\ndef mine() -> L1:\n    '''Mine.'''\n    return L1()\n"
    )
    bad.write_text("1 / 0")
    load_plugin(good)
    load_plugin(good)
    assert REGISTRIES["losses"]["mine_for_test"].summary == "Mine"
    assert str(good) in REGISTRIES["losses"]["mine_for_test"].origin
    with pytest.raises(UsageError, match=r"bad\.py: ZeroDivisionError"):
        load_plugin(bad)
    with pytest.raises(UsageError, match="no such Python file"):
        load_plugin(tmp_path / "none.py")


@pytest.mark.parametrize(
    "text",
    [
        "a(1)",
        "a(**{})",
        "a | ",
        "a(x=open('f'))or 1",
        "a.b(x=1)",
        "a(x=y)",
        "__import__('os').system('x')",
        "",
        "a(" * 99,
    ],
)
def test_chain_text_is_read_never_run(text: str) -> None:
    with pytest.raises(UsageError, match="write name"):
        parse_chain(text)


@pytest.mark.parametrize(
    "text", ["a", "a(x=1)", "a(x=(1, 2.5)) | b(y='k:v | w')", "kornia:RandomHue(hue=0.1)", "a(b=c(d=[1]))"]
)
def test_chain_text_round_trips(text: str) -> None:
    calls = parse_chain(text)
    assert parse_chain(" | ".join(map(str, calls))) == calls
    assert " | ".join(map(str, calls)) == text


@pytest.mark.parametrize("text", ["{}(hue=)", "  {}(hue=)", "blur | {}(p=1) |\\\n {}(hue=)"])
def test_faults_are_placed_where_the_user_wrote_them(text: str) -> None:
    """A name with a prefix takes as many characters as one without."""
    placed = []
    for name in ("kornia:RandomHue", "kornia_RandomHue"):
        with pytest.raises(UsageError, match="at character") as caught:
            parse_chain(text.replace("{}", name))
        placed.append(str(caught.value).replace("kornia_", "kornia:"))
    assert placed[0] == placed[1]


def test_faults_show_names_as_the_user_wrote_them() -> None:
    with pytest.raises(UsageError, match=r"'\[kornia:RandomHue\(\)\]' is neither a literal nor a call"):
        parse_chain("maybe(stage=[kornia:RandomHue()])")
