"""What is given as JSON, and the ledger as the public log's own files.

Every field of a table, by its name; other rows by their slug. The ledger is the log itself, as
an audit bundle: `almoner verify` recounts every number from it. Contact addresses are in it: an
export is the publisher's own, not for the public.
"""

# pyright: basic

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import ForeignKey, Model

from almoner.audit import bundle
from almoner.audit.sources import SourceError
from almoner.config import Settings
from almoner.giving.models import Campaign, CampaignPart, Cause, Charity, Fund, Sponsor
from almoner.publication.stores import open_store

TABLES: tuple[tuple[str, type[Model], tuple[str, ...]], ...] = (
    ("causes", Cause, ("slug",)),
    ("charities", Charity, ("slug",)),
    ("sponsors", Sponsor, ("slug",)),
    ("funds", Fund, ("sponsor__slug", "unit")),
    ("campaigns", Campaign, ("slug",)),
)


def giving_files() -> Iterator[tuple[str, str]]:
    """Each table as a file: its path and its JSON."""
    for name, model, order in TABLES:
        rows = [_row(each) for each in model._default_manager.order_by(*order)]
        text = json.dumps(rows, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False)
        yield f"giving/{name}.json", f"{text}\n"


def _row(row: Model) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in row._meta.concrete_fields:
        if field.primary_key:
            continue
        if isinstance(field, ForeignKey):
            other = getattr(row, field.name)
            found[field.name] = other.slug if other is not None else None
        else:
            found[field.name] = field.value_from_object(row)
    if isinstance(row, Campaign):
        parts = CampaignPart.objects.filter(campaign=row).select_related("charity")
        found["parts"] = [{"charity": p.charity.slug, "weight": p.weight} for p in parts]
    return found


class _Log:
    """The log's files where the settings have them."""

    is_live = False

    def __init__(self, settings: Settings) -> None:
        self.name = settings.log_store
        self._store = open_store(settings)

    def get(self, path: str) -> bytes | None:
        return self._store.get(path)


def write_log(settings: Settings, file: Path) -> str:
    """Write the log as an audit bundle; why there is none, or ""."""
    try:
        bundle.write(_Log(settings), file, lambda done, total: None)
    except SourceError as error:
        return f"The log is not in the export: {error}"
    return ""
