"""Leaves out of a body every key that its connector does not decode.

So a delivery that was rejected can be stored and replayed without anybody's name or address
in it. Values stay byte for byte. Limit: a key that is decoded keeps its value, if it is of
the kind that is expected there; an order's tags are cleaned when they are read, not here.
"""

import types
from typing import Any, Union, get_args, get_origin

import msgspec

_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_encode = msgspec.json.encode
_MAX_DEPTH = 12  # the deepest body that is read here has seven


def keep(body: bytes, shape: Any) -> bytes:
    """`body` with the keys of `shape` alone; nothing where it is no JSON object or list."""
    try:
        kept = _kept(msgspec.Raw(body.strip()), shape, 0)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return b""
    return b"" if kept is None else bytes(kept)


def _kept(raw: msgspec.Raw, shape: Any, depth: int) -> msgspec.Raw | None:
    """A value as far as its shape reaches; None where it is of another kind."""
    first = bytes(raw)[:1]
    if depth > _MAX_DEPTH:
        return None
    if first == b"{":
        fields = _fields(shape)
        if fields is None:
            return None
        kept = {
            key: value
            for key, inner in _object(raw).items()
            if key in fields and (value := _kept(inner, fields[key], depth + 1)) is not None
        }
        return msgspec.Raw(_encode(kept))
    if first == b"[":
        item = _item(shape)
        if item is None:
            return None
        inside = (_kept(inner, item, depth + 1) for inner in _list(raw))
        return msgspec.Raw(_encode([each for each in inside if each is not None]))
    return raw if first == b"n" or _scalar(shape) else None


def _options(shape: Any) -> tuple[Any, ...]:
    """The types that a field may have: `int | None`, or an annotated one."""
    if hasattr(shape, "__metadata__"):
        return _options(shape.__origin__)
    if get_origin(shape) in (types.UnionType, Union):  # `|` of an annotated type is the latter
        return tuple(option for each in get_args(shape) for option in _options(each))
    return (shape,)


def _fields(shape: Any) -> dict[str, Any] | None:
    """The fields of its struct, or of its structs together; None where it has none."""
    structs = [
        option
        for option in _options(shape)
        if isinstance(option, type) and issubclass(option, msgspec.Struct)
    ]
    fields = {
        each.encode_name: each.type for one in structs for each in msgspec.structs.fields(one)
    }
    return fields if structs else None


def _item(shape: Any) -> Any:
    for option in _options(shape):
        if get_origin(option) is list:
            return get_args(option)[0]
    return None


def _scalar(shape: Any) -> bool:
    return any(
        isinstance(option, type) and not issubclass(option, msgspec.Struct | types.NoneType)
        for option in _options(shape)
        if get_origin(option) is None
    )
