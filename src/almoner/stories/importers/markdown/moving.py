"""Brings a folder of Markdown in, or says what would come of it."""

# pyright: basic

from typing import Any

from almoner.stories.blocks import StoryBody
from almoner.stories.importers.decoding import ImportRefused
from almoner.stories.importers.markdown.folder import Folder, picture_path, resolver, stories
from almoner.stories.importers.markdown.front_matter import read_yaml_value
from almoner.stories.importers.markdown.prose import read_markdown
from almoner.stories.importers.moving.building import Builder
from almoner.stories.importers.moving.looking import look, look_at, note_links
from almoner.stories.importers.moving.moved import MovedPicture, PictureAt, Piece, Shown
from almoner.stories.importers.moving.pictures import beside
from almoner.stories.importers.moving.progress import progress
from almoner.stories.importers.moving.report import Row
from almoner.stories.importers.moving.writing import Pictures, Writer
from almoner.stories.models import StoryPage
from almoner.stories.portable import Inward, PortableError, native


def move_markdown(folder: Folder, *, apply: bool) -> None:
    """Write the folder's stories, or only look at them."""
    find = beside(folder.root)
    resolve = resolver(folder)
    for path in folder.pictures:
        title = folder.pictures[path].title or path
        folder.report.add(Row(f"picture:{path}", "picture", title, "picture", address=path))
    if not apply:
        looked: dict[str, str] = {}
        with progress("Reading", len(folder.files) + len(folder.pictures)) as step:
            for story, row in stories(folder):
                look(story, row, find, looked)
                note_links(story, row, resolve, given)
                step(story.title)
            for row, shown in _all_pictures(folder):
                look_at(shown, row, find, looked)
                step(row.title)
        return
    pictures = Pictures(find, lambda at: folder.pictures.get(at.address, MovedPicture()))
    writer = Writer(pictures, resolve, given)
    steps = len(folder.names) + 2 * len(folder.shells) + len(folder.pictures)
    with progress("Writing", steps) as step:
        for title in writer.names(folder.names, folder.addresses):
            step(title)
        for title in writer.shells(folder.shells, folder.report.row):
            step(title)
        for story, row in stories(folder):
            writer.story(story, row)
            step(story.title)
        for row, shown in _all_pictures(folder):
            if pictures.keep(shown, row) is None:
                row.becomes = "left out"
            step(row.title)


def _all_pictures(folder: Folder) -> list[tuple[Row, Shown]]:
    """Every picture that the folder names, whether a story shows it or not."""
    return [
        (folder.report.row(f"picture:{path}"), Shown(PictureAt(path), "", ""))
        for path in folder.pictures
    ]


def given(piece: Piece, builder: Builder) -> Any:
    """A block of ours from the YAML between its fences, or a field that is made of blocks."""
    where = f"{builder.base}, line {piece.line - 1}" if piece.line else builder.base
    value: Any = piece.value
    if piece.type.startswith("field:"):
        block: Any = StoryPage._meta.get_field(piece.type.removeprefix("field:")).stream_block
    else:
        block = StoryBody().child_blocks.get(piece.type)
        if block is None:
            known = ", ".join(StoryBody().child_blocks)
            raise ImportRefused(
                "block", f"{where}: no block is named {piece.type!r}; there are {known}."
            )
        value = read_yaml_value(builder.base, value, piece.line)
    try:
        return native(block, value, _inward(builder), piece.type.removeprefix("field:"))
    except PortableError as error:
        raise ImportRefused("block", f"{where}: {error}.") from None


def _inward(builder: Builder) -> Inward:
    def html(text: str) -> str:
        pieces = read_markdown(text).pieces
        return builder.rich("".join(str(p.value) for p in pieces if p.type == "paragraph"))

    def picture(path: str) -> int | None:
        return builder.picture(Shown(PictureAt(picture_path(builder.base, path)), "", ""))

    return Inward(picture, builder.page, html)
