"""A dry run: what is wrong with a story's pictures and links, with nothing kept."""

from almoner.stories.importers.moving.building import Builder, Given, Resolve, as_given
from almoner.stories.importers.moving.moved import MovedStory, Shown
from almoner.stories.importers.moving.pictures import Find, PictureError
from almoner.stories.importers.moving.report import Row


def look(story: MovedStory, row: Row, find: Find, looked: dict[str, str]) -> None:
    """Note what is wrong with a story's pictures, without keeping any."""
    for piece in story.body.pieces:
        many = piece.type == "gallery" and not piece.given
        for shown in piece.value if many else [piece.value]:
            if isinstance(shown, Shown):
                look_at(shown, row, find, looked)
    if story.lead is not None:
        look_at(story.lead, row, find, looked)


def look_at(shown: Shown, row: Row, find: Find, looked: dict[str, str]) -> None:
    """Note what is wrong with a picture; `looked` remembers each address."""
    address = shown.picture.address
    if address not in looked:
        try:
            find(address)
            looked[address] = ""
        except PictureError as error:
            looked[address] = str(error)
    if looked[address]:
        note = f"a picture is left out: {looked[address]}"
        if note not in row.notes:
            row.notes.append(note)
        if row.becomes == "picture":
            row.becomes = "left out"


def note_links(story: MovedStory, row: Row, resolve: Resolve, given: Given = as_given) -> None:
    """Note the links of a story that lead to what is not brought."""
    builder = Builder(story, resolve, {}, lambda shown: None, given)
    builder.blocks()
    row.notes += [each for each in builder.notes() if each not in row.notes]
