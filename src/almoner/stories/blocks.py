"""The blocks that the body of a story is made of, in the order an editor is offered them."""

import re
from typing import Any

from django.apps import apps
from wagtail import blocks

from almoner.stories.footnotes import MARK
from almoner.stories.inserts import INLINE, Gallery, Letter, Picture, Post, Product, Recipe
from almoner.stories.video import Video, VideoAddress

# The migrations name these here.
__all__ = ["CampaignCall", "Counter", "Picture", "StoryBody", "Video", "VideoAddress"]

Choices = list[tuple[str, str]]

# What stories that come from elsewhere have beside words; “hr” is the pause between two scenes.
PASSAGES = ["ul", "ol", "blockquote", "hr"]


def cause_choices() -> Choices:
    """The causes a counter can show: slug and label."""
    return list(apps.get_model("giving", "Cause").objects.values_list("slug", "label"))


def campaign_choices() -> Choices:
    """The campaigns a story can call to: slug and title."""
    return list(apps.get_model("giving", "Campaign").objects.values_list("slug", "title"))


def _by_slug(model: str, slug: str) -> Any | None:
    return apps.get_model("giving", model).objects.filter(slug=slug).first()


class PullQuote(blocks.StructBlock):
    """A sentence of the story, set large."""

    quote = blocks.TextBlock(rows=2)
    attribution = blocks.CharBlock(
        required=False, help_text="Who said it. Leave empty when the text around it says so."
    )

    class Meta:
        icon = "openquote"
        label = "Pull quote"
        template = "stories/blocks/pull_quote.html"


class DialogueLine(blocks.StructBlock):
    """What one person says."""

    speaker = blocks.CharBlock(
        required=False, help_text="Leave empty when it is clear who is speaking."
    )
    line = blocks.TextBlock(rows=2, help_text="The spoken words, without quotation marks.")

    class Meta:
        icon = "comment"
        label = "Line"


class Counter(blocks.StructBlock):
    """A live figure of one cause, inside the story."""

    cause = blocks.ChoiceBlock(choices=cause_choices, help_text="Whose figure to show.")

    class Meta:
        icon = "order-up"
        label = "Counter"
        template = "stories/blocks/counter.html"

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> Any:
        """Add `cause`, or None when it has been deleted since."""
        context = super().get_context(value, parent_context)
        return {**context, "cause": _by_slug("Cause", value["cause"])}


class CampaignCall(blocks.StructBlock):
    """An invitation to take part in a campaign."""

    campaign = blocks.ChoiceBlock(choices=campaign_choices)
    text = blocks.TextBlock(rows=2, help_text="One or two sentences: what the reader can do.")

    class Meta:
        icon = "pick"
        label = "Call to a campaign"
        template = "stories/blocks/campaign_call.html"

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> Any:
        """Add `campaign`, or None while it is a draft and when it has been deleted since."""
        context = super().get_context(value, parent_context)
        campaign = _by_slug("Campaign", value["campaign"])
        shown = campaign if campaign is not None and campaign.state != "draft" else None
        return {**context, "campaign": shown}


class Prose(blocks.StreamBlock):
    """The running text, and what may stand in the middle of a passage."""

    paragraph = blocks.RichTextBlock(
        features=[*INLINE, *PASSAGES],
        icon="pilcrow",
        label="Paragraph",
        template="stories/blocks/paragraph.html",
    )
    heading = blocks.CharBlock(
        icon="title", label="Heading", max_length=160, template="stories/blocks/heading.html"
    )
    pull_quote = PullQuote()
    dialogue = blocks.ListBlock(
        DialogueLine(),
        icon="comment",
        label="Dialogue",
        min_num=1,
        template="stories/blocks/dialogue.html",
    )
    letter = Letter()
    image = Picture()

    def get_prep_value(self, value: Any) -> Any:
        """For the database, every item of a list with the number that translations find it by.

        Wagtail writes what nobody has looked at as it came, and a program's lists have none.
        """
        for child in value or ():
            _ = child.value
        return super().get_prep_value(value)


class ContentNote(blocks.StructBlock):
    """A warning before a hard passage, with a link past it that works without a script."""

    note = blocks.TextBlock(
        rows=2,
        help_text="What comes, so that a reader can decide: “The next four paragraphs describe "
        "a beating.” Name it plainly, without the details.",
    )
    passage = Prose(
        required=True, help_text="The hard passage itself. The link leads to what follows it."
    )

    class Meta:
        icon = "warning"
        label = "Content note"
        template = "stories/blocks/content_note.html"


class StoryBody(Prose):
    """Everything between the standfirst and the end of a story."""

    content_note = ContentNote()
    gallery = Gallery()
    video = Video()
    post = Post()
    recipe = Recipe()
    product = Product()
    counter = Counter()
    campaign_call = CampaignCall()

    def words(self, value: blocks.StreamValue) -> list[str]:
        """The words that a reader reads in the body, in order."""
        return [word for child in value for word in _words(child)]


def _words(child: Any) -> list[str]:
    text = " ".join(child.block.get_searchable_content(child.value))
    return re.findall(r"\w+", MARK.sub("", text))
