"""What the buttons of a delivery's page do. Each returns what to say, or the form that is wrong."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.forms import Form
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from almoner.settlement import deliveries, disputes, evidence, links
from almoner.settlement.forms import DocumentForm, PublishForm, ReverseForm, TextForm
from almoner.settlement.models import Delivery
from almoner.settlement.standing import SettlementError


def _send(request: HttpRequest, delivery: Delivery) -> str:
    deliveries.send(delivery, request.user, datetime.now(UTC))
    return "It is sent, and stands in the ledger. The charity's link is below."


def _discard(request: HttpRequest, delivery: Delivery) -> str:
    deliveries.discard(delivery)
    return "The delivery is discarded. Nothing has moved."


def _attach(request: HttpRequest, delivery: Delivery) -> str | Form:
    form = DocumentForm(request.POST, request.FILES)
    if not form.is_valid():
        return form
    file = form.cleaned_data["file"]
    if file.size > evidence.MAX_BYTES:
        form.add_error("file", f"The file is larger than {evidence.MAX_BYTES // 1024**2} MB.")
        return form
    try:
        evidence.attach(
            delivery,
            form.cleaned_data["kind"],
            file.name,
            file.read(),
            request.user,
            datetime.now(UTC),
        )
    except SettlementError as error:
        form.add_error("file", str(error))
        return form
    return "The document is kept. It is private until you publish it."


def _document(request: HttpRequest, delivery: Delivery) -> Any:
    number = request.POST.get("document", "")
    return get_object_or_404(delivery.documents, pk=int(number) if number.isdecimal() else 0)


def _detach(request: HttpRequest, delivery: Delivery) -> str:
    evidence.detach(_document(request, delivery))
    return "The document is taken off."


def _publish(request: HttpRequest, delivery: Delivery) -> str | Form:
    document, form = _document(request, delivery), PublishForm(request.POST)
    if not form.is_valid():
        return form
    evidence.publish(document, form.cleaned_data["caption"])
    return "A copy without place, camera and author is public now. The original stays private."


def _withdraw(request: HttpRequest, delivery: Delivery) -> str:
    evidence.withdraw(_document(request, delivery))
    return "It is shown to nobody any more. Whoever saved it has it still."


def _renew(request: HttpRequest, delivery: Delivery) -> str:
    links.renew(delivery)
    return "There is a new link. The one before opens nothing from now on."


def _reverse(request: HttpRequest, delivery: Delivery) -> str | Form:
    form = ReverseForm(request.POST, delivery)
    if not form.is_valid():
        return form
    written = form.cleaned_data
    try:
        deliveries.reverse(
            delivery,
            written["number"],
            form.amounts,
            written["text"],
            request.user,
            datetime.now(UTC),
        )
    except SettlementError as error:
        form.add_error(None, str(error))
        return form
    return "It is taken back, and is owed again."


def _dispute(request: HttpRequest, delivery: Delivery) -> Any:
    number = request.POST.get("dispute", "")
    return get_object_or_404(delivery.disputes, pk=int(number) if number.isdecimal() else 0)


def _reply(request: HttpRequest, delivery: Delivery) -> str | Form:
    dispute, form = _dispute(request, delivery), TextForm(request.POST)
    if not form.is_valid():
        return form
    disputes.reply(dispute, form.cleaned_data["text"], request.user, datetime.now(UTC))
    return "The charity sees your answer on its link and on its page."


def _settle(request: HttpRequest, delivery: Delivery) -> str | Form:
    dispute, form = _dispute(request, delivery), TextForm(request.POST)
    if not form.is_valid():
        return form
    disputes.settle(dispute, form.cleaned_data["text"], request.user, datetime.now(UTC))
    return "The dispute is settled."


DONE: dict[str, Callable[[HttpRequest, Delivery], str | Form]] = {
    "send": _send,
    "discard": _discard,
    "attach": _attach,
    "detach": _detach,
    "publish": _publish,
    "withdraw": _withdraw,
    "renew": _renew,
    "reverse": _reverse,
    "reply": _reply,
    "settle": _settle,
}
