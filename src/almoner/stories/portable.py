"""The values of our blocks in a form that another program can read, and back.

A block becomes plain values of YAML: a mapping by the names of its fields, a list, text. Rich text
becomes Markdown, a picture the path of its file, a page the path of its file. Guarantee: it works
by the definition of a block alone, so a new kind of block needs nothing here; and what `portable`
gives, `native` turns back into the same, given the same paths. Empty fields are not written.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from wagtail import blocks
from wagtail.images.blocks import ImageChooserBlock

# What YAML and a block both know as they are.
_PLAIN = (str, int, float, bool)
# What a link may begin with: the editor's form, which refuses the rest, is passed by here.
_WEB = ("https://", "http://")


class PortableError(ValueError):
    """A value that is none of its block's; the message names the field."""


@dataclass(frozen=True, slots=True)
class Outward:
    """How rows are named outside."""

    picture: Callable[[int], str | None]
    page: Callable[[int], str | None]
    text: Callable[[str], str]  # rich text as Markdown


@dataclass(frozen=True, slots=True)
class Inward:
    """How names from outside are found here; None where there is no such thing."""

    picture: Callable[[str], int | None]
    page: Callable[[str], int | None]
    html: Callable[[str], str]  # Markdown as rich text


def portable(block: blocks.Block, raw: Any, names: Outward) -> Any:
    """The value of a block, as the database has it, for outside."""
    if raw is None:
        return None
    if isinstance(block, blocks.BaseStreamBlock):
        return [
            {part["type"]: portable(block.child_blocks[part["type"]], part["value"], names)}
            for part in raw
            if part["type"] in block.child_blocks
        ]
    if isinstance(block, blocks.ListBlock):
        return [portable(block.child_block, _item(part), names) for part in raw]
    if isinstance(block, blocks.BaseStructBlock):
        made = {
            name: portable(child, raw.get(name), names)
            for name, child in block.child_blocks.items()
        }
        return {name: value for name, value in made.items() if value not in (None, "", [], {})}
    if isinstance(block, ImageChooserBlock):
        return names.picture(int(raw))
    if isinstance(block, blocks.PageChooserBlock):
        return names.page(int(raw))
    if isinstance(block, blocks.RichTextBlock):
        return names.text(str(raw))
    if isinstance(raw, (datetime, date, time)):
        return raw.isoformat()
    return raw if isinstance(raw, _PLAIN) else str(raw)


def _item(part: Any) -> Any:
    """A list's item: newer rows have a number beside it."""
    is_numbered = isinstance(part, dict) and part.get("type") == "item" and "value" in part
    return part["value"] if is_numbered else part


def native(block: blocks.Block, value: Any, names: Inward, field: str = "") -> Any:
    """A value from outside as the database has it; `PortableError` where it is none."""
    where = field or "the block"
    if isinstance(block, blocks.BaseStreamBlock):
        return [_part(block, part, names, where) for part in _expect(value, list, where)]
    if isinstance(block, blocks.ListBlock):
        parts = _expect(value, list, where)
        return [native(block.child_block, part, names, f"{where}, item {n}")
                for n, part in enumerate(parts, 1)]  # fmt: skip
    if isinstance(block, blocks.BaseStructBlock):
        fields = _expect(value, dict, where)
        for name in fields:
            if name not in block.child_blocks:
                known = ", ".join(block.child_blocks)
                raise PortableError(f"{where} has no field {name!r}; it has {known}")
        return {
            name: native(child, fields[name], names, name)
            if name in fields
            else child.get_prep_value(child.get_default())
            for name, child in block.child_blocks.items()
        }
    if isinstance(block, (ImageChooserBlock, blocks.PageChooserBlock)):
        if not value:
            return None
        find = names.picture if isinstance(block, ImageChooserBlock) else names.page
        return find(_expect(value, str, where))
    if isinstance(block, blocks.RichTextBlock):
        return names.html(_expect(value, str, where))
    return _simple(block, value, where)


def _part(block: Any, part: Any, names: Inward, where: str) -> dict[str, Any]:
    fields = _expect(part, dict, where)
    if len(fields) != 1 or next(iter(fields)) not in block.child_blocks:
        known = ", ".join(block.child_blocks)
        raise PortableError(f"each part of {where} is one of {known}, with its value")
    ((kind, value),) = fields.items()
    return {"type": kind, "value": native(block.child_blocks[kind], value, names, kind)}


def _simple(block: blocks.Block, value: Any, where: str) -> Any:
    if isinstance(block, (blocks.IntegerBlock, blocks.BooleanBlock, blocks.FloatBlock)):
        return _expect(value, (int, float, bool), where) if value is not None else None
    if isinstance(value, (datetime, date, time, Decimal, int, float)) and not isinstance(
        value, bool
    ):
        return str(value)
    text = _expect(value, str, where) if value is not None else None
    if text and isinstance(block, blocks.URLBlock) and not text.startswith(_WEB):
        raise PortableError(f"{where} must be the address of a web page, not {text!r}")
    return text


def _expect(value: Any, kind: Any, where: str) -> Any:
    if not isinstance(value, kind):
        names = {list: "a list", dict: "fields with their values", str: "text"}
        raise PortableError(f"{where} must be {names.get(kind, 'a number')}, not {value!r}")
    return value
