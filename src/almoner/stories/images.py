"""Pictures of stories. Each says in words what it shows; without that it is not accepted."""

from typing import Any, ClassVar

from django.core.files.base import ContentFile, File
from django.db import models
from wagtail.images.models import AbstractImage, AbstractRendition, Filter
from wagtail.search import index


class StoryImage(AbstractImage):
    """A picture with a required description, read out to those who cannot see it."""

    # Over `AbstractImage.description`, which may be empty.
    description = models.CharField(
        "description",
        max_length=255,
        help_text="What the picture shows, for readers who cannot see it. Say it as you "
        "would on the telephone: “A brown dog asleep on a blue blanket.”",
    )

    credit = models.CharField(
        max_length=160,
        blank=True,
        help_text="Who made the picture, as it should be printed under it: “Ada Moreno / "
        "Harbor Table”.",
    )

    admin_form_fields = (
        "title",
        "file",
        "description",
        "credit",
        "collection",
        "tags",
        "focal_point_x",
        "focal_point_y",
        "focal_point_width",
        "focal_point_height",
    )

    search_fields: ClassVar = [
        *AbstractImage.search_fields,
        index.SearchField("credit"),
        index.AutocompleteField("credit"),
    ]

    def generate_rendition_file(self, filter: Filter, *, source: Any = None) -> File:
        """Cut one size, and close the temporary file, which Wagtail leaves to the collector."""
        with super().generate_rendition_file(filter, source=source) as cut:
            cut.seek(0)
            return ContentFile(cut.read(), name=cut.name)

    class Meta(AbstractImage.Meta):
        verbose_name = "picture"
        verbose_name_plural = "pictures"


class StoryRendition(AbstractRendition):
    """A picture cut and compressed to one size."""

    image = models.ForeignKey(StoryImage, related_name="renditions", on_delete=models.CASCADE)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("image", "filter_spec", "focal_point_key"), name="one_rendition_a_size"
            ),
        )
