"""E-mail: what was sent and what became of it, and what every kind looks like."""

# Wagtail declares as cached properties what it documents as attributes.
# pyright: reportAssignmentType=false

from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.html import escape
from wagtail.admin import messages

from almoner.giving.screens.records import Record
from almoner.notices import mail
from almoner.notices.forms import AgainForm
from almoner.notices.kinds import KINDS
from almoner.notices.models import Mail
from almoner.people.guard import Screen

PAGE = 50  # rows on one page
HIDDEN = "(the link that only the addressee has)"


class MailsView(Screen):
    """Every e-mail, the newest first, and every kind."""

    sees = "notices.view_mail"
    page_title = "E-mail"
    header_icon = "mail"
    template_name = "notices/admin/mails.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show a page of them."""
        state = request.GET.get("state", "")
        found = Mail.objects.all()
        if state in Mail.State.values:
            found = found.filter(state=state)
        return self.show(
            page=Paginator(found, PAGE).get_page(request.GET.get("p")),
            states=[("", "All"), *Mail.State.choices],
            state=state,
            kinds=KINDS.items(),
            folder=settings.EMAIL_FILE_PATH if mail.goes_to_a_folder() else "",
        )


class MailScreen(Screen):
    """A screen one step below the list."""

    sees = "notices.view_mail"
    changes = "notices.change_mail"
    header_icon = "mail"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Show the way back."""
        super().setup(request, *args, **kwargs)
        self.breadcrumbs_items = [
            *self.breadcrumbs_items,
            {"url": reverse("notices_mail:index"), "label": "E-mail"},
        ]


class MailView(MailScreen):
    """One e-mail, as it was or will be sent."""

    template_name = "notices/admin/mail.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show it."""
        sent = get_object_or_404(Mail, pk=pk)
        return self._page(sent, AgainForm(instance=sent))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send it once more."""
        sent = get_object_or_404(Mail, pk=pk)
        form = AgainForm(request.POST)
        if not form.is_valid():
            return self._page(sent, form)
        mail.send_again(sent, form.address())
        messages.success(request, f"It is sent to {form.address()}.")
        return redirect("notices_mail:mail", pk)

    def _page(self, sent: Mail, form: AgainForm) -> HttpResponse:
        self.page_title = sent.subject
        may_change = self.request.user.has_perm(self.changes)
        return self.show(
            mail=sent,
            kind=KINDS.get(sent.kind),
            form=form,
            may_change=may_change,
            html=_for_eyes(sent.html, sent.secret, may_change),
            text=_for_eyes(sent.text, sent.secret, may_change),
        )


class PreviewView(MailScreen):
    """What a kind of e-mail looks like, with a sample's words."""

    template_name = "notices/admin/preview.html"

    def get(self, request: HttpRequest, kind: str) -> HttpResponse:
        """Show it."""
        known = KINDS.get(kind)
        if known is None:
            raise Http404("There is no such kind of e-mail.")
        self.page_title = known.title
        letter = mail.sample(kind)
        return self.show(kind=known, letter=letter, html=letter.html, text=letter.text)


class Mails(Record):
    """E-mail."""

    name = "notices_mail"
    url_prefix = "notices/mail"
    icon = "mail"
    menu_label = "E-mail"
    view = MailsView

    def get_urlpatterns(self) -> list[Any]:
        """Add the page of one e-mail, and of a kind."""
        return [
            *super().get_urlpatterns(),
            path("<int:pk>/", MailView.as_view(), name="mail"),
            path("kinds/<slug:kind>/", PreviewView.as_view(), name="preview"),
        ]


def _for_eyes(words: str, secret: str, may_change: bool) -> str:
    """The words, without the link where whoever looks could not have sent it either."""
    if may_change or not secret:
        return words
    return words.replace(secret, HIDDEN).replace(escape(secret), HIDDEN)
