"""Where the pictures of a source are, and whether each is one.

Guarantee: a folder gives nothing that lies outside of it, also not through a link; a picture is
one by its content, of a format that the site shows, and within the bounds below, whatever its
name says. Fetching is in `fetching`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote, urlsplit

from PIL import Image, UnidentifiedImageError

MAX_BYTES = 20 * 1024 * 1024  # as for what editors send up (WAGTAILIMAGES_MAX_UPLOAD_SIZE)
MAX_PIXELS = 80_000_000  # a 50-megapixel camera's, with room; more is a bomb
FORMATS = {"JPEG": ".jpg", "PNG": ".png", "GIF": ".gif", "WEBP": ".webp", "AVIF": ".avif"}
ENDINGS = frozenset(".jpg .jpeg .png .gif .webp .avif".split())
# WordPress cuts `photo.jpg` into `photo-300x200.jpg`, and names a smaller original so.
_CUT = re.compile(r"-\d{1,5}x\d{1,5}(?=\.[A-Za-z]{3,4}$)")
_SCALED = re.compile(r"-(?:scaled|rotated)(?=\.[A-Za-z]{3,4}$)")


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A picture's content and what to call it."""

    name: str
    content: bytes


class PictureError(Exception):
    """Why a picture cannot be had; the message names it."""


Find = Callable[[str], PictureFile]


def original(address: str) -> str:
    """The address of a picture before WordPress cut it to a size."""
    try:
        path = urlsplit(address).path
    except ValueError:  # no address; whoever looks for it says so
        return address
    return _CUT.sub("", path)


def uploads(folder: Path) -> Find:
    """Finds what was at an address of WordPress's in a copy of its uploads.

    `folder` may hold `wp-content/uploads/…`, or be that folder or one of the two above.
    """
    root = folder.resolve()

    def find(address: str) -> PictureFile:
        path = unquote(urlsplit(address).path)
        parts = [part for part in path.split("/") if part]
        if "uploads" in parts:
            parts = parts[parts.index("uploads") + 1 :]
        tail = "/".join(parts)
        for name in dict.fromkeys((_CUT.sub("", tail), _SCALED.sub("", tail), tail)):
            for below in ("wp-content/uploads", "uploads", ""):
                found = _inside(root, f"{below}/{name}" if below else name)
                if found is not None:
                    return read_picture(found, name)
        raise PictureError(f"{tail or address} is not in {folder}")

    return find


def beside(root: Path) -> Find:
    """Finds a picture by its path below a folder."""
    resolved = root.resolve()

    def find(address: str) -> PictureFile:
        found = _inside(resolved, address)
        if found is None:
            raise PictureError(f"{address} is not in {root}")
        return read_picture(found, address)

    return find


def _inside(root: Path, name: str) -> Path | None:
    try:
        path = (root / name).resolve()
        return path if path.is_relative_to(root) and path.is_file() else None
    except (OSError, ValueError):  # a name that no file can have
        return None


def read_picture(path: Path, name: str) -> PictureFile:
    """A picture from a file, checked."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise PictureError(f"{name} has more than {MAX_BYTES // 1024**2} MB")
        content = path.read_bytes()
    except OSError as error:
        raise PictureError(f"{name} cannot be read: {error.strerror}") from None
    return checked(name, content)


def checked(name: str, content: bytes) -> PictureFile:
    """The picture, named by what it is; `PictureError` where it is none."""
    if len(content) > MAX_BYTES:
        raise PictureError(f"{name} has more than {MAX_BYTES // 1024**2} MB")
    try:
        with Image.open(BytesIO(content), formats=list(FORMATS)) as image:
            width, height = image.size
            kind = image.format or ""
            if width * height > MAX_PIXELS:
                raise PictureError(f"{name} has {width} × {height} pixels, which is too many")
            image.load()
    except PictureError:
        raise
    except (UnidentifiedImageError, Image.DecompressionBombError):
        known = "JPEG, PNG, GIF, WebP, AVIF"
        raise PictureError(f"{name} is no picture that the site shows ({known})") from None
    except (OSError, ValueError, SyntaxError, EOFError):
        raise PictureError(f"{name} is damaged") from None
    stem = Path(unquote(urlsplit(name).path)).stem
    return PictureFile(f"{stem}{FORMATS[kind]}", content)
