"""The blocks that the body of a story is made of, in the order an editor is offered them."""

import re
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.core.exceptions import ValidationError
from wagtail import blocks
from wagtail.images.blocks import ImageChooserBlock

Choices = list[tuple[str, str]]

VIDEO_HOSTS = {"youtube.com", "youtu.be", "youtube-nocookie.com", "vimeo.com", "player.vimeo.com"}


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


class Picture(blocks.StructBlock):
    """A picture between paragraphs."""

    image = ImageChooserBlock()
    alt_text = blocks.CharBlock(
        label="Description",
        max_length=255,
        help_text="What the picture shows here, for readers who cannot see it. Required.",
    )
    caption = blocks.CharBlock(
        required=False, help_text="Shown under the picture. Do not repeat the description."
    )

    class Meta:
        icon = "image"
        label = "Picture"
        template = "stories/blocks/image.html"


class VideoAddress(blocks.URLBlock):
    """The address of a video on a site whose videos open for anyone, without a log-in."""

    def clean(self, value: str) -> str:
        """Refuse an address that is not a video on YouTube or Vimeo."""
        value = super().clean(value)
        parts = urlsplit(value)
        host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
        if value and (parts.scheme != "https" or host not in VIDEO_HOSTS):
            raise ValidationError(
                "Paste the address of a YouTube or Vimeo video, beginning with https://."
            )
        return value


class Video(blocks.StructBlock):
    """A card that opens a video. Nothing is asked of the video's site until a reader does."""

    url = VideoAddress(label="Address", help_text="For example https://vimeo.com/76979871")
    title = blocks.CharBlock(help_text="What the video shows; readers decide by it.")

    class Meta:
        icon = "media"
        label = "Video"
        template = "stories/blocks/video.html"


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


class StoryBody(blocks.StreamBlock):
    """Everything between the standfirst and the end of a story."""

    paragraph = blocks.RichTextBlock(
        features=["bold", "italic", "link"],
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
    image = Picture()
    video = Video()
    counter = Counter()
    campaign_call = CampaignCall()

    def words(self, value: blocks.StreamValue) -> int:
        """How many words a reader reads in the body."""
        return sum(
            len(re.findall(r"\w+", " ".join(child.block.get_searchable_content(child.value))))
            for child in value
        )
