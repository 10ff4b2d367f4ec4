"""The list of campaigns, and the order in which their form asks."""

# Wagtail declares as cached properties what it documents as attributes.
# pyright: reportAssignmentType=false

from typing import Any, ClassVar

from django.urls import path, reverse
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel, TitleFieldPanel
from wagtail.admin.ui.tables import Column, TitleColumn

from almoner.giving.book import open_ledger
from almoner.giving.forms import CampaignForm
from almoner.giving.models import Campaign
from almoner.giving.screens import actions, campaigns
from almoner.giving.screens.rows import Rows, handler
from almoner.giving.wording import amount
from almoner.ledger import reads


class Campaigns(Rows):
    """Dated promises."""

    model = Campaign
    name = "giving_campaigns"
    url_prefix = "giving/campaigns"
    icon = "calendar-check"
    copy_view_enabled = True
    add_view_class = campaigns.CampaignCreate
    edit_view_class = campaigns.CampaignEdit
    copy_view_class = campaigns.CampaignCopy
    delete_view_class = campaigns.CampaignDelete
    inspect_view_class = campaigns.CampaignPage
    list_filter: ClassVar = ["state", "cause", "charity", "sponsor"]
    search_fields: ClassVar = ["title", "slug"]
    list_display: ClassVar = [
        TitleColumn("title", get_url=lambda row: reverse(campaigns.PAGE, args=(row.pk,))),
        "state",
        "cause",
        "charity",
        Column("given", label="Pledged", accessor=lambda campaign: _given(campaign)),
        "starts_on",
        "ends_on",
    ]

    def get_edit_handler(self) -> Any:
        """Follow the sentence: what gives how much to whom, how long, and at most what."""
        return handler(
            CampaignForm,
            MultiFieldPanel(
                [TitleFieldPanel("title", classname="", placeholder=False), FieldPanel("slug")],
                "Name",
            ),
            MultiFieldPanel(
                [
                    FieldPanel("trigger"),
                    FieldPanel("rate"),
                    FieldRowPanel([FieldPanel("products"), FieldPanel("tags")]),
                ],
                "What gives how much",
            ),
            MultiFieldPanel(
                [FieldPanel("cause"), FieldPanel("charity")],
                "To whom",
            ),
            MultiFieldPanel(
                [
                    FieldRowPanel([FieldPanel("starts_on"), FieldPanel("starts_time")]),
                    FieldRowPanel([FieldPanel("ends_on"), FieldPanel("ends_time")]),
                    FieldPanel("time_zone"),
                ],
                "When",
            ),
            MultiFieldPanel([FieldPanel("cap"), FieldPanel("partial")], "At most"),
            MultiFieldPanel([FieldPanel("sponsor"), FieldPanel("from_fund")], "Who pays"),
        ).bind_to_model(self.model)

    def get_urlpatterns(self) -> list[Any]:
        """Add what can be done with a campaign."""
        terms = campaigns.TermsView.as_view(form_class=self.get_form_class())
        return [
            *super().get_urlpatterns(),
            path("terms/", terms, name="terms"),
            path("terms/<int:pk>/", terms, name="terms"),
            path("replay/<int:pk>/", actions.ReplayView.as_view(), name="replay"),
            path("end/<int:pk>/", actions.EndView.as_view(), name="end"),
            path("by-hand/<int:pk>/", actions.ByHandView.as_view(), name="by_hand"),
        ]


def _given(campaign: Campaign) -> str:
    cause = campaign.cause
    with open_ledger() as ledger:
        minor = reads.campaign_totals(ledger.db).get(campaign.slug, 0)
    return amount(minor, cause.unit, cause.kind, cause.scale)
