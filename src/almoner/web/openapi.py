"""Describes, for the OpenAPI document, what the front door answers without Django.

The schemas are made from the very structs that read and write the bytes.
"""

from typing import Any

import msgspec

from almoner.counters.snapshot import Document
from almoner.intake.api import MAX_BULK_LINES, Receipt
from almoner.intake.wire import WireEvent

_REF = "#/components/schemas/{name}"

_PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "field": {"type": "string"},
    },
    "required": ["type", "title", "status", "detail"],
}


def describe_front_door(document: dict[str, Any]) -> None:
    """Add the counters, the events and the structs they speak in to an OpenAPI document."""
    (event, answer, counters), components = msgspec.json.schema_components(
        [WireEvent, Receipt, Document], ref_template=_REF
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(components)
    schemas["Problem"] = _PROBLEM
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].setdefault("422", _problem("A parameter cannot be used"))
            if operation.get("security"):
                operation["responses"].setdefault("401", _problem("No key, or an unknown one"))
                operation["responses"].setdefault("403", _problem("The key lacks the scope"))
    document["components"].setdefault("securitySchemes", {}).setdefault(
        "Key", {"type": "http", "scheme": "bearer"}
    )
    document["paths"]["/api/v1/counters"] = {"get": _counters(counters)}
    document["paths"]["/api/v1/events"] = {"post": _post(event, answer)}


def _counters(document: dict[str, Any]) -> dict[str, Any]:
    return {
        "operationId": "get_counters",
        "tags": ["Public"],
        "summary": "Counters",
        "description": "Every counter after `size` entries of the log. `shown` is `opening` plus "
        "`pledged`; `opening` is not proven.",
        "responses": {
            "200": {"description": "OK", "content": {"application/json": {"schema": document}}}
        },
    }


def _post(event: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    def answered(description: str) -> dict[str, Any]:
        return {
            "description": description,
            "content": {
                "application/json": {"schema": answer},
                "application/x-ndjson": {"schema": {"type": "string"}},
            },
        }

    return {
        "operationId": "post_events",
        "tags": ["Events"],
        "summary": "Send Events",
        "description": "One event as JSON, or up to "
        f"{MAX_BULK_LINES:,} as NDJSON, each line answered by a line. Acknowledged means "
        "durable. An event counts once by its source and id, however often it is sent; "
        "another content under the same id is refused with 409.",
        "security": [{"Key": []}],
        "parameters": [
            {
                "in": "header",
                "name": "Idempotency-Key",
                "required": False,
                "schema": {"type": "string", "maxLength": 150},
                "description": "Names an event that has no id of its own.",
            }
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": event},
                "application/x-ndjson": {"schema": {"type": "string"}},
            },
        },
        "responses": {
            "201": answered("Recorded"),
            "200": answered("Known already, or the answers to NDJSON"),
            "400": _problem("Not JSON"),
            "401": _problem("No key, or an unknown one"),
            "403": _problem("The key lacks the scope"),
            "409": _problem("The id is taken by another content"),
            "413": _problem("Too large"),
            "415": _problem("Another media type"),
            "422": _problem("A field cannot be used"),
            "503": _problem("Come back later; sending again counts once"),
        },
    }


def _problem(description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        "description": description,
        "content": {"application/problem+json": {"schema": schema}},
    }
