"""Documents: what is kept, what is refused, and what everybody may see of them."""

from hashlib import sha256
from io import BytesIO

import pillow_heif
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image, ImageCms, PngImagePlugin

from almoner.settlement import deliveries, evidence
from almoner.settlement.standing import SettlementError
from tests.settlement.conftest import BOWLS, TODAY
from tests.settlement.test_deliveries import last_entries

PDF = b"%PDF-1.7\n1 0 obj<</Author(Ida Quist)>>endobj\ntrailer<<>>\n%%EOF\n"
SECRETS = (b"Ashgrove Camera", b"Exif", b"2026:11:20", b"Ida Quist", b"a shelter's hall")


def drawn(size=(64, 48)):
    picture = Image.new("RGB", size, "white")
    picture.paste("red", (0, 0, size[0] // 2, size[1] // 2))
    return picture


def exif():
    """What a telephone writes: where, when, by what and by whom."""
    found = Image.Exif()
    found[0x010F], found[0x0110] = "Ashgrove", "Ashgrove Camera 7"
    found[0x013B], found[0x0132], found[0x0112] = "Ida Quist", "2026:11:20 09:30:00", 6
    found.get_ifd(0x8825).update(
        {1: "N", 2: (47.0, 22.0, 36.12), 3: "E", 4: (8.0, 32.0, 24.5), 29: "2026:11:20"}
    )
    return found


def as_file(form, **options):
    out = BytesIO()
    if form == "HEIF":
        pillow_heif.register_heif_opener()
    drawn().save(out, form, **options)
    return out.getvalue()


def photograph():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return as_file("JPEG", exif=exif(), icc_profile=profile, comment=b"a shelter's hall")


@pytest.fixture
def attach(owe, prepare):
    owe(12)
    delivery = prepare()

    def _attach(name, content, kind="photograph"):
        return evidence.attach(delivery, kind, name, content, None, TODAY)

    return _attach


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("a.pdf", PDF, "application/pdf"),
        ("a.jpg", as_file("JPEG"), "image/jpeg"),
        ("a.JPEG", as_file("JPEG"), "image/jpeg"),
        ("a.png", as_file("PNG"), "image/png"),
        ("a.webp", as_file("WEBP"), "image/webp"),
        ("a.heic", as_file("HEIF"), "image/heic"),
        ("a.tiff", as_file("TIFF"), "image/tiff"),
    ],
)
def test_a_document_is_what_its_content_says(name, content, media_type):
    assert evidence.true_type(name, content) == media_type


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.pdf", as_file("JPEG"), "really a JPEG"),
        ("a.jpg", PDF, "really a PDF"),
        ("a.png", as_file("JPEG"), "really a JPEG"),
        ("a.jpg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no document"),
        ("a.html", b"<!doctype html><script>1</script>", "no document"),
        ("a.exe", b"MZ\x90\x00" + bytes(200), "no document"),
        ("a.gif", as_file("GIF"), "no document"),
        ("a.zip", b"PK\x03\x04" + bytes(200), "no document"),
        ("a.jpg", as_file("JPEG")[:-40], "damaged"),
        ("a.pdf", PDF[:20], "not whole"),
        ("a.pdf", b"junk" + PDF, "no document"),
        ("a.jpg", b"", "empty"),
        ("a.jpg", bytes(evidence.MAX_BYTES + 1), "larger than 20 MB"),
    ],
)
def test_what_is_no_document_is_refused(name, content, says):
    with pytest.raises(SettlementError, match=says):
        evidence.true_type(name, content)


def test_a_picture_too_large_to_draw_is_refused_before_it_is_decoded():
    out = BytesIO()
    Image.new("1", (10_000, 10_000)).save(out, "PNG")
    with pytest.raises(SettlementError, match="megapixels"):
        evidence.true_type("a.png", out.getvalue())


def test_a_file_lies_under_its_hash_for_this_installation_alone(attach):
    document = attach("../../waybill.pdf", PDF, "bill of lading")
    digest = sha256(PDF).hexdigest()
    path = settings.CONFIG.home / "evidence" / digest[:2] / digest
    assert (document.sha256, document.name) == (digest, "waybill.pdf")
    assert path.read_bytes() == PDF
    assert path.stat().st_mode & 0o777 == 0o600
    assert attach("again.pdf", PDF).pk == document.pk
    assert not document.public


@pytest.mark.parametrize("form", ["JPEG", "WEBP", "HEIF", "TIFF", "PNG"])
def test_nothing_but_the_picture_is_in_the_public_copy(form):
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "a shelter's hall")
    extra = {"pnginfo": info} if form == "PNG" else {}
    content = as_file(form, exif=exif(), **extra)
    assert b"Ashgrove Camera" in content
    stripped = evidence.strip(content)
    with Image.open(BytesIO(stripped.content)) as bare:
        assert not bare.getexif()
        assert not bare.getexif().get_ifd(0x8825)
        assert not {"exif", "icc_profile", "comment", "xmp", "Comment"} & bare.info.keys()
    for secret in SECRETS:
        assert secret not in stripped.content


def test_the_public_copy_stands_upright_and_is_legible():
    with Image.open(BytesIO(evidence.strip(photograph()).content)) as bare:
        assert bare.size == (48, 64)
        assert bare.getpixel((40, 8))[0] > 200
        assert bare.getpixel((40, 8))[1] < 60
    out = BytesIO()
    drawn((5_000, 3_000)).save(out, "JPEG")
    with Image.open(BytesIO(evidence.strip(out.getvalue()).content)) as bare:
        assert bare.size == (2_400, 1_440)


def test_only_what_is_public_is_shown_and_only_stripped(attach):
    document = attach("hall.jpg", photograph())
    everybody = Client()
    assert everybody.get(f"/evidence/{document.sha256}.jpg").status_code == 404
    evidence.publish(document, "Boxes on pallets")
    answer = everybody.get(document.public_url)
    assert answer.status_code == 200
    assert all(secret not in answer.content for secret in SECRETS)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["Content-Type"] == "image/jpeg"
    assert everybody.get(f"/evidence/{document.sha256}.jpg").status_code == 404
    evidence.withdraw(document)
    assert everybody.get(answer.request["PATH_INFO"]).status_code == 404


def test_no_picture_of_a_delivery_to_a_secret_place_is_published(attach):
    document = attach("hall.jpg", photograph())
    evidence.publish(document, "Boxes on pallets")
    address = document.public_url
    charity = document.delivery.charity
    charity.place_is_secret = True
    charity.save()
    assert Client().get(address).status_code == 404  # what was published before is shown no more
    with pytest.raises(SettlementError, match="place is secret"):
        evidence.publish(document, "Boxes on pallets")


def test_a_pdf_is_never_published(attach):
    document = attach("invoice.pdf", PDF, "invoice")
    with pytest.raises(SettlementError, match="picture of the page"):
        evidence.publish(document, "An invoice")
    assert not document.public


def test_finance_gets_the_document_itself_as_a_file(attach, finance):
    document = attach("invoice.pdf", PDF, "invoice")
    here = f"/admin/settlement/deliveries/{document.delivery.pk}/documents/{document.pk}/"
    answer = finance.get(here)
    assert answer.content == PDF
    assert answer["Content-Disposition"].startswith('attachment; filename="invoice-')
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert "no-store" in answer["Cache-Control"]
    assert Client().get(here).status_code == 302


def test_the_ledger_names_the_hashes_of_the_originals(attach, finance_user):
    first = attach("hall.jpg", photograph())
    delivery = deliveries.send(first.delivery, finance_user, TODAY)
    (told,) = last_entries(1)
    assert told.evidence == (first.sha256,)
    late = attach("invoice.pdf", PDF, "invoice")
    assert late.entry is None
    deliveries.answer(delivery, 1, "part", "Maren", "", {BOWLS: 4}, TODAY)
    (told,) = last_entries(1)
    assert told.evidence == (late.sha256,)
    late.refresh_from_db()
    assert late.entry == told.index
    with pytest.raises(SettlementError, match="has to stay"):
        evidence.detach(late)


def test_a_document_is_sent_up_through_the_screen(attach, finance):
    delivery = attach("invoice.pdf", PDF, "invoice").delivery
    here = f"/admin/settlement/deliveries/{delivery.pk}/"
    file = SimpleUploadedFile("hall.jpg", photograph(), "text/html")
    finance.post(here, {"do": "attach", "kind": "photograph", "file": file})
    document = delivery.documents.get(name="hall.jpg")
    assert document.media_type == "image/jpeg"
    finance.post(here, {"do": "publish", "document": document.pk, "caption": "Boxes"})
    document.refresh_from_db()
    assert not document.public
    finance.post(
        here, {"do": "publish", "document": document.pk, "caption": "Boxes", "looked": "on"}
    )
    document.refresh_from_db()
    assert document.public
    wrong = SimpleUploadedFile("page.pdf", b"<html>", "application/pdf")
    answer = finance.post(here, {"do": "attach", "kind": "invoice", "file": wrong})
    assert answer.status_code == 422
    assert "no document that can be kept" in answer.content.decode()
