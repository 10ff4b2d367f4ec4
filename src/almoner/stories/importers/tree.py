"""Reads HTML into an outline: every text of the page, once, in reading order.

Promise: no text in the body of the page is lost, except the code of scripts and styles.
White space is what a browser would show. Malformed and unclosed elements are mended by
libxml2's recovering parser; a page nested deeper than it follows (2,048) is refused whole.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from lxml import etree

from almoner.stories.importers import regions
from almoner.stories.importers.animated import figure_behind
from almoner.stories.importers.blocks import BREAK, Block, Outline, Sight, banner_text, visible
from almoner.stories.importers.decoding import ImportRefused

MAX_ELEMENTS = 500_000  # a long story page has two thousand; this is walked in about 2 s

Element = etree._Element  # pyright: ignore[reportPrivateUsage] - lxml's only name for it

_BLOCKS = frozenset(
    """
    address article aside blockquote body caption center dd details dialog dir div dl dt fieldset
    figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav
    noscript ol optgroup option p pre search section summary table tbody td tfoot th thead tr ul
    """.split()
)
_CODE = frozenset("script style template head svg canvas map noframes math-ml".split())
_MEDIA = frozenset("iframe video audio embed object".split())
_ASIDES = frozenset(("share", "control", "advertisement"))  # inline parts set apart from a text
_SHOWN_AS_BLOCK = re.compile(r"display\s*:\s*(?:block|flex|grid|table)", re.IGNORECASE)
_ICON = re.compile(r"(?:^|\s)material-(?:icons|symbols)")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f]")


class _Run:
    """Text being gathered until the block that holds it ends."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.text: list[str] = []
        self.counter: list[str] = []
        self.linked = 0
        self.border = False
        self.notes: list[str] = []

    def add(self, text: str, counter: str, linked: bool) -> None:
        if self.border and counter.strip():
            last = next((p for p in reversed(self.counter) if p), "")
            if last and _apart(last, counter):
                self.counter.append(" ")
        self.border = self.border and not counter.strip()
        self.text.append(text)
        self.counter.append(counter)
        self.linked += len(text.strip()) if linked else 0


def _apart(last: str, following: str) -> bool:
    """Whether a border between two elements stands for a space: `<b>12</b><i>Meals</i>`."""
    a, b = last[-1], following[0]
    if (a.isdigit() and b.isalpha()) or (a.isalpha() and b.isdigit()):
        return True
    if b in "$€£¥₹" and (a.isalpha() or a in ".!)") and len(last.strip()) > 1:
        return True
    return (a.isalpha() or a == ".") and b.isupper() and (len(last.strip()) > 1 or a in "KMB")


class _Walk:
    """The state of one walk over a page."""

    def __init__(self) -> None:
        self.outline = Outline([])
        self.own_region = [""]
        self.own_sight: list[Sight] = [""]
        self.node = 0
        self.runs = [_Run()]
        self.links = 0
        self.behind: list[tuple[object, str, str]] = []

    def open_node(self, tag: str, region: str, sight: Sight, hints: frozenset[str]) -> None:
        outline = self.outline
        outline.parents.append(self.node)
        outline.tags.append(tag)
        outline.hints.append(hints)
        self.own_region.append(region)
        self.own_sight.append(sight)
        self.node = len(outline.parents) - 1

    def close_node(self) -> None:
        self.node = self.outline.parents[self.node]

    def flush(self) -> None:
        run = self.runs[-1]
        if run.text:
            text = "".join(run.text)
            counter = "".join(run.counter)
            if text.strip() or counter.strip():
                self._emit(text, counter, run)
            run.clear()

    def _emit(self, text: str, counter: str, run: _Run) -> None:
        tag = self.outline.tags[self.node]
        note = "; ".join(run.notes)
        parts = re.split(rf"{BREAK}(?:[\s\u00a0\u200b]*{BREAK})+", text)
        counters = re.split(rf"{BREAK}(?:[\s\u00a0\u200b]*{BREAK})+", counter)
        if len(parts) != len(counters):
            parts, counters = [text], [counter]
        for part, as_counter in zip(parts, counters, strict=True):
            shown, banner = visible(part), banner_text(as_counter)
            if shown or banner:
                share = run.linked if len(parts) == 1 else 0
                block = Block(shown, banner, tag, self.node, linked=share, note=note)
                self.outline.blocks.append(block)

    def aside(self, text: str, tag: str, region: str, counter: str = "") -> None:
        """A block of its own that does not interrupt the text around it."""
        held = self.node
        self.open_node(tag, region, "", frozenset())
        self.outline.blocks.append(Block(text, counter, tag, self.node))
        self.node = held


def outline_of(text: str) -> Outline:
    """The outline of an HTML page; `ImportRefused` if it has too many elements."""
    parser = etree.HTMLParser(
        encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True, recover=True
    )
    clean = _CONTROL.sub("", text).encode("utf-8", "replace")
    root = etree.fromstring(clean, parser)
    walk = _Walk()
    if root is None:  # pyright: ignore[reportUnnecessaryComparison] - so it is for no element
        return walk.outline
    if any("depth" in error.message for error in parser.error_log):
        raise ImportRefused(
            "too_deep",
            "the page's elements are nested deeper than any parser follows; save the story's "
            "page alone, or its text.",
        )
    _read_head(root, walk.outline)
    _walk(root, walk)
    walk.flush()
    return _placed(walk)


def _read_head(root: Element, outline: Outline) -> None:
    def content(name: str) -> str:
        found = root.xpath("//meta[@property=$n or @name=$n]/@content[normalize-space()]", n=name)
        return (
            visible(str(cast("list[object]", found)[0]))
            if isinstance(found, list) and found
            else ""
        )

    title = root.find(".//title")
    outline.title = (
        visible("".join(str(part) for part in title.itertext())) if title is not None else ""
    )
    outline.shared_title = content("og:title") or content("twitter:title")
    outline.site = content("og:site_name") or content("application-name")
    html_lang = root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or ""
    outline.language = (html_lang or content("og:locale") or content("language")).strip()


def _walk(root: Element, walk: _Walk) -> None:
    events = etree.iterwalk(root, events=("start", "end"))
    kinds: list[str] = []
    seen = 0
    for event, element in events:
        if event == "start":
            seen += 1
            if seen > MAX_ELEMENTS:
                raise ImportRefused(
                    "too_many_elements",
                    f"the page has more than {MAX_ELEMENTS:,} elements; save the story's page "
                    "alone, or its text.",
                )
            kind = _start(element, walk)
            kinds.append(kind)
            if kind == "skip":
                events.skip_subtree()
            elif element.text:
                _add(walk, element.text, element)
        else:
            _end(element, kinds.pop(), walk)
            if element.tail:
                _add(walk, element.tail, element.getparent())


def _attributes(element: Element) -> Mapping[str, str]:
    return {str(name): str(value) for name, value in element.attrib.items()}


def _start(element: Element, walk: _Walk) -> str:
    """Open `element`; the kind says how `_end` closes it."""
    tag = element.tag if isinstance(element.tag, str) else ""
    attributes = _attributes(element)
    if tag in _CODE or not tag or _ICON.search(attributes.get("class", "")):
        return "skip"
    if tag == "br":
        walk.runs[-1].add(BREAK, BREAK, False)
        return "void"
    if tag == "img":
        _picture(element, walk)
        return "void"
    if tag in _MEDIA:
        source = attributes.get("src") or attributes.get("data") or ""
        walk.aside(f"{tag} {source}".strip(), "media", "media")
        return "skip"
    sight: Sight = "noscript" if tag == "noscript" else regions.sight_of(attributes)
    if tag in _BLOCKS or _SHOWN_AS_BLOCK.search(attributes.get("style", "")):
        walk.flush()
        region = regions.region_of(tag, attributes)
        hints = regions.words_of(regions.names_of(attributes)) | {
            f"={attributes.get('itemprop', '')}", f"={attributes.get('role', '')}"
        }  # fmt: skip
        walk.open_node(tag, region, sight, hints)
        _count_up(element, walk)
        return "block"
    region = regions.region_of(tag, attributes)
    if sight or region in _ASIDES:
        walk.open_node(tag, region if region in _ASIDES else "", sight, frozenset())
        walk.runs.append(_Run())
        _count_up(element, walk)
        return "aside"
    walk.runs[-1].border = True
    if tag == "q":
        walk.runs[-1].add("“", "“", False)
    if tag == "a" and "href" in attributes:
        walk.links += 1
        return "link"
    _count_up(element, walk)
    return "inline"


def _end(element: Element, kind: str, walk: _Walk) -> None:
    if kind in ("skip", "void"):
        return
    if walk.behind and walk.behind[-1][0] is element:
        _, text, note = walk.behind.pop()
        walk.runs[-1].add("", text, False)
        walk.runs[-1].notes.append(note)
    if kind == "block":
        walk.flush()
        walk.close_node()
        return
    if kind == "aside":
        walk.flush()
        walk.runs.pop()
        walk.close_node()
    elif kind == "link":
        walk.links -= 1
    if element.tag == "q":
        walk.runs[-1].add("”", "”", False)
    walk.runs[-1].border = True


def _add(walk: _Walk, text: str, element: Element | None) -> None:
    if element is not None and element.tag == "pre":
        text = text.replace("\r\n", "\n").replace("\n", BREAK)
    counter = "" if walk.behind else text
    walk.runs[-1].add(text, counter, walk.links > 0)


def _count_up(element: Element, walk: _Walk) -> None:
    """Remember the figure that a script would show in this element in place of its text."""
    held = any(str(name).startswith("data-") or name == "value" for name in element.attrib)
    if walk.behind or not held or len(element) > 2:
        return
    shown = "".join(element.itertext())
    found = (
        figure_behind(str(element.tag), _attributes(element), shown) if len(shown) < 40 else None
    )
    if found:
        walk.behind.append((element, found.text, found.note))


def _picture(element: Element, walk: _Walk) -> None:
    alt = visible(element.get("alt", ""))
    names = element.get("class", "")
    if alt and ("emoji" in names or (len(alt) <= 4 and not any(c.isalnum() for c in alt))):
        walk.runs[-1].add(alt, alt, walk.links > 0)
        return
    source = element.get("src", "")
    if source.startswith("data:"):
        source = ""
    if alt or source:
        name = source.rsplit("/", 1)[-1]
        walk.aside(f"{alt} ({name})" if alt and name else alt or name, "img", "picture", alt)


def _placed(walk: _Walk) -> Outline:
    """The outline with each block told its region and sight, from the outermost that counts."""
    outline = walk.outline
    size = len(outline.parents)
    prose, heads = [0] * size, [False] * size
    for block in outline.blocks:
        prose[block.node] += len(block.text) - block.linked if block.is_prose else 0
        heads[block.node] |= block.tag == "h1"
    for node in range(size - 1, 0, -1):
        prose[outline.parents[node]] += prose[node]
        heads[outline.parents[node]] |= heads[node]
    region, sight = [""] * size, list(walk.own_sight)
    for node in range(1, size):
        above = outline.parents[node]
        own = walk.own_region[node]
        if own and _overruled(own, outline.tags[node], prose[node], prose[0], heads[node]):
            own = ""
        if own == "caption" and _attributes_a_quote(outline, node):
            own = ""
        if own == "footer" and outline.tags[above] == "blockquote":
            own = ""
        region[node] = region[above] or own
        sight[node] = sight[above] or sight[node]
    outline.blocks = [
        replace(block, region=region[block.node], sight=sight[block.node])
        for block in outline.blocks
    ]
    return outline


def _overruled(region: str, tag: str, prose: int, total: int, head: bool) -> bool:
    """Whether an element is too much of the page to be what its class or tag says."""
    if tag in ("html", "body", "main", "page"):
        return True
    if region in ("meta", "tags", "caption", "control") and prose > 400:
        return True
    most = prose * 2 > total and total > 0
    return most and (head or region not in ("comments", "related", "footer", "cookies"))


def _attributes_a_quote(outline: Outline, node: int) -> bool:
    figure = outline.parents[node]
    return outline.tags[figure] == "figure" and any(
        outline.tags[other] == "blockquote" and outline.parents[other] == figure
        for other in range(figure + 1, min(len(outline.parents), figure + 40))
    )
