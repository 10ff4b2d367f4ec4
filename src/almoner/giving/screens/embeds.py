"""The screen that makes what to paste into another site, and shows what it will look like."""

# pyright: reportAssignmentType=false

import re
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse

from almoner.giving.embedding import ACCENT, BACKGROUND, TEXT, Chosen, Colours, Kind
from almoner.giving.models import Cause
from almoner.giving.screens.guard import Screen
from almoner.giving.screens.records import Record

# The languages that the widget itself speaks.
LANGUAGES = ("ar", "de", "en", "es", "fr", "he", "it", "nl", "pt")
_COLOUR = re.compile(r"#[0-9a-f]{6}")


class ColourField(forms.CharField):
    """A colour as a browser's own chooser gives it; the initial one where none is said."""

    widget = forms.TextInput(attrs={"type": "color"})

    def clean(self, value: Any) -> str:
        """Refuse what is no colour."""
        colour = str(super().clean(value) or self.initial).lower()
        if not _COLOUR.fullmatch(colour):
            raise ValidationError(f"{colour!r} is no colour such as {BACKGROUND}.")
        return colour


class EmbedForm(forms.Form):
    """What to show elsewhere. Read from the address, so that a choice can be kept as a link."""

    kind = forms.ChoiceField(
        label="What to show",
        choices=[
            (Kind.BANNER, "A banner: several figures and the way to their proof"),
            (Kind.COUNTER, "A figure in a line of text"),
            (Kind.BADGE, "A badge: a picture, for where no script may run"),
        ],
        widget=forms.RadioSelect,
        initial=Kind.BANNER,
    )
    causes = forms.ModelMultipleChoiceField(
        Cause.objects.order_by("position", "slug"),
        to_field_name="slug",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one cause."},
    )
    language = forms.ChoiceField(required=False, label="Language")
    coloured = forms.BooleanField(required=False, label="In colours of your own")
    text = ColourField(required=False, label="Words", initial=TEXT)
    background = ColourField(required=False, label="Ground", initial=BACKGROUND)
    accent = ColourField(required=False, label="Figures", initial=ACCENT)

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        names = dict(settings.LANGUAGES)
        offered = [(code, str(names[code])) for code in LANGUAGES]
        self.fields["language"].choices = [("", "The language of the page it is on"), *offered]  # type: ignore[attr-defined]

    def chosen(self) -> Chosen:
        """What was chosen."""
        of = self.cleaned_data
        colours = Colours(of["text"], of["background"], of["accent"])
        return Chosen(
            kind=Kind(of["kind"]),
            causes=tuple(of["causes"]),
            home=settings.WAGTAILADMIN_BASE_URL.rstrip("/"),
            language=of["language"],
            colours=colours if of["coloured"] else None,
        )


class EmbedsView(Screen):
    """A form on the one side, on the other what it makes."""

    sees = "giving.view_cause"
    page_title = "Show the figures on another site"
    header_icon = "code"
    template_name = "giving/admin/embeds.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Make what was asked for; at first a banner of what our own banner shows."""
        form = EmbedForm(request.GET or self._first())
        chosen = form.chosen() if form.is_valid() else None
        return self.show(form=form, chosen=chosen)

    def _first(self) -> dict[str, Any]:
        shown = Cause.objects.filter(shown=True).order_by("position", "slug")
        return {
            "kind": Kind.BANNER,
            "causes": list(shown.values_list("slug", flat=True)),
            "text": TEXT,
            "background": BACKGROUND,
            "accent": ACCENT,
        }


class Embeds(Record):
    """The figures elsewhere."""

    name = "giving_embeds"
    url_prefix = "giving/embeds"
    icon = "code"
    menu_label = "Other sites"
    view = EmbedsView
