"""`{% names authors %}`: people as a sentence names them, in the language of the page."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import get_text_list
from django.utils.translation import gettext

register = template.Library()


@register.simple_tag
def names(authors: Iterable[Any], request: Any = None, linked: bool = False) -> SafeString:
    """“Ada, Ben and Cem”, each a link to the author's page where `linked` says so."""
    named = [
        format_html('<a href="{}">{}</a>', author.get_url(request), author.title)
        if linked
        else conditional_escape(author.title)
        for author in authors
    ]
    return mark_safe(get_text_list(named, gettext("and")))  # noqa: S308  (each was escaped)
