"""Pictures in the HTML of a story: which one, what it shows, its caption; and galleries."""

import re

from lxml import etree

from almoner.stories.importers.moving.moved import PictureAt, Shown

Element = etree._Element  # pyright: ignore[reportPrivateUsage] - lxml's only name for it

# How themes and editors name what holds a gallery.
_GALLERY = re.compile(
    r"(?:^|\s)(?:wp-block-gallery|blocks-gallery-grid|gallery|tiled-gallery|"
    r"wp-block-jetpack-(?:tiled-gallery|slideshow))(?:\s|$)"
)
_NUMBER = re.compile(r"(?:^|\s)wp-image-(\d+)(?:\s|$)")


def is_gallery(element: Element) -> bool:
    """Whether an element is a gallery by its class, and has pictures."""
    names = element.get("class", "")
    return bool(_GALLERY.search(names)) and next(iter(element.iter("img")), None) is not None


def picture_of(element: Element, caption: str) -> Shown | str | None:
    """The picture of an `img`; its text where it is a small sign; None where it shows nothing."""
    source = element.get("data-orig-file") or element.get("src") or element.get("data-src") or ""
    names = element.get("class", "")
    description = " ".join(element.get("alt", "").split())
    if "emoji" in names or "wp-smiley" in names:
        return description
    if source.startswith("data:"):  # a placeholder; the picture is loaded by a script
        source = element.get("data-src") or element.get("data-lazy-src") or ""
    number = element.get("data-id") or (m.group(1) if (m := _NUMBER.search(names)) else "")
    if not source.strip() and not number:
        return None
    return Shown(
        PictureAt(source.strip(), number), description, caption or element.get("title", "")
    )


def caption_of(image: Element, until: Element | None) -> str:
    """The caption next to an element: the nearest around it, below `until`.

    In WordPress's older [caption] everything but the picture is the caption.
    """
    around: Element | None = image
    while around is not None and around is not until:
        if around.tag == "x-caption":
            return _words(around)
        own = [child for child in around if child.tag in ("figcaption", "dd")]
        own += [child for child in around if "gallery-caption" in child.get("class", "")]
        if own:
            return _words(own[-1])
        around = around.getparent()
    return ""


def _words(element: Element) -> str:
    return " ".join("".join(str(part) for part in element.itertext()).split())
