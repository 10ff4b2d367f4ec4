"""The first of two passes over an export: what is in it, and what becomes of each thing.

Guarantee: every item has exactly one row in the report, whatever it is. Nothing that WordPress
did not show to everybody is published: private stories, those with a password, those waiting for
review or in the bin. Contents are not kept, but for the few blocks that stories share.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from almoner.stories.importers.decoding import ImportRefused
from almoner.stories.importers.moving.body import plain_text
from almoner.stories.importers.moving.moved import Named, Shell, State
from almoner.stories.importers.moving.pictures import ENDINGS, original
from almoner.stories.importers.moving.report import Report, Row
from almoner.stories.importers.wordpress.addresses import addresses_of
from almoner.stories.importers.wordpress.wxr import (
    Author,
    Item,
    Replaced,
    Site,
    Term,
    entries,
)

SERIES = frozenset(("series", "post_series"))  # taxonomies of the plugins for series
_NO_TOPIC = "uncategorized"
_KINDS = {
    "nav_menu_item": "an entry of a menu",
    "wp_navigation": "a menu",
    "wp_template": "a part of the theme",
    "wp_template_part": "a part of the theme",
    "wp_global_styles": "a part of the theme",
    "custom_css": "a part of the theme",
    "customize_changeset": "a part of the theme",
    "revision": "an older revision",
    "oembed_cache": "a copy that WordPress keeps for itself",
}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture of the export's, and what it says of it."""

    number: str
    address: str
    title: str
    description: str
    caption: str
    parent: str


@dataclass(slots=True)
class Survey:
    """What the first pass found."""

    path: Path
    report: Report
    site: Site = field(default_factory=lambda: Site("", "", ""))
    names: dict[str, Named] = field(default_factory=dict[str, Named])  # by key
    stories: dict[int, State] = field(default_factory=dict[int, State])  # by place in the file
    keys: dict[str, str] = field(default_factory=dict[str, str])  # addresses there → story's key
    attachments: dict[str, Attachment] = field(default_factory=dict[str, Attachment])  # by number
    by_file: dict[str, str] = field(default_factory=dict[str, str])  # path of the file → number
    reused: dict[str, str] = field(default_factory=dict[str, str])
    shells: list[Shell] = field(default_factory=list[Shell])
    items: int = 0
    comments: int = 0


def survey(path: Path, now: datetime, *, tags: bool) -> Survey:
    """Read the whole file once; `ImportRefused` where it is no export."""
    replaced = Replaced()
    found = Survey(path, Report(path.name))
    authors: dict[str, Author] = {}
    terms: dict[tuple[str, str], Term] = {}
    items: list[Item] = []
    for entry in entries(path, replaced):
        if isinstance(entry, Site):
            found.site = entry
        elif isinstance(entry, Author):
            authors.setdefault(entry.login, entry)
        elif isinstance(entry, Term):
            terms.setdefault((entry.taxonomy, entry.slug or entry.name), entry)
        else:
            found.items += 1
            if entry.kind == "wp_block":
                found.reused[entry.number] = entry.content
            entry.content = ""
            items.append(entry)
    for item in items:
        _judge(found, item, now)
    _name_all(found, items, authors, terms, tags=tags)
    found.report.check(found.items)
    _note(found, replaced)
    return found


def key_of(site: Site, item: Item) -> str:
    """What a story is known by, in whichever file its site exports it."""
    place = site.address.partition("://")[2] or site.title
    return f"wordpress:{place}:{item.number or item.link or item.place}"


def _judge(found: Survey, item: Item, now: datetime) -> None:
    """Give an item its row, and if it is a story its place among them."""
    key = key_of(found.site, item)
    kind = item.kind or "item without a kind"
    row = Row(f"item:{item.place}", kind, shown_title(item), "", item.number, item.status)
    row.address = item.attachment or item.link
    found.comments += item.comments
    if key in found.keys or item.number in found.attachments:
        row.becomes = "left out"
        row.notes.append(f"the number {item.number} is in the file twice")
    elif kind == "attachment":
        _judge_attachment(found, item, row)
    elif kind in ("post", "page"):
        _judge_story(found, item, row, key, now)
    elif kind == "wp_block":
        row.becomes = "part of stories"
        row.notes.append("a shared block: it is written into the stories that show it")
    else:
        row.becomes = "left out"
        row.notes.append(_KINDS.get(kind, f"there is no place here for the kind “{kind}”"))
    if item.comments:
        row.notes.append(f"{_comments(item.comments)} not brought")
    found.report.add(row)


def _judge_attachment(found: Survey, item: Item, row: Row) -> None:
    address = item.attachment or item.guid
    path = urlsplit(address).path
    if Path(path).suffix.lower() not in ENDINGS:
        row.becomes = "left out"
        row.notes.append("no picture: documents, sound and films are not brought")
        return
    row.becomes = "picture"
    described = " ".join(item.meta.get("_wp_attachment_image_alt", "").split())
    caption = plain_text(item.excerpt)
    title = shown_title(item)
    found.attachments[item.number] = Attachment(
        item.number, address, title, described, caption, item.parent
    )
    found.by_file[original(address)] = item.number


def _judge_story(found: Survey, item: Item, row: Row, key: str, now: datetime) -> None:
    state, why = state_of(item, now)
    if state is None:
        row.becomes = "left out"
        row.notes.append(why)
        return
    if why:
        row.notes.append(why)
    row.becomes = {"published": "story", "draft": "draft", "scheduled": "scheduled story"}[state]
    found.stories[item.place] = state
    published = published_at(item) if state == "published" else None
    found.shells.append(Shell(key, unquote(item.slug), row.title, published, row.key))
    for address in addresses_of(found.site, item):
        found.keys.setdefault(address, key)
    found.keys[key] = key


def state_of(item: Item, now: datetime) -> tuple[State | None, str]:
    """What a story of a status becomes, and why where that is not plain."""
    if item.status == "trash":
        return None, "it was in the bin"
    if item.status == "auto-draft":
        return None, "WordPress made it by itself, and nobody wrote it"
    if item.status == "publish" and item.password:
        return "draft", "it asked for a password there: a draft, shown to nobody"
    if item.kind == "page":
        return "draft", (
            "a page, not a story: a draft. Publish it if it is to be a story"
            if item.status == "publish"
            else f"a page ({item.status} there): a draft"
        )
    if item.status == "publish":
        return "published", ""
    if item.status == "future":
        due = published_at(item)
        if due and due > now:
            return "scheduled", f"comes out on {due:%Y-%m-%d %H:%M} UTC"
        return "draft", "its time came after the export: a draft, publish it if it came out"
    said = {
        "draft": "",
        "private": "it was private there: a draft, shown to nobody",
        "pending": "it was waiting for review there: a draft",
    }
    return "draft", said.get(item.status, f"its status “{item.status}” is not known: a draft")


def published_at(item: Item) -> datetime | None:
    """When a story came out, in UTC: its GMT date, else the feed's."""
    found = time_of(item.date_gmt)
    if found is None and item.pub_date:
        try:
            found = parsedate_to_datetime(item.pub_date).astimezone(UTC)
        except (TypeError, ValueError, OverflowError):
            return None
    return found if found and found.year > 1 else None


def time_of(text: str) -> datetime | None:
    """A date of WordPress's; it writes years of zeros where there is none."""
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def shown_title(item: Item) -> str:
    """A title as text; WordPress keeps HTML in it."""
    return plain_text(item.title) or f"Untitled ({item.kind} {item.number})"


def _name_all(
    found: Survey,
    items: list[Item],
    authors: dict[str, Author],
    terms: dict[tuple[str, str], Term],
    *,
    tags: bool,
) -> None:
    """Authors, topics and series that a story names, each with its row."""
    told = [item for item in items if item.place in found.stories]
    logins = {item.creator for item in told if item.creator}
    for login in list(dict.fromkeys([*authors, *sorted(logins)])):
        author = authors.get(login) or Author(login, login)
        row = Row(f"author:{login}", "author", author.name, "author", login)
        if login not in logins:
            row.becomes = "left out"
            row.notes.append("no story that is brought is by them")
        else:
            key = f"author:{login}"
            found.names[key] = Named(key, login, plain_text(author.name) or login)
        found.report.add(row)
    used = {(tax, slug or name): name for item in told for tax, slug, name in item.terms}
    for (taxonomy, slug), name in used.items():
        # WXR 1.0 has each category twice, once by its name only.
        by_name = any(t == taxonomy and term.name == slug for (t, _), term in terms.items())
        if (taxonomy, slug) not in terms and not by_name:
            terms[taxonomy, slug] = Term(taxonomy, slug, name, "", "")
    for (taxonomy, slug), term in terms.items():
        in_use = (taxonomy, slug) in used or (taxonomy, term.name) in used
        _name_term(found, term, slug, terms, in_use=in_use, tags=tags)


_WORDS = {"category": "category", "post_tag": "tag", "series": "series", "post_series": "series"}


def _name_term(
    found: Survey,
    term: Term,
    slug: str,
    terms: dict[tuple[str, str], Term],
    *,
    in_use: bool,
    tags: bool,
) -> None:
    kind = _WORDS.get(term.taxonomy, f"term of {term.taxonomy}")
    name = plain_text(term.name) or slug
    row = Row(f"{term.taxonomy}:{slug}", kind, name, "left out", slug)
    topic = term.taxonomy == "category" or (term.taxonomy == "post_tag" and tags)
    if not in_use:
        row.notes.append("no story that is brought has it")
    elif term.taxonomy in SERIES or (topic and slug != _NO_TOPIC):
        key = f"{'series' if term.taxonomy in SERIES else 'topic'}:{slug}"
        row.becomes = "series" if term.taxonomy in SERIES else "topic"
        found.names[key] = Named(key, unquote(slug), name, term.description)
        if term.parent:
            above = terms.get(("category", term.parent))
            row.notes.append(f"was under “{above.name if above else term.parent}”")
    elif slug == _NO_TOPIC:
        row.notes.append("it says that there is no topic")
    elif term.taxonomy == "post_tag":
        row.notes.append("tags become topics with --tags")
    else:
        row.notes.append("there is no place here for this taxonomy")
    found.report.add(row)


def _comments(many: int) -> str:
    return "1 comment is" if many == 1 else f"{many:,} comments are"


def _note(found: Survey, replaced: Replaced) -> None:
    notes = found.report.notes
    notes.append(f"{found.items:,} items in the file, each in one row above.")
    if found.comments:
        notes.append(f"{_comments(found.comments)} not brought: stories here have none.")
    if replaced.count:
        notes.append(
            f"{replaced.count:,} characters are not of the file's encoding, or none that XML "
            "allows; they are shown as \ufffd."
        )
    if not found.site.address:
        notes.append("The file does not name its site: addresses are not redirected.")
    if not found.items:
        raise ImportRefused("empty", f"{found.path} has no items: nothing can be brought from it.")
