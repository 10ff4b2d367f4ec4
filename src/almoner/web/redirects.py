"""Sends readers of an old address to the new one, with what stood behind the question mark.

Wagtail's middleware answers with the new address alone, which would lose the code of a shared link.
"""

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.http.response import HttpResponseBase, HttpResponseRedirectBase
from wagtail.contrib.redirects.middleware import RedirectMiddleware


class KeepQuery(RedirectMiddleware):
    """Wagtail's redirects, the query kept where the new address has none of its own."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Answer a missing page with its redirect, if there is one."""
        answer = super().process_response(request, response)
        query = request.META.get("QUERY_STRING", "")
        if answer is not response and query:
            assert isinstance(answer, HttpResponseRedirectBase), f"no redirect: {answer!r}"
            to = urlsplit(answer["Location"])
            answer["Location"] = to._replace(query=to.query or query).geturl()
        return answer
