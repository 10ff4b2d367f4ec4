"""The newsletter in the admin: how many get it, what the next says, a test, and what was sent.

Addresses are shown to those who may see subscribers: to answer somebody who writes, and to
delete theirs.
"""

# Wagtail declares as cached properties what it documents as attributes.
# pyright: reportAssignmentType=false

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.translation import get_language_info
from wagtail.admin import messages
from wagtail.models import Locale

from almoner.giving.screens.records import Record
from almoner.newsletter import digest, sending
from almoner.newsletter.models import DAYS, Edition, NewsletterSettings, Subscriber
from almoner.people.guard import Screen

PAGE = 50  # rows on one page


class TestForm(forms.Form):
    """Where a test goes."""

    to = forms.EmailField(label="Send a test to", max_length=254)


class NewsletterView(Screen):
    """Counts, the next letter in each language, and what was sent."""

    sees = "newsletter.view_edition"
    page_title = "Newsletter"
    header_icon = "mail"
    template_name = "newsletter/admin/newsletter.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show it."""
        chosen = NewsletterSettings.current()
        counts = dict(
            sending.readers().order_by().values_list("language").annotate(number=Count("pk"))
        )
        codes = sorted({*counts, *Locale.objects.values_list("language_code", flat=True)})
        return self.show(
            languages=[(code, _named(code), counts.get(code, 0)) for code in codes],
            waiting=Subscriber.objects.filter(confirmed_at=None).count(),
            settings=chosen,
            day=DAYS[chosen.day],
            editions=Edition.objects.select_related("job")[:PAGE],
        )


class NewsletterScreen(Screen):
    """A screen one step below."""

    sees = "newsletter.view_edition"
    changes = "newsletter.add_edition"
    header_icon = "mail"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Show the way back."""
        super().setup(request, *args, **kwargs)
        self.breadcrumbs_items = [
            *self.breadcrumbs_items,
            {"url": reverse("newsletter_admin:index"), "label": "Newsletter"},
        ]


class NextView(NewsletterScreen):
    """What would be sent if it were sent now: to look at, to test, to send."""

    template_name = "newsletter/admin/next.html"

    def get(self, request: HttpRequest, language: str) -> HttpResponse:
        """Show it."""
        return self._page(language, TestForm(initial={"to": getattr(request.user, "email", "")}))

    def post(self, request: HttpRequest, language: str) -> HttpResponse:
        """Send a test, or send it to everybody."""
        until = _today()
        if "send" in request.POST:
            edition = sending.start(language, until, request.user)
            if edition is None:
                messages.error(request, "Nothing happened in these seven days: there is no letter.")
            else:
                messages.success(request, "It is being sent; the list below says how far it is.")
            return redirect("newsletter_admin:index")
        form = TestForm(request.POST)
        letter = digest.compose(language, until - sending.WEEK, until, sending.LEAVE)
        if letter is None or not form.is_valid():
            return self._page(language, form)
        try:
            sending.send_test(letter, form.cleaned_data["to"])
        except OSError as error:
            messages.error(request, f"The mail server does not take it: {error}.")
        else:
            messages.success(request, _where(f"A test is sent to {form.cleaned_data['to']}."))
        return redirect("newsletter_admin:next", language)

    def _page(self, language: str, form: TestForm) -> HttpResponse:
        if not Locale.objects.filter(language_code=language).exists():
            raise Http404("The site has no such language.")
        self.page_title = f"The next letter in {_named(language)}"
        until = _today()
        return self.show(
            letter=digest.compose(language, until - sending.WEEK, until, sending.LEAVE),
            since=until - sending.WEEK,
            last=until - timedelta(days=1),
            readers=sending.readers(language).count(),
            sent=Edition.objects.filter(language=language, until=until).first(),
            form=form,
            may_send=self.request.user.has_perm(self.changes),
        )


class EditionView(NewsletterScreen):
    """One that was sent."""

    template_name = "newsletter/admin/edition.html"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show it."""
        edition = get_object_or_404(Edition, pk=pk)
        self.page_title = edition.subject
        return self.show(edition=edition)


class SubscribersView(NewsletterScreen):
    """Who gets it; and deleting an address for somebody who asks for it by letter."""

    sees = "newsletter.view_subscriber"
    changes = "newsletter.delete_subscriber"
    page_title = "Subscribers"
    template_name = "newsletter/admin/subscribers.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show a page of them."""
        wanted = request.GET.get("q", "").strip().lower()
        found = Subscriber.objects.filter(email__contains=wanted)
        return self.show(
            page=Paginator(found, PAGE).get_page(request.GET.get("p")),
            wanted=wanted,
            may_change=request.user.has_perm(self.changes),
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        """Delete one."""
        Subscriber.objects.filter(pk=request.POST.get("delete")).delete()
        messages.success(request, "The address is deleted.")
        return redirect("newsletter_admin:subscribers")


class Newsletter(Record):
    """The newsletter."""

    name = "newsletter_admin"
    url_prefix = "newsletter"
    icon = "mail"
    menu_label = "Newsletter"
    menu_order = 92
    add_to_admin_menu = True
    view = NewsletterView

    def get_urlpatterns(self) -> list[Any]:
        """Add the screens below it."""
        return [
            *super().get_urlpatterns(),
            path("next/<str:language>/", NextView.as_view(), name="next"),
            path("editions/<int:pk>/", EditionView.as_view(), name="edition"),
            path("subscribers/", SubscribersView.as_view(), name="subscribers"),
        ]


def _today() -> date:
    return datetime.now(UTC).date()


def _named(code: str) -> str:
    return get_language_info(code)["name"]


def _where(sent: str) -> str:
    """`sent`, or where the letter is when there is no mail server to send it."""
    if settings.CONFIG.mail_url:
        return sent
    return "There is no mail server (mail_url): the letter is written to “mail” in the home."
