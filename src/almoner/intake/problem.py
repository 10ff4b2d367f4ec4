"""Errors as the API tells them: RFC 9457 problem details."""

from collections.abc import Callable
from typing import TypeVar

import msgspec

Decoded = TypeVar("Decoded")

MEDIA_TYPE = b"application/problem+json"


class Problem(Exception):
    """What was wrong with a request, where, and what to do.

    `code` is stable and ends the problem's type; `field` is the place in the request, such
    as `lines[0].quantity`, where there is one.
    """

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        detail: str,
        *,
        field: str = "",
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.field = field
        self.retry_after = retry_after

    def document(self) -> dict[str, str | int]:
        """The problem's members."""
        members: dict[str, str | int] = {
            "type": f"/problems/{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        return {**members, "field": self.field} if self.field else members

    def body(self) -> bytes:
        """The problem as JSON."""
        return msgspec.json.encode(self.document())


UNEXPECTED = Problem(
    500,
    "unexpected",
    "Something went wrong here",
    "This is our mistake, and the operator's log says more. Sending again counts once.",
)


def wrong_method(path: str, allowed: str, method: str) -> Problem:
    """An address that does not answer to this method."""
    return Problem(
        405,
        "wrong-method",
        "Not by this method",
        f"{path} answers {allowed} only, not {method[:20]}.",
    )


_MISSING = "Object missing required field `"


def decode(decoder: Callable[[bytes], Decoded], body: bytes) -> Decoded:
    """Decode a body; a `Problem` where it is no JSON, or JSON of another shape, by field."""
    try:
        return decoder(body)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        reason = f"{error}".rstrip(".")
    except RecursionError:
        reason = "it is nested too deeply"
    raise Problem(400, "malformed-json", "The body is not JSON", f"The body is not JSON: {reason}.")


def _invalid(text: str) -> Problem:
    what, _, where = text.partition(" - at `")
    field = where.rstrip("`").removeprefix("$").removeprefix(".")
    place = f"{field}: " if field else ""
    if what.startswith(_MISSING):
        field = ".".join(filter(None, (field, what.removeprefix(_MISSING).rstrip("`"))))
    return Problem(
        422, "invalid-field", "A field cannot be used", f"{place}{_plain(what)}.", field=field
    )


def _plain(what: str) -> str:
    if what.startswith(_MISSING):
        return f"the field {what.removeprefix(_MISSING).rstrip('`')} is missing: add it"
    unknown = "Object contains unknown field `"
    if what.startswith(unknown):
        return f"there is no field {what.removeprefix(unknown).rstrip('`')}: leave it out"
    return what.replace("`", "")
