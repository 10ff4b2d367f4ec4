"""The list of campaigns, and the order in which their form asks."""

# Wagtail declares as cached properties what it documents as attributes.
# pyright: reportAssignmentType=false

from typing import Any, ClassVar

from django.urls import path, reverse
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel, TitleFieldPanel
from wagtail.admin.ui.tables import Column, TitleColumn

from almoner.giving.campaign_form import CampaignForm
from almoner.giving.models import Campaign
from almoner.giving.screens import actions, brakes, campaigns, reviews
from almoner.giving.screens.rows import Rows, handler
from almoner.giving.screens.terms_group import TermsGroup


class Campaigns(Rows):
    """Dated promises."""

    model = Campaign
    name = "giving_campaigns"
    url_prefix = "giving/campaigns"
    icon = "calendar-check"
    copy_view_enabled = True
    index_view_class = campaigns.CampaignList
    add_view_class = campaigns.CampaignCreate
    edit_view_class = campaigns.CampaignEdit
    copy_view_class = campaigns.CampaignCopy
    delete_view_class = campaigns.CampaignDelete
    inspect_view_class = campaigns.CampaignPage
    list_filter: ClassVar = ["cause", "charity", "sponsor"]
    search_fields: ClassVar = ["title", "slug"]
    list_display: ClassVar = [
        TitleColumn("title", get_url=lambda row: reverse(campaigns.PAGE, args=(row.pk,))),
        Column("stands", label="State"),
        "cause",
        "charity",
        Column("given", label="Pledged"),
        "starts_on",
        "ends_on",
    ]

    def get_edit_handler(self) -> Any:
        """Follow the sentence: what gives how much, to whom and when; then what else is said."""
        return handler(
            CampaignForm,
            MultiFieldPanel(
                [TitleFieldPanel("title", classname="", placeholder=False), FieldPanel("slug")],
                "Name",
            ),
            MultiFieldPanel(
                [FieldPanel("trigger"), FieldPanel("matches"), FieldPanel("rate")],
                "What gives how much",
            ),
            MultiFieldPanel([FieldPanel("cause"), FieldPanel("charity")], "To whom"),
            MultiFieldPanel(
                [
                    FieldRowPanel([FieldPanel("starts_on"), FieldPanel("starts_time")]),
                    FieldRowPanel([FieldPanel("ends_on"), FieldPanel("ends_time")]),
                    FieldPanel("time_zone"),
                ],
                "When",
            ),
            MultiFieldPanel(
                [
                    TermsGroup(
                        [
                            FieldRowPanel([FieldPanel("minimum"), FieldPanel("cap")]),
                            FieldRowPanel([FieldPanel("daily_cap"), FieldPanel("reader_cap")]),
                            FieldPanel("partial"),
                        ],
                        "At least and at most",
                    ),
                    TermsGroup(
                        [
                            FieldPanel("sponsor"),
                            FieldPanel("from_fund"),
                            FieldPanel("sponsor_cap"),
                        ],
                        "Who pays",
                    ),
                    TermsGroup(
                        [
                            FieldRowPanel([FieldPanel("products"), FieldPanel("collections")]),
                            FieldPanel("tags"),
                        ],
                        "Which ones count",
                    ),
                    TermsGroup([FieldPanel("including")], "How sales are counted"),
                    TermsGroup(
                        [FieldRowPanel([FieldPanel("price"), FieldPanel("currency")])],
                        "Money turned into things",
                    ),
                    TermsGroup([FieldPanel("tiers")], "Steps: more for larger orders"),
                    TermsGroup([FieldPanel("split")], "Shared between charities"),
                    TermsGroup(
                        [FieldRowPanel([FieldPanel("countries"), FieldPanel("excluded")])],
                        "Where buyers are",
                    ),
                    TermsGroup(
                        [FieldRowPanel([FieldPanel("hold_days"), FieldPanel("deliver_days")])],
                        "Returns and delivery",
                    ),
                    TermsGroup(
                        [FieldRowPanel([FieldPanel("group"), FieldPanel("rank")])],
                        "Beside other campaigns",
                    ),
                ],
                "Further terms",
            ),
        ).bind_to_model(self.model)

    def get_urlpatterns(self) -> list[Any]:
        """Add what can be done with a campaign."""
        terms = campaigns.TermsView.as_view(form_class=self.get_form_class())
        return [
            *super().get_urlpatterns(),
            path("terms/", terms, name="terms"),
            path("terms/<int:pk>/", terms, name="terms"),
            path("ask/<int:pk>/", reviews.AskView.as_view(), name="ask"),
            path("review/<int:pk>/", reviews.AnswerView.as_view(), name="review"),
            path("publish/<int:pk>/", reviews.PublishView.as_view(), name="publish"),
            path("replay/<int:pk>/", actions.ReplayView.as_view(), name="replay"),
            path("end/<int:pk>/", actions.EndView.as_view(), name="end"),
            path("reads/<int:pk>/", brakes.ReadsView.as_view(), name="reads"),
            path("by-hand/<int:pk>/", actions.ByHandView.as_view(), name="by_hand"),
        ]
