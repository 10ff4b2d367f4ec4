"""The page of the log itself: its newest checkpoint, who signed it, who cosigned it and when."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from almoner import config
from almoner.config import ConfigError
from almoner.log import checkpoint
from almoner.log.note import NoteError, Signature, VerifierKey
from almoner.log.store import CHECKPOINT
from almoner.publication import keys
from almoner.publication.stores import StoreError, open_store
from almoner.publication.witnesses import read_policy

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Signed:
    """One key, and the moment of its cosignature; None where it has not cosigned."""

    name: str
    key: VerifierKey
    at: datetime | None


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show the checkpoint and its signatures, each of them verified."""
    context: dict[str, object] = {"checkpoint": None}
    settings = config.load()
    try:
        held = keys.load(settings)
        terms = read_policy(settings)
        content = open_store(settings).get(CHECKPOINT)
        if content is not None:
            witnesses = {each.key: each.name for each in terms.witnesses}
            known = (*held.verifiers, *witnesses)
            found, note = checkpoint.read(content.decode(), known)
            made = {each.key_id: each for each in note.verified}
            context = {
                "checkpoint": found,
                "root": found.root.hex(),
                "signed": [key for key in held.verifiers if key.id in made],
                "witnesses": [
                    Signed(name, key, _moment(made, key)) for key, name in witnesses.items()
                ],
                "quorum": terms.quorum,
                "is_met": terms.is_met(note.verified),
            }
    except (ConfigError, NoteError, StoreError) as error:
        logger.error("The log's page cannot be shown: %s", error)
        context["trouble"] = True
    response = render(request, "proof/log.html", context)
    response["Cache-Control"] = "no-store"
    return response


def _moment(made: Mapping[bytes, Signature], key: VerifierKey) -> datetime | None:
    found = made.get(key.id)
    return None if found is None else datetime.fromtimestamp(found.time, UTC)
