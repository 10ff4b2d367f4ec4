"""The published JSON Schema of a campaign's terms: version 1, made from the code that reads them.

The lists in it have no order but that of `tiers` and `split`. What a schema cannot say (a price
has a currency, a minimum has an end, tiers rise) is in `giving.problems` and `ledger.publish`.
"""

import json
from typing import Any

import msgspec

from almoner.campaigns.model import CampaignVersion

ID = "urn:almoner:campaign:1"


def campaign_schema() -> str:
    """The schema as it is published, in the order of the terms."""
    found: dict[str, Any] = msgspec.json.schema(CampaignVersion)
    name = found.pop("$ref").removeprefix("#/$defs/")
    whole = found["$defs"].pop(name)
    for field in ("starts_at", "ends_at", "effective_from"):
        _dated(whole["properties"][field])
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": ID,
        "title": "A version of an Almoner campaign",
        "description": " ".join((CampaignVersion.__doc__ or "").split()),
        **{key: value for key, value in whole.items() if key not in ("title", "description")},
        "$defs": {each: _plain(value) for each, value in found["$defs"].items()},
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """Leave the line breaks of a docstring out of what describes it."""
    about = schema.get("description")
    return {**schema, "description": " ".join(about.split())} if about else schema


def _dated(schema: dict[str, Any]) -> None:
    """Say that a text is an RFC 3339 date-time."""
    for each in schema.get("anyOf", [schema]):
        if each.get("type") == "string":
            each["format"] = "date-time"
