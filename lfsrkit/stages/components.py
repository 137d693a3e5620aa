"""Types of settings: components written as text or as tables, checked against their signatures, and a few numbers."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PlainValidator, WithJsonSchema

from lfsrkit import registries
from lfsrkit.calls import Call, parse_call, parse_chain
from lfsrkit.errors import UsageError

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")

_CALL_SCHEMA = {
    "description": "name(key=value, ...), or a table with a name and the parameters",
    "oneOf": [{"type": "string"}, {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}],
}


def _to_call(value: Any) -> Call:
    if isinstance(value, Call):
        return value
    if isinstance(value, str):
        return parse_call(value)
    if isinstance(value, Mapping) and isinstance(value.get("name"), str):
        return Call(value["name"], {key: _nested(item) for key, item in value.items() if key != "name"})
    raise ValueError("write name(key=value, ...), or a table with a name and the parameters")


def _nested(value: Any) -> Any:
    return _to_call(value) if isinstance(value, Mapping) and "name" in value else value


def _checked(call: Call, kind: str, **given: Any) -> Call:
    registry = registries.REGISTRIES[kind]
    faults = registry.faults(Call(call.name, {**given, **call.params}))
    if faults:
        raise ValueError("; ".join(faults))
    return call


def _component(kind: str, value: Any, **given: Any) -> Call:
    try:
        return _checked(_to_call(value), kind, **given)
    except UsageError as error:
        raise ValueError(str(error)) from None


def _chain(value: Any) -> tuple[Call, ...]:
    try:
        calls = parse_chain(value) if isinstance(value, str) else value
    except UsageError as error:
        raise ValueError(str(error)) from None
    if isinstance(calls, Call | Mapping):
        calls = [calls]
    if not isinstance(calls, Sequence):
        raise ValueError("write a chain such as 'fsr_gamma(scale=4) | jpeg', or a list of its parts")
    return tuple(_component("degradations", item) for item in calls)


Model = Annotated[
    Call, PlainValidator(lambda value: _component("models", value, scale=8)), WithJsonSchema(_CALL_SCHEMA)
]
ModelName = Annotated[str, AfterValidator(lambda value: str(_component("models", value, scale=8)))]
Mask = Annotated[Call, PlainValidator(lambda value: _component("masks", value)), WithJsonSchema(_CALL_SCHEMA)]
Loss = Annotated[Call, PlainValidator(lambda value: _component("losses", value)), WithJsonSchema(_CALL_SCHEMA)]
Detector = Annotated[Call, PlainValidator(lambda value: _component("detectors", value)), WithJsonSchema(_CALL_SCHEMA)]
Metric = Annotated[Call, PlainValidator(lambda value: _component("metrics", value)), WithJsonSchema(_CALL_SCHEMA)]
Landmarker = Annotated[
    Call, PlainValidator(lambda value: _component("landmarkers", value)), WithJsonSchema(_CALL_SCHEMA)
]
Degrade = Annotated[
    tuple[Call, ...],
    PlainValidator(_chain),
    WithJsonSchema({"oneOf": [{"type": "string"}, {"type": "array", "items": _CALL_SCHEMA}]}),
]
Positive = Annotated[int, Field(ge=1)]


def one_or_more(value: Any) -> Any:
    """Take one thing where a list is meant: ``psnr`` is ``["psnr"]``.

    Args:
        value: As given.
    """
    return [value] if isinstance(value, str | Call | Mapping) else value
