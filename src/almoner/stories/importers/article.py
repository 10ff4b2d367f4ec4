"""Finds the story among the blocks of a page, and says what each other block is.

Promise: every block between the headline and the end of the story is either kept, in
order and with its exact text, or left out with a reason. The place of the story is told by
the page's own structure (articleBody, article, main) and by where its sentences stand.
"""

from collections.abc import Container
from dataclasses import dataclass, field

from almoner.stories.importers import marks
from almoner.stories.importers.blocks import Block, Outline
from almoner.stories.importers.headline import Headline
from almoner.stories.importers.marks import Mark

_BODY_HINTS = (
    {"articlebody"}, {"entry", "content"}, {"post", "content"}, {"article", "body"},
    {"article", "content"}, {"story", "body"}, {"story", "content"}, {"post", "body"},
    {"entrycontent"}, {"=articleBody"}, {"article", "text"}, {"story", "text"},
)  # fmt: skip
_LANDMARKS = ("article", "main")


@dataclass(slots=True)
class Article:
    """The blocks of the story in order, and for every other block what it is."""

    kept: list[int] = field(default_factory=list[int])
    left: dict[int, str] = field(default_factory=dict[int, str])


def article_of(outline: Outline, headline: Headline, counters: Container[int]) -> Article:
    """Judge every block of the page."""
    article = Article()
    blocks = outline.blocks
    container = _container(outline, headline, counters) if len(outline.tags) > 1 else 0
    start = headline.block
    story: list[int] = []
    for i, block in enumerate(blocks):
        if i == headline.block:
            continue
        if block.sight or block.region:
            article.left[i] = block.sight or block.region
        elif container not in outline.ancestors(block.node):
            article.left[i] = _named_by_itself(block, "above" if i < start else "outside")
        elif i < start:
            article.left[i] = _named_by_itself(block, "above")
        else:
            story.append(i)
    _Flow(outline, headline, counters, article).read(story)
    return article


def _named_by_itself(block: Block, otherwise: str) -> str:
    """What a line outside the story says it is, for the sake of a better reason."""
    if marks.is_meta(block.text):
        return "meta"
    mark = marks.mark_of(block.text, block.counter)
    return mark.region if mark else otherwise


def _container(outline: Outline, headline: Headline, counters: Container[int]) -> int:
    """The innermost element that holds the story's sentences."""
    prose = [0] * len(outline.parents)
    for i, block in enumerate(outline.blocks):
        if i > headline.block and _tells(block) and i not in counters:
            prose[block.node] += len(block.text) - block.linked
    for node in range(len(prose) - 1, 0, -1):
        prose[outline.parents[node]] += prose[node]
    named = _named(outline, prose)
    if named:
        return named
    node = 0
    children: list[list[int]] = [[] for _ in prose]
    for child in range(1, len(prose)):
        children[outline.parents[child]].append(child)
    leaves = {block.node for block in outline.blocks}
    while children[node]:
        best = max(children[node], key=lambda child: prose[child])
        rest = prose[node] - prose[best]
        if prose[best] == 0 or rest * 20 > prose[node] or (best in leaves and not children[best]):
            break
        node = best
    return outline.parents[node] if outline.tags[node] in ("p", "li", "ul", "ol") else node


def _tells(block: Block) -> bool:
    return block.is_prose and not block.region and not block.sight and not marks.mark_of(block.text)


def _named(outline: Outline, prose: list[int]) -> int:
    """The element that the page itself calls its article, if it holds most of the sentences."""
    most = prose[0]
    if not most:
        return 0
    for hint in _BODY_HINTS:
        found = [n for n in range(1, len(prose)) if hint <= outline.hints[n] and prose[n]]
        if found and max(prose[n] for n in found) * 5 > most * 3:
            whole = _common(outline, [n for n in found if prose[n] * 20 > most])
            return whole if outline.tags[whole] not in ("body", "html", "page") else found[0]
    for tag in _LANDMARKS:
        found = [
            n
            for n in range(1, len(prose))
            if outline.tags[n] == tag or f"={tag}" in outline.hints[n]
        ]
        found = [n for n in found if prose[n] * 5 > most * 3]
        if found:
            return found[-1]
    return 0


def _common(outline: Outline, nodes: list[int]) -> int:
    paths = [outline.ancestors(node) for node in nodes]
    shared = set(paths[0]).intersection(*paths[1:]) if paths else {0}
    return max(shared)


class _Flow:
    """Reads the blocks of the story in order and sets apart what is none of it."""

    def __init__(
        self, outline: Outline, headline: Headline, counters: Container[int], article: Article
    ) -> None:
        self.outline, self.blocks = outline, outline.blocks
        self.headline, self.counters, self.article = headline, counters, article
        self.around_kept: set[int] = set()

    def read(self, story: list[int]) -> None:
        place = 0
        while place < len(story):
            place = self._read_one(story, place)
        self._drop_ends()

    def _read_one(self, story: list[int], place: int) -> int:
        """Judge one block, or a run of them; the place of the next one to judge."""
        i = story[place]
        block = self.blocks[i]
        began = bool(self.article.kept)
        following = self.blocks[story[place + 1]] if place + 1 < len(story) else None
        if i in self.counters:
            return self._leave(story, place, place + 1, "banner")
        if not self.article.kept and self._is_above_body(block, following):
            return self._leave(story, place, place + 1, self._above_reason(block))
        if block.tag == "li" and (end := self._link_list(story, place)):
            return self._leave(story, place, end, "related")
        if block.text.endswith(":") and i + 1 in self.counters:
            return self._leave(story, place, place + 1, "lead")
        if not began and not any(c.isalnum() for c in block.text):
            return self._leave(story, place, place + 1, "outside")
        mark = marks.mark_of(block.text, block.counter)
        if mark is None:
            if self._is_button(block):
                return self._leave(story, place, place + 1, "control")
            self.article.kept.append(i)
            self.around_kept.update(self.outline.ancestors(block.node))
            return place + 1
        return self._leave(story, place, self._reach(mark, story, place, began), mark.region)

    def _leave(self, story: list[int], place: int, end: int, reason: str) -> int:
        for i in story[place:end]:
            self.article.left[i] = reason
        return end

    def _signs(self, block: Block, following: Block | None) -> bool:
        """Whether a block is the writer's name above the date."""
        return (
            following is not None
            and not block.is_heading
            and marks.is_name(block.text)
            and marks.is_meta(following.counter)
        )

    def _is_above_body(self, block: Block, following: Block | None) -> bool:
        return (
            block.text.casefold() == self.headline.text.casefold()
            or marks.is_meta(block.text)
            or marks.is_meta(block.counter)
            or marks.is_signed_date(block.counter)
            or self._signs(block, following)
            or (block.tag == "line" and marks.is_navigation(block.text))
        )

    def _above_reason(self, block: Block) -> str:
        if block.text.casefold() == self.headline.text.casefold():
            return "again"
        return "navigation" if marks.is_navigation(block.text) else "meta"

    def _link_list(self, story: list[int], place: int) -> int:
        """The end of a list that holds nothing but links, or 0."""
        above = self.outline.parents[self.blocks[story[place]].node]
        end = place
        while end < len(story) and above in self.outline.ancestors(self.blocks[story[end]].node):
            block = self.blocks[story[end]]
            if block.linked * 10 < len(block.text) * 8:
                return 0
            end += 1
        return end

    def _is_button(self, block: Block) -> bool:
        return (
            not block.is_heading
            and block.linked >= len(block.text.replace(" ", "")) > 0
            and len(block.text.split()) <= 4
            and block.text[-1].isalnum()
        )

    def _reach(self, mark: Mark, story: list[int], place: int, began: bool) -> int:
        """The place after everything that `mark` stands for."""
        if mark.reach == "networks":
            end = place + 1
            while end < len(story) and self._is_network(self.blocks[story[end]]):
                end += 1
            return end
        if mark.reach == "line" or not began:
            return place + 1
        if mark.reach == "rest":
            if mark.region == "footer" and self._resumes(story, place + 1, 2) < len(story):
                return place + 1
            return len(story)
        box = self._box(story, place)
        if box > place + 1:
            return box
        return self._resumes(story, place + 1, 1 if mark.region == "newsletter" else 2)

    def _is_network(self, block: Block) -> bool:
        mark = marks.mark_of(block.text)
        return (
            marks.is_networks(block.text)
            or marks.is_networks(block.counter)
            or bool(mark and mark.region in ("link", "share"))
        )

    def _box(self, story: list[int], place: int) -> int:
        """The end of the element that the block at `place` opens, if it holds no kept block."""
        path = self.outline.ancestors(self.blocks[story[place]].node)
        own = [node for node in path if node not in self.around_kept]
        if not own or self.outline.tags[own[-1]] in ("lines", "page"):
            return place + 1
        end = place + 1
        while end < len(story) and own[-1] in self.outline.ancestors(self.blocks[story[end]].node):
            end += 1
        return end

    def _resumes(self, story: list[int], place: int, needed: int) -> int:
        """Where the story goes on after a box in its middle.

        That is at `needed` sentences in a row, or at one that is followed by the end.
        """
        for at in range(place, len(story)):
            mark = marks.mark_of(self.blocks[story[at]].text)
            if mark and mark.reach == "rest":
                return at
            run = 0
            for i in story[at : at + needed]:
                if not self._goes_on(self.blocks[i]):
                    break
                run += 1
            ahead = self.blocks[story[at + run]] if at + run < len(story) else None
            ended = run and at - place <= 3 and ahead and marks.mark_of(ahead.text)
            if run == needed or ended:
                return at
        return len(story)

    def _goes_on(self, block: Block) -> bool:
        return block.is_prose and not marks.mark_of(block.text)

    def _drop_ends(self) -> None:
        """A heading with nothing under it and a menu in text are no end of a story."""
        kept = self.article.kept
        while kept and self._ends_nothing(self.blocks[kept[-1]]):
            self.article.left[kept.pop()] = "outside"

    def _ends_nothing(self, block: Block) -> bool:
        menu = block.tag == "line" and marks.is_navigation(block.text)
        bare = not any(c.isalnum() for c in block.text)
        links = block.tag == "line" and marks.heads_links(block.text)
        return block.is_heading or menu or bare or links or marks.is_networks(block.text)
