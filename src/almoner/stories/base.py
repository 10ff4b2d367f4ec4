"""The base of every page: Wagtail's abstract page and what our pages all need.

Swapped in by `WAGTAIL_PAGE_MODEL` (docs/decisions/0003-wagtail-day-one.md). A field added
here is one column of one table for every kind of page.
"""

from typing import ClassVar

from django.db import models
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.models import AbstractPage
from wagtail.search import index


class BasePage(AbstractPage):
    """Any page of the site, in one table."""

    seo_title = models.CharField(
        "title for search engines",
        max_length=255,
        blank=True,
        help_text="Shown as the link in search results. Leave empty to use the headline.",
    )
    search_description = models.TextField(
        "summary for search engines",
        blank=True,
        help_text="One or two sentences shown under the link in search results and when the "
        "page is shared. Leave empty to use the standfirst.",
    )

    search_fields: ClassVar = [*AbstractPage.search_fields, index.SearchField("search_description")]
    promote_panels: ClassVar = [
        MultiFieldPanel(
            [
                FieldPanel(
                    "slug",
                    help_text="The last part of the page's address. When it changes, readers who "
                    "have the old one are sent to the new one.",
                ),
                FieldPanel("seo_title"),
                FieldPanel("search_description"),
            ],
            heading="Search and sharing",
        )
    ]
