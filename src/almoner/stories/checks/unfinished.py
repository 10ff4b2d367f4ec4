"""What the form would refuse when a story is published, said while it is written.

Guarantee: the blocks that are named are those that Wagtail's own validation of a published story
refuses. A picture's missing description is left to `checks.story`, which names the picture.
"""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from wagtail.blocks import StreamBlockValidationError

from almoner.stories.checks.finding import Finding, error


def check_finished(story: Any) -> Iterator[Finding]:
    """Each block that lacks something, and a sensitive story without its neutral title."""
    for field in ("body", "footnotes"):
        yield from _blocks(field, getattr(story, field))
    if story.sensitive and not story.neutral_title.strip():
        yield error(
            "neutral_title",
            "There is no neutral title.",
            "Under “Reader safety”, write one that says nothing of what the story is about.",
        )


def _blocks(field: str, value: Any) -> Iterator[Finding]:
    try:
        value.stream_block.clean(value)
    except StreamBlockValidationError as refused:
        for place, why in refused.block_errors.items():
            if set(_refused(why)) != {"alt_text"}:
                yield error(
                    field,
                    f"A block is not finished: “{value[place].block.label}”, number {place + 1} "
                    f"of the {field}.",
                    "Fill in what has a red star, and look at its addresses; or delete the block.",
                )


def _refused(why: ValidationError, name: str = "") -> Iterator[str]:
    """The names of the fields that are refused, at whatever depth."""
    inner = getattr(why, "block_errors", {})
    if not inner or getattr(why, "non_block_errors", None):
        yield name
    for at, each in inner.items():
        yield from _refused(each, str(at))
