"""The security headers of every answer that Django gives.

Public pages run nothing that is not a file of ours and send the reader nowhere. The admin is
Wagtail's, which uses inline styles and scripts and frames its own preview, so it gets a
policy that still keeps everything on our own address.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from almoner.intake.problem import MEDIA_TYPE, wrong_method
from almoner.web.pages import TARGETED

PUBLIC_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
ADMIN_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)

COMMON_HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), browsing-topics=()",
}
PUBLIC_HEADERS = {**COMMON_HEADERS, "Content-Security-Policy": PUBLIC_POLICY}
# Every page asks for ten of them: what only a page needs would be a tenth of its weight. A worker
# has the policy of its own file.
FILE_HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'self'",
}
# The admin checks the referrer on its forms, so it keeps one on its own address.
ADMIN_HEADERS = {
    **COMMON_HEADERS,
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": ADMIN_POLICY,
    "X-Frame-Options": "SAMEORIGIN",
}


class SecurityHeaders:
    """Adds the headers that a view did not set itself.

    A view names the origins that its page may frame with `response.frame_origins = [...]`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request, with the headers of the part of the site it is in."""
        response = self.get_response(request)
        frames = getattr(response, "frame_origins", ())
        # A preview is a public page inside the admin's frame.
        is_admin = request.path.startswith("/admin/") or getattr(request, "is_preview", False)
        is_file = request.path.startswith(settings.STATIC_URL)
        usual = FILE_HEADERS if is_file else PUBLIC_HEADERS
        for name, value in (ADMIN_HEADERS if is_admin else usual).items():
            response.headers.setdefault(name, value)
        _allow_styles(response, getattr(request, "style_sources", ()))
        if frames:
            policy = response.headers["Content-Security-Policy"]
            response["Content-Security-Policy"] = f"{policy}; frame-src {' '.join(frames)}"
        return response


def _allow_styles(response: HttpResponse, sources: tuple[str, ...]) -> None:
    """Let the styles that a template put into the page be used (`{% inlined %}`).

    Not beside 'unsafe-inline', which allows them, and which a hash would switch off.
    """
    policy = response.headers["Content-Security-Policy"]
    if sources and "'unsafe-inline'" not in policy:
        allowed = " ".join(("style-src 'self'", *dict.fromkeys(sources)))
        response["Content-Security-Policy"] = policy.replace("style-src 'self'", allowed)


class MethodProblems:
    """Tells a method that an address of the API does not have as a problem (RFC 9457)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request; the API's own library refuses a method in plain text."""
        response = self.get_response(request)
        if response.status_code == 405 and request.path.startswith("/api/"):
            problem = wrong_method(request.path, response["Allow"], request.method or "")
            told = HttpResponse(problem.body(), status=405, content_type=MEDIA_TYPE.decode())
            told["Allow"] = response["Allow"]
            return told
        return response


class DependsOnLedger:
    """Tells the front door, by a header it takes off, that a page changes with the ledger.

    A view says so with `response.depends_on_ledger = True`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request, marked where its view marked it."""
        response = self.get_response(request)
        if getattr(response, "depends_on_ledger", False):
            response["X-Depends-On"] = "ledger"
        return response


class KeptOffDevices:
    """Tells browsers to keep nothing of a page, and the front door that it may keep the bytes.

    A view says so with `response.keep_off_devices = True`. The page is the same for everybody:
    what must not stay is its trace on the reader's device.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request, marked where its view marked it."""
        response = self.get_response(request)
        if getattr(response, "keep_off_devices", False):
            response["Cache-Control"] = "no-store"
            response[TARGETED.decode()] = "public"
        return response
