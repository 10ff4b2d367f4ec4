"""The check before publishing: every finding about a story, errors first.

Guarantee: the same story and the same site give the same findings; nothing is changed and
nothing is asked of another site. Contrast, heading order and whatever else shows only in the
finished page is looked at by axe in Wagtail's preview (`stories.editing`); headings cannot
be out of order, because a story's are all of one level.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from almoner.stories.checks.finding import Finding, advice, error, flat
from almoner.stories.checks.links import check_links
from almoner.stories.checks.unfinished import check_finished
from almoner.stories.checks.wording import check_wording
from almoner.stories.footnotes import MARK

# A search engine shows about this much (developers.google.com/search/docs/appearance/snippet).
SUMMARY = 160
WIDE = 1200  # pixels; what Open Graph cards ask for
_FILE_NAME = re.compile(r"\.(?:avif|gif|jpe?g|png|webp)$|_|^(?:img|dsc)[-\s]?\d", re.IGNORECASE)
_NEEDLESS = re.compile(r"^(?:an? )?(?:image|photo(?:graph)?|picture) of ", re.IGNORECASE)


def findings(story: Any) -> list[Finding]:
    """Everything to be said about a story, or about what an editor has just typed as one."""
    found = [
        *_summary(story),
        *_lead(story),
        *_descriptions(story),
        *_footnotes(story),
        *check_finished(story),
        *check_links(story.body, story.footnotes),
        *check_wording(story.body),
    ]
    return sorted(found, key=lambda each: each.kind != "error")


def _summary(story: Any) -> Iterator[Finding]:
    if not (story.standfirst or "").strip():
        yield error(
            "standfirst",
            "There is no standfirst.",
            "Write one or two sentences that say what the story is about. They stand under the "
            "headline, in lists, and in search results.",
        )
    elif not story.search_description and len(story.standfirst) > SUMMARY:
        yield advice(
            "search_description",
            f"Search engines cut the standfirst after {SUMMARY} characters; it has "
            f"{len(story.standfirst)}.",
            "Write a shorter summary under “Promote”, or a shorter standfirst.",
        )


def _lead(story: Any) -> Iterator[Finding]:
    picture = story.lead_image
    if picture is None:
        yield advice(
            "lead_image",
            "There is no lead picture.",
            "Lists show the story without one, and a shared link shows only words.",
        )
    elif picture.width < WIDE:
        yield advice(
            "lead_image",
            f"The lead picture is {picture.width} pixels wide.",
            f"From {WIDE} pixels it is sharp on every screen and when the story is shared.",
        )


def _pictures(story: Any) -> Iterator[tuple[str, Any, str]]:
    """Each picture with the field that it is in and its description there."""
    if story.lead_image is not None:
        yield "lead_image", story.lead_image, story.lead_image.description
    for child in flat(story.body):
        shown: list[Any] = []
        if child.block_type == "gallery":
            shown = list(child.value["pictures"])
        elif child.block_type in ("image", "product"):
            shown = [child.value]
        for value in shown:
            if value["image"] is not None:
                yield "body", value["image"], value["alt_text"]


def _descriptions(story: Any) -> Iterator[Finding]:
    described = list(_pictures(story))
    for field, picture, description in described:
        if not (description or "").strip():
            yield error(
                field,
                f"The picture “{picture.title}” has no description.",
                "Say what it shows, for readers who cannot see it.",
            )
        elif _FILE_NAME.search(description):
            yield error(
                field,
                f"The description “{description}” is a file’s name.",
                "Say what the picture shows, as you would on the telephone.",
            )
        elif _NEEDLESS.match(description):
            yield advice(
                field,
                f"A description begins “{' '.join(description.split()[:3])}”.",
                "A screen reader says already that it is a picture. Begin with what it shows.",
            )
    uncredited = {picture.title: field for field, picture, _ in described if not picture.credit}
    for title, field in uncredited.items():
        yield advice(
            field,
            f"The picture “{title}” has no credit.",
            "Name who made it, under Images; it is then printed wherever the picture is.",
        )


def _footnotes(story: Any) -> Iterator[Finding]:
    text = " ".join(
        words for child in story.body for words in child.block.get_searchable_content(child.value)
    )
    marks = set(MARK.findall(text))
    noted = Counter(note.value["mark"] for note in story.footnotes)
    for mark in sorted(marks - set(noted)):
        yield error(
            "body",
            f"The text refers to a footnote [^{mark}] that there is not.",
            "Add a footnote with this mark, or take the mark out of the text.",
        )
    for mark in sorted(set(noted) - marks):
        yield advice(
            "footnotes",
            f"The text never refers to the footnote “{mark}”.",
            f"Readers do not see it. Type [^{mark}] where it belongs.",
        )
    for mark in sorted(mark for mark, times in noted.items() if times > 1):
        yield error(
            "footnotes",
            f"Two footnotes have the mark “{mark}”.",
            "Give each a mark of its own.",
        )
