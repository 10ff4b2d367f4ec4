"""Turns the bytes of a saved page into text, or refuses them with a reason.

Promise: a byte order mark decides; then valid UTF-8; then the page's own declaration (by
the names of encoding.spec.whatwg.org, where ISO-8859-1 means windows-1252); then
windows-1252. A page saved as one MHTML file gives its HTML part. Empty and binary input is
refused. Bytes that the encoding does not have become U+FFFD and are counted.
"""

import codecs
import email
import re
from dataclasses import dataclass
from email import policy

MAX_BYTES = 16 * 1024 * 1024  # three times the largest saved story page met, a 5 MB one

_MARKS = [
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
]
_BINARY = (b"%PDF-", b"PK\x03\x04", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"bplist")
_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_.:-]+)""", re.IGNORECASE)
_WEB_NAMES = {
    **dict.fromkeys(["iso-8859-1", "latin1", "us-ascii", "ascii"], "cp1252"),
    "iso-8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932",
    "x-sjis": "cp932", "euc-kr": "cp949", "ks_c_5601-1987": "cp949", "tis-620": "cp874",
}  # fmt: skip


class ImportRefused(ValueError):
    """Input that no page can be read from. `code` is stable, the message says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Decoded:
    """A page as text, its encoding, and how many characters could not be read."""

    text: str
    encoding: str
    lost: int


def decode(data: bytes, name: str) -> Decoded:
    """The text of a saved page; `ImportRefused` where there is none."""
    if len(data) > MAX_BYTES:
        raise ImportRefused(
            "too_large",
            f"{name} has {len(data):,} bytes; a page may have {MAX_BYTES:,}. "
            "Save the page as HTML only, without its pictures.",
        )
    if not data.strip(b" \t\r\n\x0b\x0c"):
        raise ImportRefused("empty", f"{name} is empty: save the page again, as HTML or as text.")
    if data.startswith(_BINARY):
        raise _not_text(name)
    decoded = _by_mark(data) or _by_zeros(data, name) or _from_mhtml(data, name) or _by_trial(data)
    odd = sum(1 for c in decoded.text[:20_000] if c < " " and c not in "\t\n\r\x0b\x0c\x1b\x00")
    if odd > len(decoded.text[:20_000]) // 50:
        raise _not_text(name)
    if not decoded.text.strip("\ufeff \t\r\n\xa0\u200b"):
        raise ImportRefused("empty", f"{name} is empty: save the page again, as HTML or as text.")
    return decoded


def _not_text(name: str) -> ImportRefused:
    return ImportRefused(
        "binary", f"{name} is not a text file: save the page as HTML or as plain text."
    )


def _by_mark(data: bytes) -> Decoded | None:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decoded(data[len(mark) :], encoding)
    return None


def _by_zeros(data: bytes, name: str) -> Decoded | None:
    """UTF-16 without a mark has a zero beside each ASCII character; other zeros are binary."""
    sample = data[:4096]
    if b"\0" not in sample:
        return None
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if min(even, odd) * 8 < max(even, odd) and max(even, odd) * 4 > len(sample) // 2:
        return _decoded(data, "utf-16-le" if odd > even else "utf-16-be")
    if even + odd > max(1, len(sample) // 500):
        raise _not_text(name)
    return None


def _from_mhtml(data: bytes, name: str) -> Decoded | None:
    head = data[:2048].lower()
    if b"mime-version:" not in head or b"multipart/related" not in head:
        return None
    for part in email.message_from_bytes(data, policy=policy.default).walk():
        if part.get_content_type() in ("text/html", "application/xhtml+xml"):
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes) and payload.strip():
                return _by_mark(payload) or _by_trial(payload, part.get_content_charset() or "")
    raise ImportRefused("no_page", f"{name} is an MHTML archive without an HTML page in it.")


def _by_trial(data: bytes, declared: str = "") -> Decoded:
    found = _DECLARED.search(data[:8192])
    label = declared.lower() or (found.group(1).decode("ascii").lower() if found else "")
    label = _WEB_NAMES.get(label, label)
    if not label.startswith(("iso-2022", "hz")):
        try:
            return Decoded(data.decode("utf-8"), "utf-8", 0)
        except UnicodeDecodeError:
            mended = data.decode("utf-8", "replace")
        wrong = mended.count("\ufffd")
        right = sum(1 for c in mended if c > "\x7f") - wrong
        if right > 4 * wrong:
            return Decoded(mended, "utf-8", wrong)
    if label and not label.startswith(("utf", "ucs")):
        try:
            codecs.lookup(label)
            return _decoded(data, label)
        except (LookupError, ValueError):
            pass
    return _decoded(data, "cp1252")


def _decoded(data: bytes, encoding: str) -> Decoded:
    text = data.decode(encoding, "replace")
    return Decoded(text, encoding, text.count("\ufffd"))
