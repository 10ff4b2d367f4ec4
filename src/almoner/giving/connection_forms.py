"""The forms of connections: a new one, another secret, a range to replay."""

from datetime import datetime
from typing import Any

from django import forms

from almoner.giving.guides import Guide
from almoner.intake.connections import MAX_SECRET, MIN_SECRET, NAME

_PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


class SecretForm(forms.Form):
    """A connection's secret: pasted in, or made here where the sender lets us choose it."""

    secret = forms.CharField(
        min_length=MIN_SECRET,
        max_length=MAX_SECRET,
        widget=forms.TextInput(attrs=_PLAIN),
    )

    def __init__(self, data: Any, guide: Guide) -> None:
        super().__init__(data)
        self._guide = guide
        self.fields["secret"].help_text = guide.secret
        self.fields["secret"].required = guide.make is None

    def clean_secret(self) -> str:
        """Refuse what can be no secret of this kind."""
        secret = self.cleaned_data["secret"]
        objection = self._guide.objection(secret) if secret else ""
        if objection:
            raise forms.ValidationError(objection)
        return secret

    @property
    def made(self) -> bool:
        """Whether the secret is one that we make."""
        return self._guide.make is not None and not self.cleaned_data["secret"]

    def chosen(self) -> str:
        """The secret to keep."""
        pasted = self.cleaned_data["secret"]
        if pasted or self._guide.make is None:
            return pasted
        return self._guide.make()


class ConnectForm(SecretForm):
    """A new connection."""

    field_order = ["name", "secret"]

    name = forms.RegexField(
        rf"^{NAME.pattern}\Z",
        max_length=63,
        help_text="What you call it, such as bowls-and-more. It is part of each order's origin "
        "and cannot be changed later: small letters, digits, dots and hyphens.",
        error_messages={"invalid": "Use small letters, digits, dots and hyphens."},
        widget=forms.TextInput(attrs=_PLAIN),
    )


def _moment() -> forms.DateTimeInput:
    """A day and a minute, as the browser's own field for them takes it."""
    return forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})


class RangeForm(forms.Form):
    """From when to when rejected deliveries are run again."""

    since = forms.DateTimeField(label="Received from", widget=_moment())
    until = forms.DateTimeField(label="to", widget=_moment())

    def clean(self) -> dict[str, Any]:
        """Refuse a range that ends before it begins."""
        data = super().clean() or {}
        since, until = data.get("since"), data.get("until")
        if isinstance(since, datetime) and isinstance(until, datetime) and until <= since:
            self.add_error("until", "This is not after the beginning.")
        return data
