"""What the documents are that entries of the public log name by their SHA-256."""

from almoner.settlement.models import Document


def named() -> dict[str, str]:
    """Every document that settlement keeps, by its SHA-256: `Invoice: quay-foods-117.pdf`."""
    return {
        sha256: f"{Document.Kind(kind).label}: {name}"
        for sha256, kind, name in Document.objects.values_list("sha256", "kind", "name")
    }
