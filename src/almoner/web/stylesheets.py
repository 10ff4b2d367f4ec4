"""A page's style sheets as the one `<style>` that the page carries.

A browser draws nothing before it has every style sheet: within the page they cost no second
request. Each component keeps its own file; a set of files is read, put together in its order
and minified once in a process. Source: the hashes of inline styles in a policy are those of
CSP Level 3, 6.6.3.1. Limit: the set is known by the files' addresses, which name their content
wherever files were gathered; a file that is edited in place is read again at the next start.
"""

import re
from base64 import b64encode
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from urllib.parse import urljoin

import rcssmin
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage

# Sets of files that pages ask for together: one a template.
MAX_SETS = 128

_URL = re.compile(r"""url\(\s*(["']?)(?!data:|#)([^"')]+)\1\s*\)""")
# Inside an @layer the minifier drops the space of “.letter :is(i)”, as if it were a declaration’s.
_BEFORE_PSEUDO_CLASS = re.compile(r"(?<=[\w)\]]) (?=:[a-z-]+[\s,({:])")


@dataclass(frozen=True, slots=True)
class Stylesheet:
    """Minified CSS, and the source expression that lets it stand in a page."""

    css: str
    source: str


@lru_cache(maxsize=MAX_SETS)
def stylesheet(addresses: tuple[str, ...]) -> Stylesheet:
    """The files at these static addresses as one style sheet, in this order."""
    whole = "\n".join(_absolute(_read(address), address) for address in addresses)
    css = rcssmin.cssmin(_BEFORE_PSEUDO_CLASS.sub(" *", whole))
    assert isinstance(css, str), "text comes out as text"
    assert "</" not in css, f"one of {addresses} would end the element it stands in"
    digest = b64encode(sha256(css.encode()).digest()).decode()
    return Stylesheet(css, f"'sha256-{digest}'")


def _read(address: str) -> str:
    """A static file's text, gathered or, in tests, where its app keeps it."""
    name = address.removeprefix(settings.STATIC_URL)
    if staticfiles_storage.exists(name):
        with staticfiles_storage.open(name) as file:
            return file.read().decode()
    path = finders.find(name)
    assert isinstance(path, str), f"{address} is no static file: run `almoner init`"
    return Path(path).read_text(encoding="utf-8")


def _absolute(css: str, address: str) -> str:
    """The file's text with its relative addresses resolved: the page stands elsewhere."""
    return _URL.sub(lambda found: f'url("{urljoin(address, found[2])}")', css)
