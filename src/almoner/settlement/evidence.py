"""Documents that show a delivery: kept by their SHA-256, private until somebody says so.

Guarantee: a document is what its content says it is (PDF by its frame, pictures by decoding
them whole), never what its name says; its file is durable under its hash before its row is
written, and is never changed. What is public is another file: a picture drawn anew from its
pixels, so that neither place, camera, author nor thumbnail is in it. A PDF can hide those
beyond what can be proven gone, so it stays private; publish a picture of the page instead.
Limit: what the picture itself shows nobody strips.
"""

import re
import warnings
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path, PurePath
from typing import Any

import pillow_heif
from django.conf import settings
from django.db import IntegrityError, transaction
from PIL import Image, ImageCms, ImageFile, ImageOps

from almoner.publication import files
from almoner.settlement.models import MAX_DOCUMENTS, Delivery, Document
from almoner.settlement.standing import SettlementError, lock

pillow_heif.register_heif_opener()

MAX_BYTES = 20 * 1024 * 1024  # a 24-megapixel JPEG has about 12 MB
MAX_PIXELS = 60_000_000  # decoded at four bytes each: 240 MB, for as long as it is drawn
PUBLIC_EDGE = 2_400  # pixels of the longer edge; a page of print stays legible
QUALITY = 88

_PDF = "application/pdf"
# What Pillow calls a format: its media type and the endings its files have.
_FORMATS = {
    "JPEG": ("image/jpeg", ("jpg", "jpeg")),
    "PNG": ("image/png", ("png",)),
    "WEBP": ("image/webp", ("webp",)),
    "HEIF": ("image/heic", ("heic", "heif")),
    "TIFF": ("image/tiff", ("tif", "tiff")),
}
_ENDINGS = {_PDF: ("pdf",), **{media: endings for media, endings in _FORMATS.values()}}
# What browsers show themselves; everything else is handed over as a file.
SHOWN = ("image/jpeg", "image/png", "image/webp")
_UNFIT = re.compile(r"[\x00-\x1f\x7f/\\]")


@dataclass(frozen=True, slots=True)
class Stripped:
    """A picture drawn anew, with nothing in it but its pixels."""

    content: bytes
    media_type: str


def attach(
    delivery: Delivery, kind: str, name: str, content: bytes, by: Any, now: datetime
) -> Document:
    """Keep a document of a delivery. The same file again changes nothing."""
    name = _UNFIT.sub("_", PurePath(name).name)[-120:] or "document"
    media_type = true_type(name, content)
    digest = sha256(content).hexdigest()
    store(digest, content)
    try:
        with transaction.atomic():
            delivery = lock(delivery)
            if delivery.documents.count() >= MAX_DOCUMENTS:
                raise SettlementError(f"A delivery has {MAX_DOCUMENTS} documents at most.")
            return Document.objects.create(
                delivery=delivery,
                kind=kind,
                name=name,
                media_type=media_type,
                size=len(content),
                sha256=digest,
                added_at=now,
                added_by=by,
            )
    except IntegrityError:
        return delivery.documents.get(sha256=digest)


def detach(document: Document) -> None:
    """Take a document off a delivery that is not entered yet. Its file stays in the home."""
    with transaction.atomic():
        lock(document.delivery)
        document.refresh_from_db()
        if document.entry is not None:
            raise SettlementError("The public log names its hash, so it has to stay.")
        document.delete()


def publish(document: Document, caption: str) -> None:
    """Show everybody a stripped copy of a picture, with what it shows in words."""
    if document.media_type == _PDF:
        raise SettlementError(
            "A PDF may carry its author, place and attachments unseen. Add a picture of the page "
            "instead, and publish that."
        )
    if document.delivery.charity.place_is_secret:
        raise SettlementError(
            "The charity's place is secret, and a picture can give it away: none is published."
        )
    stripped = strip(read(document.sha256))
    digest = sha256(stripped.content).hexdigest()
    store(digest, stripped.content)
    document.public_sha256, document.public_media_type = digest, stripped.media_type
    document.public, document.caption = True, caption
    document.save()


def withdraw(document: Document) -> None:
    """Show it to nobody any more."""
    document.public = False
    document.save()


def true_type(name: str, content: bytes) -> str:
    """The media type of a document's content; refuses what cannot be kept, and a false name."""
    if not content:
        raise SettlementError("The file is empty.")
    if len(content) > MAX_BYTES:
        raise SettlementError(f"The file is larger than {MAX_BYTES // 1024**2} MB.")
    media_type = _PDF if content.startswith(b"%PDF-") else _picture_type(content)
    if media_type == _PDF and b"%%EOF" not in content[-1024:]:
        raise SettlementError("The PDF is not whole: save it again.")
    ending = name.rpartition(".")[2].lower()
    if ending not in _ENDINGS[media_type]:
        what = media_type.rpartition("/")[2].upper()
        raise SettlementError(
            f"“{name}” is really {'an' if what[0] in 'AEIO' else 'a'} {what} file. Save it again "
            f"as .{_ENDINGS[media_type][0]} if it is what you mean."
        )
    return media_type


def _picture_type(content: bytes) -> str:
    with _opened(content) as picture:
        found = _FORMATS[picture.format or ""][0]
        # WeasyPrint has Pillow put up with files that are cut off, for the whole process.
        ImageFile.LOAD_TRUNCATED_IMAGES = False
        try:
            picture.load()
        except Exception:
            raise SettlementError("The picture is damaged: save it again.") from None
        return found


def strip(content: bytes) -> Stripped:
    """Draw a picture anew: turned as its camera said, in sRGB, no larger than is legible."""
    with _opened(content) as picture:
        graphic = picture.format == "PNG"
        drawn = _srgb(ImageOps.exif_transpose(picture))
        drawn.thumbnail((PUBLIC_EDGE, PUBLIC_EDGE))
        # A new picture has none of what Pillow carries along: profile, comment, text, EXIF.
        bare = Image.new(drawn.mode, drawn.size)
        bare.paste(drawn)
    out = BytesIO()
    if graphic:
        bare.save(out, "PNG", optimize=True)
        return Stripped(out.getvalue(), "image/png")
    if bare.mode != "RGB":
        bare = bare.convert("RGB")
    bare.save(out, "JPEG", quality=QUALITY, progressive=True)
    return Stripped(out.getvalue(), "image/jpeg")


def _opened(content: bytes) -> Image.Image:
    """The picture, not decoded yet, its size checked."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(BytesIO(content), formats=list(_FORMATS))
    except Exception:
        raise SettlementError(
            "This is no document that can be kept: use PDF, JPEG, PNG, WebP, HEIC or TIFF."
        ) from None
    if picture.width * picture.height > MAX_PIXELS:
        raise SettlementError(f"The picture has more than {MAX_PIXELS // 10**6} megapixels.")
    return picture


def _srgb(picture: Image.Image) -> Image.Image:
    profile = picture.info.get("icc_profile")
    clear = "A" in picture.getbands() or "transparency" in picture.info
    picture = picture.convert("RGBA" if clear else "RGB")
    if profile:
        try:
            turned = ImageCms.profileToProfile(
                picture, ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB")
            )
        except ImageCms.PyCMSError:
            return picture  # colours a little off beat a picture that cannot be shown
        assert turned is not None, "a picture was asked for"
        return turned
    return picture


def store(digest: str, content: bytes) -> None:
    """Put content under its hash, readable by this installation alone."""
    path = _path(digest)
    if not path.exists():
        files.write(path, content, mode=0o600)


def read(digest: str) -> bytes:
    """What lies under a hash; refuses content that is no longer what was put there."""
    content = _path(digest).read_bytes()
    assert sha256(content).hexdigest() == digest, f"evidence/{digest} was altered"
    return content


def _path(digest: str) -> Path:
    assert re.fullmatch(r"[0-9a-f]{64}", digest), digest
    return Path(settings.CONFIG.home) / "evidence" / digest[:2] / digest


def ending(media_type: str) -> str:
    """How a file of this type is named."""
    return _ENDINGS[media_type][0]
