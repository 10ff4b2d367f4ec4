"""What an import understood of a page: the shape that `--json` prints."""

import msgspec

from almoner.stories.importers.blocks import LeftOut
from almoner.stories.importers.causes import Cause


class Story(msgspec.Struct, frozen=True):
    """A headline and the paragraphs under it; a line break within one was in the page."""

    headline: str
    paragraphs: list[str]


class ImportedPage(msgspec.Struct, frozen=True):
    """What was understood of a page. Encodes to the documented JSON."""

    causes: list[Cause]
    story: Story
    left_out: list[LeftOut]


def as_json(page: ImportedPage) -> bytes:
    """The page as JSON in UTF-8: `causes`, `story`, `left_out`."""
    return msgspec.json.encode(page)
