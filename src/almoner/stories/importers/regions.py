"""Names the part of a page an element marks: navigation, comments, share links, hidden.

Promise: a name comes only from what the page says of itself: the element's own tag, role,
class, id or style. Whether a name is believed is not decided here: a class such as
`has-sidebar` on the element that holds the whole story is overruled by `outline`.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from almoner.stories.importers.blocks import Sight

REASONS = {
    "navigation": "navigation of the site, not the story",
    "footer": "footer of the page",
    "aside": "stands beside the story (an aside or a sidebar)",
    "control": "a button or a form field",
    "popup": "a pop-up over the page",
    "cookies": "cookie notice",
    "comments": "comments of readers",
    "share": "links to share the page",
    "related": "links to other stories",
    "newsletter": "newsletter sign-up",
    "advertisement": "advertisement",
    "author": "about the author, not the story",
    "meta": "byline, date or length of reading",
    "tags": "topics and tags",
    "caption": "caption of a picture",
    "picture": "a picture: pictures are not imported, upload it with its description",
    "media": "a video, sound or frame of another site: not imported",
    "embed": "a post embedded from another site: not imported",
    "link": "an address alone on a line",
    "banner": "a copy of the banner",
    "lead": "introduces the banner",
    "above": "above the headline",
    "outside": "outside the story",
    "hidden": "hidden on the page",
    "aria": "marked as decoration (aria-hidden)",
    "noscript": "shown only without scripts",
    "spoken": "for screen readers only",
    "again": "the headline once more",
}

_TAGS = {
    "nav": "navigation", "menu": "navigation", "footer": "footer", "aside": "aside",
    "button": "control", "select": "control", "textarea": "control", "datalist": "control",
    "dialog": "popup", "form": "control", "figcaption": "caption", "caption": "caption",
}  # fmt: skip
_ROLES = {
    "navigation": "navigation", "contentinfo": "footer", "complementary": "aside",
    "search": "control", "dialog": "popup", "alertdialog": "popup", "menu": "navigation",
    "menubar": "navigation", "button": "control",
}  # fmt: skip
_WORDS: list[tuple[str, frozenset[str]]] = [
    (region, frozenset(words.split()))
    for region, words in (
        ("cookies", "cookie cookies cookiebar consent gdpr ccpa onetrust cookiebot cookielaw"),
        ("comments", "comments comment commentlist disqus respond discussion"),
        ("related", "related relatedposts jprelatedposts recommended recommendations outbrain "
         "taboola trending upnext zergnet mgid readnext youmaylike"),
        ("newsletter", "newsletter newsletters subscribe optin mailchimp mc4wp mailinglist klaviyo"
         " signup emailsignup"),
        ("share", "share sharing sharedaddy addtoany addthis shareaholic sharethis sharebar "
         "sharebuttons social socials socialshare a2a"),
        ("advertisement", "ad ads advert adverts advertisement adsbygoogle advertising sponsored "
         "adslot adunit dfp promo promobox"),
        ("popup", "popup modal lightbox interstitial offcanvas toast"),
        ("navigation", "nav navbar navigation menu breadcrumb breadcrumbs pagination pager toc "
         "postnav skiplink"),
        ("footer", "footer colophon copyright"),
        ("aside", "sidebar rail"),
        ("tags", "tags taglist tagcloud catlinks"),
        ("author", "authorbox authorbio"),
        ("meta", "byline meta postmeta entrymeta timestamp pubdate dateline readtime postedon"),
        ("caption", "caption"),
        ("embed", "twittertweet twittervideo instagrammedia fbpost tiktokembed blueskyembed"
         " textpostmedia redditembed redditembedbq mastodonembed"),
    )
]  # fmt: skip
_PAIRS = [
    ("related", {"read", "next"}), ("related", {"also", "like"}), ("related", {"more", "stories"}),
    ("related", {"more", "posts"}), ("related", {"more", "articles"}),
    ("related", {"popular", "posts"}), ("related", {"latest", "posts"}),
    ("author", {"author", "bio"}), ("author", {"author", "box"}), ("author", {"author", "card"}),
    ("author", {"about", "author"}), ("author", {"author", "info"}),
    ("newsletter", {"sign", "up"}), ("newsletter", {"email", "capture"}),
    ("navigation", {"skip", "link"}), ("meta", {"reading", "time"}), ("meta", {"read", "time"}),
    ("meta", {"posted", "on"}), ("meta", {"post", "date"}), ("meta", {"entry", "date"}),
    ("meta", {"publish", "date"}), ("meta", {"published", "date"}), ("tags", {"tag", "list"}),
    ("tags", {"cat", "links"}), ("tags", {"post", "categories"}), ("aside", {"widget", "area"}),
]  # fmt: skip
_SPOKEN = re.compile(
    r"(?:^|\s)(?:sr-only|visually-?hidden|screen-reader(?:-text|-only)?|assistive-text|"
    r"u-hidden-?visually|element-invisible|a11y-hidden|offscreen)(?:$|\s)",
    re.IGNORECASE,
)
_HIDDEN_CLASS = re.compile(r"(?:^|\s)(?:hidden|d-none|is-hidden|display-none)(?:$|\s)")
_SHOWN_AGAIN = re.compile(r"(?:^|\s)(?:\w+:|d-\w\w-)(?:block|flex|grid|inline|contents|table)")
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


@lru_cache(maxsize=20_000)
def words_of(names: str) -> frozenset[str]:
    """The words in a class or id: `Post-shareButtons` has post, share, buttons."""
    parts = re.findall(r"[A-Z]?[a-z0-9]+|[A-Z0-9]+(?![a-z])", names)
    whole = re.split(r"\s+", names.lower())
    return frozenset([p.lower() for p in parts] + [re.sub(r"[-_]", "", w) for w in whole])


@lru_cache(maxsize=20_000)
def _by_names(names: str) -> str:
    words = words_of(names)
    for region, marks in _WORDS:
        if words & marks:
            return region
    for region, pair in _PAIRS:
        if pair <= words:
            return region
    return ""


def names_of(attributes: Mapping[str, str]) -> str:
    """The class and id of an element, as one string."""
    return f"{attributes.get('class', '')} {attributes.get('id', '')}".strip()


def region_of(tag: str, attributes: Mapping[str, str]) -> str:
    """The region that an element opens, or the empty string."""
    if tag in _TAGS:
        return _TAGS[tag]
    role = attributes.get("role", "")
    return _ROLES.get(role) or _by_names(names_of(attributes))


def sight_of(attributes: Mapping[str, str]) -> Sight:
    """Who sees an element: everybody (empty), nobody, or only a screen reader."""
    classes = attributes.get("class", "")
    if classes and _SPOKEN.search(classes):
        return "spoken"
    if "hidden" in attributes or _HIDDEN_STYLE.search(attributes.get("style", "")):
        return "hidden"
    if classes and _HIDDEN_CLASS.search(classes) and not _SHOWN_AGAIN.search(classes):
        return "hidden"
    return "aria" if attributes.get("aria-hidden", "").lower() == "true" else ""
