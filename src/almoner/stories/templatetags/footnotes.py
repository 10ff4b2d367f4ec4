"""`{% footnoted notes as shown %}…{% endfootnoted %}`: the text between, its marks linked."""

from typing import Any

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.utils.safestring import SafeString, mark_safe

from almoner.stories.footnotes import refer

register = template.Library()


class Footnoted(template.Node):
    """Links the marks in what it holds, and leaves the numbered notes under a name."""

    def __init__(self, held: NodeList, notes: FilterExpression, name: str) -> None:
        self.held = held
        self.notes = notes
        self.name = name

    def render(self, context: template.Context) -> SafeString:
        """The text with links; the notes are in the context afterwards."""
        notes: Any = self.notes.resolve(context)  # type: ignore[arg-type]
        texts = {child.value["mark"]: child.value["text"] for child in notes or ()}
        html, context[self.name] = refer(self.held.render(context), texts)
        return mark_safe(html)  # noqa: S308  (templates escaped it already)


@register.tag
def footnoted(parser: Parser, token: Token) -> Footnoted:
    """Read the tag and all up to `{% endfootnoted %}`."""
    match token.split_contents():
        case [_, notes, "as", name]:
            held = parser.parse(("endfootnoted",))
            parser.delete_first_token()
            return Footnoted(held, parser.compile_filter(notes), name)
    raise template.TemplateSyntaxError("Write {% footnoted NOTES as NAME %}.")
