"""The front matter of a Markdown file: YAML between lines of `---`, or TOML between `+++`.

Guarantee: YAML is read as plain values only, without aliases (through which a short text can
grow without end), and a field that is there twice is refused. Every error names file, line and
field.
"""

# pyright: basic

import re
import tomllib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, cast

import yaml

from almoner.stories.importers.decoding import ImportRefused

_YAML = re.compile(r"\A---[ \t]*\r?\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.M)
_TOML = re.compile(r"\A\+\+\+[ \t]*\r?\n(.*?)^\+\+\+[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.M)


class _Plain(yaml.SafeLoader):
    """YAML's plain values, each field once, no aliases."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            mark = self.peek_event().start_mark
            raise yaml.MarkedYAMLError(problem="aliases are not read", problem_mark=mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(
                    problem="a field must have a name", problem_mark=key.start_mark
                )
            if key.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the field {key.value} is there twice", problem_mark=key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


@dataclass(slots=True)
class FrontMatter:
    """The fields of a file, with the line of each, and the text below them."""

    file: str
    fields: dict[str, Any]
    lines: dict[str, int]
    text: str
    text_line: int
    used: set[str] = field(default_factory=set[str])

    def wrong(self, name: str, what: str) -> ImportRefused:
        """The error about a field."""
        line = self.lines.get(name, 1)
        return ImportRefused("field", f"{self.file}, line {line}, {name}: {what}")

    def take(self, *names: str) -> tuple[str, Any]:
        """The first of the fields that is there, and its name; both empty where none is."""
        for name in names:
            if name in self.fields:
                self.used.add(name)
                if self.fields[name] is not None:
                    return name, self.fields[name]
        return "", None

    def text_of(self, *names: str) -> str:
        """A field that is one line of text."""
        name, value = self.take(*names)
        if value is None:
            return ""
        if isinstance(value, (list, dict)):
            raise self.wrong(name, "must be one line of text.")
        return " ".join(str(value).split())

    def texts_of(self, *names: str) -> list[str]:
        """A field that is a list of texts, or one of them."""
        name, value = self.take(*names)
        if value is None:
            return []
        values: list[Any] = value if isinstance(value, list) else [value]
        texts: list[str] = []
        for each in values:
            named = each.get("name") if isinstance(each, dict) else each
            if not isinstance(named, (str, int, float)):
                raise self.wrong(name, "must be a list of names.")
            texts.append(" ".join(str(named).split()))
        return [text for text in texts if text]

    def truth_of(self, *names: str) -> bool | None:
        """A field that is yes or no."""
        name, value = self.take(*names)
        if value is None or isinstance(value, bool):
            return value
        raise self.wrong(name, f"must be true or false, not {value!r}.")

    def number_of(self, *names: str) -> int | None:
        """A field that is a whole number above zero."""
        name, value = self.take(*names)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 32_768:
            raise self.wrong(name, f"must be a whole number from 1, not {value!r}.")
        return value

    def time_of(self, *names: str) -> datetime | None:
        """A field that is a day or a time; without a zone it is meant in UTC."""
        name, value = self.take(*names)
        if value is None:
            return None
        if isinstance(value, str):
            try:
                value = datetime.fromisoformat(value.strip().replace(" UTC", "+00:00"))
            except ValueError:
                raise self.wrong(
                    name, f"must be a date such as 2024-05-02T09:00:00Z, not {value!r}."
                ) from None
        if isinstance(value, datetime):
            try:
                return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
            except OverflowError:  # the first or the last day that there is, in another zone
                raise self.wrong(name, f"is no day of our calendar: {value}.") from None
        if isinstance(value, date):
            return datetime(value.year, value.month, value.day, tzinfo=UTC)
        raise self.wrong(name, f"must be a date such as 2024-05-02T09:00:00Z, not {value!r}.")

    def unused(self) -> list[str]:
        """The fields that nothing here is made of."""
        return [name for name in self.fields if name not in self.used]


def read_front_matter(file: str, text: str) -> FrontMatter:
    """Part a file into its fields and its text; a file may have no fields."""
    text = text.removeprefix("\ufeff")
    found = _YAML.match(text)
    if found:
        fields, lines = read_yaml(file, found.group(1), 2)
    else:
        found = _TOML.match(text)
        if not found:
            return FrontMatter(file, {}, {}, text, 1)
        fields, lines = _read_toml(file, found.group(1))
    rest = text[found.end() :]
    return FrontMatter(file, fields, lines, rest, text[: found.end()].count("\n") + 1)


def read_yaml(file: str, text: str, first_line: int) -> tuple[dict[str, Any], dict[str, int]]:
    """Fields from YAML and the line of each."""
    value = read_yaml_value(file, text, first_line)
    if value is None:
        return {}, {}
    if not isinstance(value, dict):
        raise ImportRefused(
            "field", f"{file}, line {first_line}: there must be fields with their values."
        )
    node: Any = yaml.compose(text, Loader=_Plain)
    lines = {str(key.value): first_line + key.start_mark.line for key, _ in node.value}
    fields = cast("dict[object, Any]", value)
    return {str(key): each for key, each in fields.items()}, lines


def read_yaml_value(file: str, text: str, first_line: int) -> Any:
    """Any value from YAML."""
    try:
        return yaml.load(text, Loader=_Plain)  # noqa: S506 - a SafeLoader that is stricter
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = first_line + (mark.line if mark else 0)
        raise ImportRefused("yaml", f"{file}, line {line}: {error.problem}.") from None
    # KeyError is PyYAML's own for a !!bool that is none.
    except (yaml.YAMLError, ValueError, KeyError, RecursionError) as error:
        raise ImportRefused("yaml", f"{file}, line {first_line}: {error}.") from None


def _read_toml(file: str, text: str) -> tuple[dict[str, Any], dict[str, int]]:
    try:
        fields = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ImportRefused("toml", f"{file}: its front matter is no TOML: {error}.") from None
    lines = {
        name: 2 + number
        for number, line in enumerate(text.splitlines())
        for name in fields
        if re.match(rf"\s*\[?{re.escape(name)}\b", line)
    }
    return fields, lines
