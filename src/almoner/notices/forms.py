"""The forms of the notices' screens."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.widgets import CheckboxSelectMultiple

from almoner.notices.models import Endpoint, Mail
from almoner.notices.posting import AddressError, check
from almoner.notices.types import TYPES
from almoner.notices.webhooks import allows_private


class EndpointForm(forms.ModelForm):
    """An endpoint: where, and what."""

    url = forms.CharField(
        label="Address",
        max_length=500,
        help_text="Where messages are sent to, such as https://example.org/hooks/almoner.",
    )
    types = forms.MultipleChoiceField(
        label="What it wants",
        required=False,
        choices=[(name, name) for name in TYPES if name != "webhook.test"],
        widget=CheckboxSelectMultiple,
        help_text="None chosen: everything, also what is added later.",
    )

    class Meta:
        model = Endpoint
        fields = ("url", "description", "types")

    def clean_url(self) -> str:
        """Refuse what nothing would be sent to."""
        url: str = self.cleaned_data["url"].strip()
        try:
            check(url, private=allows_private())
        except AddressError as error:
            raise ValidationError(str(error)) from None
        return url


class AgainForm(forms.ModelForm):
    """Where an e-mail is sent once more."""

    to = forms.EmailField(label="To", max_length=320)

    class Meta:
        model = Mail
        fields = ("to",)

    def address(self) -> Any:
        """The address that was written."""
        return self.cleaned_data["to"]
