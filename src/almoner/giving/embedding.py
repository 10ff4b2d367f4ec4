"""What to paste into another site, so that it shows our figures.

Guarantee: every snippet says something without our script and without us, for what stands
inside an element is shown until its figures are there; and it runs under the policy that
`docs/how-to/show-the-figures-elsewhere.md` names, without inline style or script.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from almoner.giving.models import Cause

# WCAG 2.2, 1.4.3: what text needs against its ground.
ENOUGH = 4.5
# What the widget is in where nobody chose; `counters/static/counters/widget.js` has the same.
TEXT, BACKGROUND, ACCENT = "#fbf1dd", "#1c2745", "#f3b64c"


class Kind(StrEnum):
    """What can be shown elsewhere."""

    BANNER = "banner"
    COUNTER = "counter"
    BADGE = "badge"


@dataclass(frozen=True, slots=True)
class Colours:
    """Those of the words, of the ground and of the figures, as CSS has them: `#1c2745`."""

    text: str = TEXT
    background: str = BACKGROUND
    accent: str = ACCENT

    def too_pale(self) -> tuple[str, ...]:
        """Which of them cannot be read on the ground."""
        inks = (("words", self.text), ("figures", self.accent))
        return tuple(name for name, ink in inks if contrast(ink, self.background) < ENOUGH)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What somebody wants to show: which causes, in which language where not the page's own."""

    kind: Kind
    causes: tuple[Cause, ...]
    home: str
    language: str = ""
    colours: Colours | None = None

    def elements(self) -> SafeString:
        """The elements alone."""
        if self.kind is Kind.BADGE:
            return self._each(self._badge)
        return self._banner() if self.kind is Kind.BANNER else self._each(self._counter)

    def html(self) -> SafeString:
        """For any page."""
        if self.kind is Kind.BADGE:
            return self.elements()
        script = format_html('<script type="module" src="{}/widget.js"></script>', self.home)
        return mark_safe(f"{script}\n{self.elements()}")  # noqa: S308 - both were escaped

    def wordpress(self) -> str:
        """A Custom HTML block, as the block editor keeps it."""
        return f"<!-- wp:html -->\n{self.html()}\n<!-- /wp:html -->"

    def liquid(self) -> str:
        """A snippet of a Shopify theme, whose causes a template may name anew."""
        html = str(self.html())
        if self.kind is Kind.BANNER:
            slugs = _slugs(self.causes)
            named = "{{ causes | default: '" + slugs + "' | escape }}"
            html = html.replace(f'causes="{slugs}"', f'causes="{named}"')
        about = "{% comment %} snippets/giving.liquid: what we give, live. {% endcomment %}"
        return f"{about}\n{html}"

    def _banner(self) -> SafeString:
        return format_html(
            '<impact-banner causes="{}"{}><a href="{}/causes/">{}</a></impact-banner>',
            _slugs(self.causes),
            self._attributes(),
            self.home,
            ", ".join(self._label(cause) for cause in self.causes),
        )

    def _counter(self, cause: Cause) -> SafeString:
        return format_html(
            '<impact-counter cause="{}"{}><a href="{}/causes/{}/">{}</a></impact-counter>',
            cause.slug,
            self._attributes(),
            self.home,
            cause.slug,
            self._label(cause),
        )

    def _badge(self, cause: Cause) -> SafeString:
        return format_html(
            '<a href="{0}/causes/{1}/"><img src="{0}/badge/{1}.svg{2}" height="24" alt="{3}"></a>',
            self.home,
            cause.slug,
            f"?lang={self.language}" if self.language else "",
            self._label(cause),
        )

    def _each(self, draw: Callable[[Cause], SafeString]) -> SafeString:
        return format_html_join("\n", "{}", ((draw(cause),) for cause in self.causes))

    def _label(self, cause: Cause) -> str:
        return cause.label_in(self.language)

    def _attributes(self) -> SafeString:
        named = {"lang": self.language}
        if self.colours:
            named |= {
                "text": self.colours.text,
                "background": self.colours.background,
                "accent": self.colours.accent,
            }
        return format_html_join("", ' {}="{}"', ((k, v) for k, v in named.items() if v))


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _slugs(causes: tuple[Cause, ...]) -> str:
    return ",".join(cause.slug for cause in causes)
