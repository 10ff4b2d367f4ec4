"""The blocks that stand beside the running text: letters, galleries, recipes, products, posts.

None of them asks anything of another site while a page is read: what another site said or
sells is shown in our own words and pictures, with a link to it.
"""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from wagtail import blocks
from wagtail.admin.telepath import register
from wagtail.blocks.struct_block import StructBlockAdapter
from wagtail.images.blocks import ImageChooserBlock

INLINE = ["bold", "italic", "link"]
MOST_PICTURES = 12  # more is an album, which a telephone scrolls past

# Hosts whose name readers know better than their address.
NETWORKS = {
    "bsky.app": "Bluesky",
    "facebook.com": "Facebook",
    "instagram.com": "Instagram",
    "linkedin.com": "LinkedIn",
    "threads.com": "Threads",
    "threads.net": "Threads",
    "tiktok.com": "TikTok",
    "x.com": "X",
    "twitter.com": "X",
}


def host_of(address: str) -> str:
    """The host of an address as people say it, without `www.` and `m.`."""
    return (urlsplit(address).hostname or "").removeprefix("www.").removeprefix("m.")


class Picture(blocks.StructBlock):
    """A picture between paragraphs."""

    image = ImageChooserBlock()
    alt_text = blocks.CharBlock(
        label="Description",
        max_length=255,
        help_text="What the picture shows here, for readers who cannot see it. Required.",
    )
    caption = blocks.CharBlock(
        required=False,
        help_text="Shown under the picture, before its credit. Do not repeat the description.",
    )

    class Meta:
        icon = "image"
        label = "Picture"
        template = "stories/blocks/image.html"


class Gallery(blocks.StructBlock):
    """Several pictures side by side, each cut to one shape around its focal point."""

    title = blocks.CharBlock(
        required=False, max_length=160, help_text="What the pictures have in common."
    )
    pictures = blocks.ListBlock(Picture(), min_num=2, max_num=MOST_PICTURES)

    class Meta:
        icon = "image"
        label = "Gallery"
        template = "stories/blocks/gallery.html"


class Letter(blocks.StructBlock):
    """A letter, printed as it was written."""

    place_and_date = blocks.CharBlock(
        required=False, max_length=160, help_text="As the letter has it: “Ashgrove, 4 November”."
    )
    text = blocks.RichTextBlock(
        features=INLINE, help_text="From the greeting to the last line before the signature."
    )
    signature = blocks.CharBlock(required=False, max_length=160)

    class Meta:
        icon = "mail"
        label = "Letter"
        template = "stories/blocks/letter.html"


class Recipe(blocks.StructBlock):
    """A recipe, or anything else made from a list of things in a number of steps."""

    title = blocks.CharBlock(max_length=160, help_text="What it makes: “Rufus’s hummus”.")
    makes = blocks.CharBlock(
        label="Yield", required=False, max_length=80, help_text="How much: “4 bowls”."
    )
    minutes = blocks.IntegerBlock(
        label="Time in minutes",
        required=False,
        min_value=1,
        max_value=7 * 24 * 60,  # a week: sourdough, not sauerkraut
        help_text="From beginning to end.",
    )
    ingredients = blocks.ListBlock(
        blocks.CharBlock(label="Ingredient", max_length=160), label="Ingredients", min_num=1
    )
    steps = blocks.ListBlock(blocks.TextBlock(label="Step", rows=2), label="Steps", min_num=1)

    class Meta:
        icon = "list-ol"
        label = "Recipe"
        template = "stories/blocks/recipe.html"


class Product(blocks.StructBlock):
    """One thing that can be bought, and where."""

    name = blocks.CharBlock(max_length=160)
    text = blocks.TextBlock(
        rows=2, label="About it", help_text="One or two sentences: what it is, and what it gives."
    )
    image = ImageChooserBlock(required=False, label="Picture")
    alt_text = blocks.CharBlock(
        label="Description of the picture",
        required=False,
        max_length=255,
        help_text="What the picture shows, for readers who cannot see it.",
    )
    price = blocks.CharBlock(
        required=False, max_length=40, help_text="As the shop prints it: “$18”."
    )
    url = blocks.URLBlock(label="Address in the shop")

    class Meta:
        icon = "tag"
        label = "Product"
        template = "stories/blocks/product.html"

    def clean(self, value: Any) -> Any:
        """Refuse to publish a picture that nobody has described; a draft is saved with one."""
        value = super().clean(value)
        if not self.is_deferred_validation and value["image"] and not value["alt_text"]:
            raise blocks.StructBlockValidationError(
                {"alt_text": ValidationError("Say what the picture shows.", code="required")}
            )
        return value

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> Any:
        """Add `shop`, the name of the site it is sold on."""
        return {**super().get_context(value, parent_context), "shop": host_of(value["url"])}


class Post(blocks.StructBlock):
    """What somebody wrote on a social network, quoted, with a link to it."""

    author = blocks.CharBlock(max_length=160, help_text="The name they write under.")
    text = blocks.TextBlock(rows=3, help_text="Their words, whole.")
    date = blocks.DateBlock(required=False, label="Written on")
    url = blocks.URLBlock(label="Address of the post")

    class Meta:
        icon = "comment"
        label = "Social post"
        template = "stories/blocks/post.html"

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> Any:
        """Add `network`, by its name where readers know one."""
        host = host_of(value["url"])
        context = super().get_context(value, parent_context)
        return {**context, "network": NETWORKS.get(host, host)}


class DescribedAdapter(StructBlockAdapter):
    """A block with an `image` and an `alt_text`: the picture's own description is offered."""

    js_constructor = "almoner.stories.Described"

    @cached_property
    def media(self) -> forms.Media:
        """Wagtail's scripts for such a block, then ours."""
        return super().media + forms.Media(js=["stories/described.js"])


register(DescribedAdapter(), Picture)
register(DescribedAdapter(), Product)
