"""The draft of a campaign. Publishing freezes a copy of it in the ledger.

Numbers are kept as somebody wrote them, so that a draft can be saved half-done; `terms` reads
them, and says which cannot be published.
"""

from typing import TYPE_CHECKING, Any

from django.db import models
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel

from almoner.giving.models.parties import Cause, Charity, Sponsor, slug_field, slug_shape


class Campaign(ClusterableModel):
    """The draft of a promise: trigger × rate × terms."""

    if TYPE_CHECKING:  # what other tables' keys make at run time
        parts: Any
        reviews: Any
        pauses: Any
        matched_by: Any

    class Trigger(models.TextChoices):
        ORDER = "order", "Every order"
        ITEM = "item", "Every item sold"
        REVENUE = "revenue", "A percentage of sales"
        GIFT = "gift", "A percentage of what people give"
        ROUND_UP = "round-up", "A percentage of what buyers round up"
        SIGN_UP = "sign-up", "Every sign-up"
        READ = "read", "Every story read"
        VISIT = "visit", "Every visit through a shared link"
        MANUAL = "manual", "Entries made by hand"
        MATCH = "match", "What another campaign gives"

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        PUBLISHED = "published", "Published"
        ENDED = "ended", "Ended"

    title = models.CharField(max_length=120, help_text="As readers will see it.")
    slug = slug_field()
    cause = models.ForeignKey(
        Cause,
        on_delete=models.PROTECT,
        related_name="campaigns",
        help_text="Which counter this campaign moves.",
    )
    charity = models.ForeignKey(
        Charity,
        on_delete=models.PROTECT,
        related_name="campaigns",
        help_text="Who receives what is promised.",
    )
    sponsor = models.ForeignKey(
        Sponsor,
        on_delete=models.PROTECT,
        related_name="campaigns",
        null=True,
        blank=True,
        help_text="Who pays. Leave empty when the shop itself does.",
    )
    from_fund = models.BooleanField(
        "paid from the sponsor's fund",
        default=False,
        help_text="Nothing is promised beyond what is left in the fund.",
    )

    trigger = models.CharField("what makes it give", max_length=16, choices=Trigger)
    rate = models.CharField(
        "how much",
        max_length=40,
        help_text="A number such as 2 or 0.5, or a fraction such as 1/3 (one for every three). "
        "For a percentage, the percent: 5.",
    )
    matches = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        related_name="matched_by",
        null=True,
        blank=True,
        verbose_name="which campaign it matches",
        help_text="Whatever that campaign gives, this one gives on top: 1 doubles it, 2 triples "
        "it, 1/2 adds half as much.",
    )
    currency = models.CharField(
        max_length=3,
        blank=True,
        help_text="The currency of the price, or of the orders that steps are counted in: USD. "
        "A cause that counts money has its own.",
    )
    price = models.CharField(
        "price of one",
        max_length=40,
        blank=True,
        help_text="What the charity asks for one meal, blanket …: 0.25. Then the rate above is "
        "money, and buys so many.",
    )
    tiers = models.JSONField(
        "steps",
        default=list,
        blank=True,
        help_text="From this many pieces, or this much money, in one order on, the whole order "
        "gives by another rate.",
    )

    products = models.JSONField(
        "only these products",
        default=list,
        blank=True,
        help_text="Product numbers or SKUs, one a line. Empty: every product counts.",
    )
    collections = models.JSONField(
        "only from these collections",
        default=list,
        blank=True,
        help_text="Collections, categories or product tags of the shop, one a line.",
    )
    tags = models.JSONField(
        "only what is tagged",
        default=list,
        blank=True,
        help_text="Tags of the order, story or form, one a line; one of them is enough.",
    )
    including = models.JSONField(
        "sales are counted",
        default=list,
        blank=True,
        help_text="Unticked, sales are counted after discounts, without tax and without "
        "shipping. Refunds are always taken off.",
    )
    countries = models.JSONField(
        "only where the buyer is in",
        default=list,
        blank=True,
        help_text="Countries or parts of one by their ISO code, one a line: US, GB, US-CA. "
        "Empty: everywhere.",
    )
    excluded = models.JSONField(
        "but not in",
        default=list,
        blank=True,
        help_text="For example states where the campaign is not registered: US-AL.",
    )

    cap = models.CharField(
        "at most",
        max_length=24,
        blank=True,
        help_text="The most this campaign may ever give: 50000 meals, or 2500.00 in money. "
        "Empty: no limit.",
    )
    minimum = models.CharField(
        "at least",
        max_length=24,
        blank=True,
        help_text="What is guaranteed however little is sold: what is missing at the end is "
        "added then.",
    )
    daily_cap = models.CharField("at most a day", max_length=24, blank=True)
    reader_cap = models.CharField(
        "at most a person",
        max_length=24,
        blank=True,
        help_text="For one buyer or reader, as far as the shop tells them apart.",
    )
    sponsor_cap = models.CharField(
        "at most for this sponsor",
        max_length=24,
        blank=True,
        help_text="What all campaigns of this sponsor that name such a limit give together.",
    )
    partial = models.BooleanField(
        "give what still fits",
        default=True,
        help_text="An order that would go over a limit gives the part that fits. Without "
        "this it gives nothing.",
    )

    starts_on = models.DateField("first day")
    starts_time = models.TimeField(
        "from", null=True, blank=True, help_text="Empty: from midnight, when the day begins."
    )
    ends_on = models.DateField(
        "last day", null=True, blank=True, help_text="Empty: until you end it."
    )
    ends_time = models.TimeField(
        "until", null=True, blank=True, help_text="Empty: the whole last day counts."
    )
    time_zone = models.CharField(
        max_length=64,
        default="UTC",
        help_text="The place whose clock and calendar the days are meant by.",
    )
    hold_days = models.PositiveSmallIntegerField(
        "counted for good after",
        default=0,
        help_text="Days in which things may come back. Until then a pledge is shown apart, as "
        "held. 0: at once.",
    )
    deliver_days = models.PositiveSmallIntegerField(
        "delivered within",
        default=0,
        help_text="Days in which the charity is to have what was promised. 0: not said.",
    )
    group = models.CharField(
        "exclusive group",
        max_length=64,
        blank=True,
        validators=[slug_shape],
        help_text="Of the campaigns that share this name, only the first that gives something "
        "keeps an order.",
    )
    rank = models.SmallIntegerField(
        "its place in the group", default=0, help_text="Smaller numbers come first."
    )
    state = models.CharField(max_length=16, choices=State, default=State.DRAFT, editable=False)

    class Meta:
        db_table = "giving_campaign"
        ordering = ("-starts_on", "slug")
        # Rights that belong to no table of their own.
        permissions = (
            ("review_campaign", "Can review a campaign that somebody else wrote"),
            ("view_ledger", "Can look at the ledger"),
            ("view_api_keys", "Can look at the list of API keys"),
            ("manage_api_keys", "Can make and revoke API keys"),
            ("view_connections", "Can look at the connections and what they delivered"),
            ("manage_connections", "Can make, pause and replay connections"),
        )

    def __str__(self) -> str:
        return self.title


class CampaignPart(models.Model):
    """One charity's part of a split promise: `weight` out of the sum of all weights."""

    campaign = ParentalKey(Campaign, on_delete=models.CASCADE, related_name="parts")
    charity = models.ForeignKey(Charity, on_delete=models.PROTECT, related_name="parts")
    weight = models.PositiveIntegerField()

    class Meta:
        db_table = "giving_campaign_part"
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.charity}: {self.weight}"
