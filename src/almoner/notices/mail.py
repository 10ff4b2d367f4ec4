"""E-mail to charities and sponsors: kept, then sent by the worker, repeated where it fails.

Guarantee: an e-mail is kept in the transaction of whatever it tells, in the words it is sent
in, and is never lost without a word: it is sent, or it is shown as failed with the reason.
Limit: a kill between the mail server's answer and its record sends it twice, with the same
Message-ID.
"""

import smtplib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from almoner.notices.kinds import KINDS, Said, check
from almoner.notices.models import Mail
from almoner.notices.webhooks import SCHEDULE

BATCH = 20  # a mail server may be slow; what is left over comes in the next round
NO_ADDRESS = "There is no address: give it one, and send it again."

State = Mail.State


@dataclass(frozen=True, slots=True)
class Letter:
    """An e-mail's words, in both forms."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph: words, a `link` to an address, or a list of `items`."""

    words: str = ""
    link: str = ""
    items: tuple[str, ...] = ()


def send(kind: str, to: str, context: Mapping[str, Said], key: str = "") -> Mail:
    """Keep an e-mail, to be sent by the worker within seconds.

    `context` has exactly what the kind's sample has (`kinds.KINDS`), else `MailError`. The
    same `key` is sent once: `delivery-sent/17`. Without an address it is kept as failed, for
    somebody to add one.
    """
    known = check(kind, context)
    letter = compose(kind, context)
    now = timezone.now()
    fields: dict[str, Any] = {
        "kind": kind,
        "to": to,
        "subject": letter.subject,
        "text": letter.text,
        "html": letter.html,
        "secret": context[known.secret] if known.secret else "",
        "state": State.WAITING if to else State.FAILED,
        "error": "" if to else NO_ADDRESS,
        "due_at": now,
        "created_at": now,
    }
    with transaction.atomic():
        if key:
            return Mail.objects.get_or_create(key=key, defaults=fields)[0]
        return Mail.objects.create(**fields)


def sample(kind: str) -> Letter:
    """What an e-mail of a kind looks like."""
    return compose(kind, KINDS[kind].sample)


def compose(kind: str, context: Mapping[str, Said]) -> Letter:
    """The words of an e-mail."""
    site = {"site": settings.CONFIG.site_name, "address": settings.CONFIG.address}
    values = {name: _one_line(value) for name, value in context.items()}
    written = render_to_string(f"notices/mail/{kind}.txt", {**values, **site})
    subject, _, rest = written.strip().partition("\n")
    paragraphs = list(_paragraphs(rest))
    text = render_to_string("notices/mail/layout.txt", {"paragraphs": paragraphs, **site})
    html = render_to_string(
        "notices/mail/layout.html", {"subject": subject, "paragraphs": paragraphs, **site}
    )
    return Letter(" ".join(subject.split())[:200], text.strip() + "\n", html)


def _one_line(value: Said) -> Said:
    """A value that cannot begin a paragraph of its own."""
    if isinstance(value, str):
        return " ".join(value.split())
    return [" ".join(each.split()) for each in value]


def _paragraphs(text: str) -> Iterator[Paragraph]:
    for block in filter(None, (each.strip() for each in text.split("\n\n"))):
        lines = block.splitlines()
        if all(line.startswith("- ") for line in lines):
            yield Paragraph(items=tuple(line[2:] for line in lines))
        elif len(lines) == 1 and block.startswith(("https://", "http://")) and " " not in block:
            yield Paragraph(link=block)
        else:
            yield Paragraph(" ".join(lines))


def send_due() -> None:
    """Send everything that is due. One process at a time calls this."""
    due = Mail.objects.filter(state=State.WAITING, due_at__lte=timezone.now()).order_by("due_at")
    waiting = list(due[:BATCH])
    if not waiting:
        return
    connection = get_connection()
    try:
        connection.open()
    except OSError as error:  # smtplib's own errors are among them
        for mail in waiting:
            _failed(mail, f"The mail server does not answer: {_reason(error)}.")
        return
    try:
        for mail in waiting:
            _send(mail, connection)
    finally:
        connection.close()


def send_again(mail: Mail, to: str) -> None:
    """Send a mail that was sent or failed once more, perhaps to another address."""
    Mail.objects.filter(pk=mail.pk).exclude(state=State.WAITING).update(
        state=State.WAITING, to=to, tries=0, error="", due_at=timezone.now()
    )


def goes_to_a_folder() -> bool:
    """Whether no mail server is set up, and e-mail is only written down."""
    return not settings.CONFIG.mail_url


def _send(mail: Mail, connection: Any) -> None:
    host = urlsplit(settings.CONFIG.address).hostname
    letter = EmailMultiAlternatives(
        mail.subject,
        mail.text,
        to=[mail.to],
        connection=connection,
        headers={
            "Message-ID": f"<{mail.pk}.{int(mail.created_at.timestamp())}@{host}>",
            "Auto-Submitted": "auto-generated",  # RFC 3834: no absence notice comes back
        },
    )
    letter.attach_alternative(mail.html, "text/html")
    try:
        letter.send()
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
        _failed(mail, f"The mail server refused the address: {code} {words}", final=code >= 500)
    except (OSError, ValueError) as error:
        _failed(mail, f"It could not be sent: {_reason(error)}.")
    else:
        Mail.objects.filter(pk=mail.pk).update(
            state=State.WRITTEN if goes_to_a_folder() else State.SENT,
            tries=mail.tries + 1,
            error="",
            sent_at=timezone.now(),
        )


def _failed(mail: Mail, error: str, *, final: bool = False) -> None:
    tries = mail.tries + 1
    values: dict[str, Any] = {"tries": tries, "error": error[:300]}
    if final or tries == len(SCHEDULE):
        values["state"] = State.FAILED
    else:
        values["due_at"] = timezone.now() + SCHEDULE[tries]
    Mail.objects.filter(pk=mail.pk).update(**values)


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
        return f"{error.smtp_code} {words}"
    return str(getattr(error, "strerror", None) or error) or type(error).__name__
