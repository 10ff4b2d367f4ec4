"""Signing up, confirming, unsubscribing: forms that need no cookie and no script.

They carry no token against cross-site posting, because there is no session to ride on: whoever
could make a reader's browser post an address here could as well post it themselves, and nothing
happens to an address before its owner confirms. A browser that says the form came from another
site is still refused. The links in letters are their own key. No answer is kept anywhere.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps

from django import forms
from django.core import signing
from django.core.validators import RegexValidator
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt

from almoner.newsletter import signing_up

METHODS = ("GET", "HEAD", "POST")
SALT = "newsletter.form"
# Nobody types an address in less; a program does. A form left open for longer is old.
QUICKEST, SLOWEST = 2, 86_400  # seconds


class SignUpForm(forms.Form):
    """An address; a field that only programs fill in; when the form was made."""

    email = forms.EmailField(
        label=_("Your e-mail address"),
        max_length=254,
        # RFC 5321's quoted names may hold control characters, at which Python's mail breaks a
        # header's line; no mailbox of a reader's has one.
        validators=[RegexValidator(r'["\x00-\x20\x7f]', inverse_match=True)],
        widget=forms.EmailInput(attrs={"autocomplete": "email", "dir": "ltr"}),
        error_messages={
            "required": _("Write your e-mail address."),
            "invalid": _("This is not an e-mail address: write one like name@example.org."),
        },
    )
    website = forms.CharField(required=False)
    made = forms.CharField(required=False)

    def by_hand(self) -> bool:
        """Whether it took as long as a person takes, from a form of ours."""
        try:
            made = float(signing.loads(self.cleaned_data["made"], salt=SALT, max_age=SLOWEST))
        except (signing.BadSignature, TypeError, ValueError):
            return False
        return time.time() - made >= QUICKEST


def _unkept(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @csrf_exempt
    @wraps(view)
    def answered(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        answer = view(request, *args, **kwargs)
        answer["Cache-Control"] = "no-store"
        return answer

    return answered


@_unkept
def sign_up(request: HttpRequest) -> HttpResponse:
    """Ask for an address, and say that a letter is on its way: to everybody the same."""
    if request.method != "POST":
        return _form(request, SignUpForm(initial={"made": _stamp()}))
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        return _form(request, SignUpForm(initial={"made": _stamp()}), status=403)
    form = SignUpForm(request.POST)
    if not form.is_valid():
        return _form(request, form, status=422)
    if form.cleaned_data["website"]:  # a program: it is told what it expects to hear
        return render(request, "newsletter/asked.html")
    if not form.by_hand():
        again = SignUpForm(initial={"email": form.cleaned_data["email"], "made": _stamp()})
        return _form(request, again, status=422, problem="quick")
    try:
        signing_up.ask(form.cleaned_data["email"], get_language() or "", datetime.now(UTC))
    except signing_up.BusyError:
        return _form(request, form, status=503, problem="busy")
    return render(request, "newsletter/asked.html")


@_unkept
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Ask once more, because mail programs open links by themselves; then subscribe."""
    now = datetime.now(UTC)
    row = signing_up.find(token, now)
    if row is None:
        return render(request, "newsletter/link_over.html", status=410)
    if request.method == "POST":
        signing_up.confirm(row, now)
        row.refresh_from_db()
    context = {"done": row.confirmed_at is not None, "token": row.token}
    return render(request, "newsletter/confirm.html", context)


@_unkept
def leave(request: HttpRequest, token: str) -> HttpResponse:
    """Unsubscribe by one post: a mail program's (RFC 8058), or the button on this page."""
    if request.method == "POST":
        signing_up.leave(token)
    return render(request, "newsletter/leave.html", {"done": request.method == "POST"})


def _form(
    request: HttpRequest, form: SignUpForm, status: int = 200, problem: str = ""
) -> HttpResponse:
    context = {"form": form, "problem": problem}
    return render(request, "newsletter/sign_up.html", context, status=status)


def _stamp() -> str:
    return signing.dumps(time.time(), salt=SALT)
