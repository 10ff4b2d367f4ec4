"""A shop's export as single objects: lines of JSON, a list, or a REST answer around a list.

Lines are read one by one, whatever the file's size; a list is read whole, so it is bounded.
`ValueError` says in one sentence what a file is not.
"""

from collections.abc import Iterator
from typing import BinaryIO

import msgspec

MAX_ARRAY = 64 * 1024 * 1024
MAX_LINE = 4 * 1024 * 1024  # an order of a thousand lines, each with a plugin's meta data

_BOM = b"\xef\xbb\xbf"
_decode_any = msgspec.json.Decoder(msgspec.Raw).decode
_decode_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode


def bodies(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Each object of a file, numbered from 1: lines of JSON, a list, or {"orders": list}."""
    first = file.read(64).lstrip(_BOM + b" \t\r\n")[:1]
    file.seek(0)
    if first == b"[":
        yield from enumerate(_items(file), start=1)
        return
    if first != b"{":
        raise ValueError("This is neither lines of JSON nor a list of orders.")
    head = file.readline(MAX_LINE).removeprefix(_BOM)
    file.seek(0)
    if not _is_whole(head) or _wrapped(head):
        yield from enumerate(_items(file), start=1)
        return
    for number, line in enumerate(file, start=1):
        body = line.removeprefix(_BOM).strip()
        if body:
            yield number, body


def _is_whole(line: bytes) -> bool:
    try:
        _decode_any(line)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False
    return True


def _wrapped(body: bytes) -> bool:
    """Whether an object is a REST answer around a list of orders."""
    keys = _decode_object(body)
    return "orders" in keys and "id" not in keys


def _items(file: BinaryIO) -> list[bytes]:
    body = file.read(MAX_ARRAY + 1).removeprefix(_BOM)
    if len(body) > MAX_ARRAY:
        raise ValueError(
            f"A list of over {MAX_ARRAY // 1024**2} MB is not read: export one order a line."
        )
    try:
        if body.lstrip()[:1] == b"[":
            return [bytes(each) for each in _decode_list(body)]
        if _wrapped(body):
            return [bytes(each) for each in _decode_list(bytes(_decode_object(body)["orders"]))]
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ValueError(f"This is no JSON: {error}.") from None
    return [body.strip()]
