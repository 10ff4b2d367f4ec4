"""Leaves out of a body every key that its connector does not decode.

So a delivery that was rejected can be stored and replayed without anybody's name or address
in it. A decoded key keeps its value, byte for byte, if it is of the kind that is expected
there; what looks like an e-mail is cut out of texts. Limits: a customer's number stays, for a
pseudonym is made of it; a name that was written into a tag is not known as one.
"""

import re
import types
from typing import Any, Literal, Union, get_args, get_origin

import msgspec

_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_encode = msgspec.json.encode
_text = msgspec.json.Decoder(str).decode
_EMAIL = re.compile(r"[^\s@,;]+@[^\s@,;]+")
_MAX_DEPTH = 12  # the deepest body that is read here has seven


def keep(body: bytes, shape: Any, without: frozenset[str] = frozenset()) -> bytes:
    """`body` with the keys of `shape` alone, less those `without`; nothing where it is no JSON."""
    try:
        kept = _kept(msgspec.Raw(body.strip()), shape, without, 0)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return b""
    return b"" if kept is None else bytes(kept)


def _kept(raw: msgspec.Raw, shape: Any, without: frozenset[str], depth: int) -> msgspec.Raw | None:
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
            if key in fields
            and key not in without
            and (value := _kept(inner, fields[key], without, depth + 1)) is not None
        }
        return msgspec.Raw(_encode(kept))
    if first == b"[":
        item = _item(shape)
        if item is None:
            return None
        inside = (_kept(inner, item, without, depth + 1) for inner in _list(raw))
        return msgspec.Raw(_encode([each for each in inside if each is not None]))
    if first != b"n" and not _scalar(shape):
        return None
    if first == b'"' and "@" in (text := _text(raw)):
        return msgspec.Raw(_encode(_EMAIL.sub("", text)))
    return raw


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
    fields: dict[str, Any] = {}
    for one in structs:
        if one.__struct_config__.tag_field:
            fields[one.__struct_config__.tag_field] = str
        for each in msgspec.structs.fields(one):
            known = fields.get(each.encode_name, each.type)
            fields[each.encode_name] = Union[known, each.type]  # noqa: UP007
    return fields if structs else None


def _item(shape: Any) -> Any:
    """What a list of its shape holds; None where no list is expected."""
    items = [get_args(each)[0] for each in _options(shape) if get_origin(each) is list]
    return Union[tuple(items)] if items else None  # noqa: UP007


def _scalar(shape: Any) -> bool:
    return any(
        get_origin(option) is Literal
        or (isinstance(option, type) and not issubclass(option, msgspec.Struct | types.NoneType))
        for option in _options(shape)
        if get_origin(option) is not list
    )
