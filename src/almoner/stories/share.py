"""Sharing to Mastodon, where every reader has a server of their own, without script.

`/share/mastodon` asks for the server and answers with a link to its share page. It never
redirects: an address that forwards anywhere would lend our name to anyone, and browsers
apply `form-action 'self'` to what a form's answer redirects to.
"""

import re
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

TEXT_LIMIT = 500  # Mastodon's own default for a post.

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]{{1,59}})(?::[0-9]{{1,5}})?")


def host_name(instance: str) -> str | None:
    """Return the host a reader meant, or None if it is no public host name.

    Accepts what people type: `mastodon.example`, `https://mastodon.example/home`,
    `@ada@mastodon.example`.
    """
    written = instance.strip().lower().removeprefix("https://")
    host = written.partition("/")[0].rpartition("@")[2]
    try:
        host = host.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    return host if len(host) <= 253 and _HOST.fullmatch(host) else None


@require_safe
@never_cache
def share_mastodon(request: HttpRequest) -> HttpResponse:
    """Ask for the reader's server, then link to its share page with the text filled in."""
    instance = request.GET.get("instance", "")
    text = request.GET.get("text", "")[:TEXT_LIMIT]
    host = host_name(instance)
    return render(
        request,
        "stories/share_mastodon.html",
        {
            "text": text,
            "instance": instance[:253],
            "host": host,
            "href": f"https://{host}/share?text={quote(text, safe='')}" if host else "",
            "refused": bool(instance) and host is None,
        },
    )


urlpatterns = [path("share/mastodon", share_mastodon, name="share_mastodon")]
