"""A campaign's contract as it was signed, and the statements that were drawn.

A contract says what the parties agreed; what counts is in the ledger's frozen versions. A
drawn statement is kept as the bytes that its hash was made of, so that its PDF, CSV and XLSX
can be made again at any time.
"""

from datetime import date

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from wagtail.models import Orderable

from almoner.giving.models import Campaign

RETAIN_YEARS = 7
# Longer than any law listed in jurisdictions.toml asks, and a slip of the hand beyond.
MAX_RETAIN_YEARS = 99

amount_shape = RegexValidator(
    r"^[0-9]{1,15}(\.[0-9]{1,4})?\Z", "Write digits, such as 500 or 500.00."
)
currency_shape = RegexValidator(r"^[A-Z]{3}\Z", "Write a currency code such as USD.")


def text_field(label: str, help_text: str = "") -> models.TextField:
    """A few lines that may be empty."""
    return models.TextField(label, blank=True, help_text=help_text)


def line_field(label: str, help_text: str = "", length: int = 200) -> models.CharField:
    """One line that may be empty."""
    return models.CharField(label, max_length=length, blank=True, help_text=help_text)


class Contract(ClusterableModel):
    """What a campaign's parties agreed on, as they signed it."""

    class Manner(models.TextChoices):
        CASH = "cash", "In money"
        IN_KIND = "in-kind", "In kind: things or services"

    campaign = models.OneToOneField(Campaign, on_delete=models.PROTECT, related_name="contract")

    sponsor_legal_name = line_field("legal name", "As it is registered.")
    sponsor_registration = line_field(
        "registration number", "Where it is registered, and under which number.", 120
    )
    sponsor_signatory = line_field("signed by", "Name and office.")
    sponsor_address = text_field("address for notices")
    charity_legal_name = line_field("legal name", "As it is registered.")
    charity_registration = line_field(
        "registration number", "For example the EIN, or the charity number.", 120
    )
    charity_signatory = line_field("signed by", "Name and office.")
    second_signatory = line_field(
        "signed also by", "Connecticut and Massachusetts ask for two officers of the charity."
    )
    charity_address = text_field("address for notices")
    further_parties = text_field(
        "further parties", "Other charities of a split gift, a sponsor that matches, an agent."
    )
    signed_on = models.DateField("signed on", null=True, blank=True)

    goods = text_field("goods or action", "What is sold, or what people do, exactly.")
    territory = line_field("territory", "Where the offer is made.")
    manner = models.CharField("given", max_length=8, choices=Manner, default=Manner.CASH)
    unit_definition = text_field("what one unit is", "“One meal is 1.2 pounds of food …”")
    flat_gift = models.CharField(
        "flat gift",
        max_length=20,
        blank=True,
        validators=[amount_shape],
        help_text="Given whatever is sold, beside what the campaign gives.",
    )
    flat_currency = models.CharField(
        "its currency", max_length=3, blank=True, validators=[currency_shape]
    )
    estimated_total = line_field("estimated total", "What both expect it to come to.", 60)
    objectives = text_field("objectives and methods", "What is raised for, and how.")
    name_consent = models.DateField(
        "consent to use the charity's name",
        null=True,
        blank=True,
        help_text="The day it was given.",
    )
    advertisement_consent = models.DateField(
        "consent to the advertisements", null=True, blank=True, help_text="The day it was given."
    )

    accounting_on = models.DateField("final accounting due", null=True, blank=True)
    payment_on = models.DateField("payment due", null=True, blank=True)
    payment_manner = line_field("how it is paid", "Such as: bank transfer, quarterly.")
    termination = text_field("ending it early")
    variation = text_field("changing it")
    fees = text_field("fees and expenses", "What anybody is paid out of it. “None” is an answer.")
    retain_years = models.PositiveSmallIntegerField(
        "years to keep the records",
        default=RETAIN_YEARS,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_RETAIN_YEARS)],
    )

    class Meta:
        db_table = "statements_contract"
        ordering = ("campaign__title",)

    def __str__(self) -> str:
        return f"Contract of {self.campaign}"

    def retain_until(self, ended: date) -> date:
        """The day until which the records of a campaign that ended are kept."""
        year = ended.year + self.retain_years
        leap = (ended.month, ended.day) == (2, 29)
        return date(year, 3, 1) if leap else ended.replace(year=year)


class Filing(Orderable):
    """One filing of a contract with an authority."""

    contract = ParentalKey(Contract, on_delete=models.CASCADE, related_name="filings")
    state = models.CharField("state or country", max_length=60)
    form = line_field("what was filed", "Such as Form 10B.", 120)
    filed_on = models.DateField("filed on", null=True, blank=True)
    expires_on = models.DateField("valid until", null=True, blank=True)
    reference = line_field("reference", "", 120)

    class Meta(Orderable.Meta):
        db_table = "statements_filing"

    def __str__(self) -> str:
        return f"{self.state}: {self.form}" if self.form else self.state


class Drawn(models.Model):
    """A statement that was drawn: its data as JSON, whose SHA-256 is printed on it."""

    title = models.CharField(max_length=200)
    scope = models.CharField(max_length=16)
    slug = models.SlugField(max_length=64)
    name = models.CharField(max_length=120)
    since = models.DateField()
    last_day = models.DateField()
    time_zone = models.CharField(max_length=64)
    over = models.BooleanField(help_text="Whether the period was over when it was drawn.")
    digest = models.CharField(max_length=64, unique=True)
    data = models.BinaryField()
    drawn_at = models.DateTimeField(auto_now_add=True)
    drawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    shared_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "statements_drawn"
        ordering = ("-drawn_at", "-pk")
        verbose_name = "statement"

    def __str__(self) -> str:
        return self.title
