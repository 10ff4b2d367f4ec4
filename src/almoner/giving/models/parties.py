"""Who gives what to whom: causes, charities, sponsors and their funds.

A slug names accounts of the ledger, so it is chosen once.
"""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import get_language

from almoner.counters.labels import labels
from almoner.units import Unit, UnitError, currency

# Part of an account path (almoner.ledger.event): 64 characters, no leading hyphen.
SLUG_LENGTH = 64
LABEL_LENGTH = 80

slug_shape = RegexValidator(
    r"^[a-z0-9][a-z0-9-]*\Z",
    "Use small letters a to z, digits and hyphens, such as harbor-table.",
)
unit_shape = RegexValidator(
    r"^([a-z][a-z0-9-]{0,31}|[A-Z]{3})\Z",
    "Use one small word for a thing (meal, blanket, mile) or a currency code such as USD.",
)


def unit_named(code: str, kind: str = "count") -> Unit:
    """The unit of a code: capitals are a currency, anything else is counted whole."""
    if code.isupper():
        return currency(code)
    if kind == "money":
        raise UnitError(f"{code!r} is not an ISO 4217 currency code; write USD, EUR, JPY …")
    return Unit(code, "distance" if kind == "distance" else "count", 0)


def slug_field() -> models.SlugField:
    """A name that ends up in account paths and addresses."""
    return models.SlugField(
        max_length=SLUG_LENGTH,
        unique=True,
        validators=[slug_shape],
        help_text="Used in addresses and in the public record. It cannot be changed later.",
    )


class Cause(models.Model):
    """What is given and how it is counted."""

    class Kind(models.TextChoices):
        COUNT = "count", "Things, counted one by one"
        DISTANCE = "distance", "A distance"
        MONEY = "money", "Money"

    class Icon(models.TextChoices):
        BOWL = "bowl", "Bowl"
        BLANKET = "blanket", "Blanket"
        TOY = "toy", "Toy"
        ROAD = "road", "Road"
        HOUSE_HEART = "house-heart", "House with a heart"
        DOG = "dog", "Dog"
        ALMONER = "almoner", "Almoner"

    label = models.CharField(
        max_length=LABEL_LENGTH,
        help_text="As it stands under the figure: “Meals Donated”.",
    )
    labels = models.TextField(
        "label in other languages",
        blank=True,
        help_text="One a line, the language's code in front: “ar: وجبات وُهبت”.",
    )
    slug = slug_field()
    kind = models.CharField("what it counts", max_length=16, choices=Kind, default=Kind.COUNT)
    unit = models.CharField(
        max_length=32,
        validators=[unit_shape],
        help_text="One of what is counted, as one small word: meal, blanket, mile. For money "
        "the currency code: USD. It cannot be changed later.",
    )
    scale = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="Decimal places of the unit's smallest part."
    )
    icon = models.CharField(max_length=32, choices=Icon, default=Icon.ALMONER)
    position = models.PositiveSmallIntegerField(
        default=100, help_text="Its place in the banner: smaller numbers come first."
    )
    shown = models.BooleanField("shown in the banner", default=True)

    class Meta:
        db_table = "giving_cause"
        ordering = ("position", "slug")

    def __str__(self) -> str:
        return self.label

    def clean(self) -> None:
        """Derive the scale; refuse a unit of another kind, and a label of no language."""
        self._check_labels()
        try:
            self.scale = self.exact_unit.scale
        except UnitError as error:
            raise ValidationError({"unit": str(error)}) from None
        if (self.kind == "money") != self.unit.isupper():
            raise ValidationError(
                {"unit": f"{self.unit} is money: choose “Money” above, or write a small word."}
            )

    @property
    def exact_unit(self) -> Unit:
        """The unit, with its true scale."""
        return unit_named(self.unit, self.kind)

    @property
    def local_label(self) -> str:
        """The label in the language of the page at hand, else as it was given first."""
        return self.label_in(get_language() or "")

    def label_in(self, language: str) -> str:
        """The label in a language, else as it was given first."""
        return labels(self.labels).get(language, self.label)

    def _check_labels(self) -> None:
        known = dict(settings.LANGUAGES)
        for code, label in labels(self.labels).items():
            if code not in known:
                raise ValidationError({"labels": f"{code!r} is no language's code, such as ar."})
            if not label or len(label) > LABEL_LENGTH:
                raise ValidationError(
                    {"labels": f"The label in {known[code]} must have 1 to {LABEL_LENGTH} letters."}
                )


class Charity(models.Model):
    """Who receives."""

    name = models.CharField(max_length=120, help_text="As readers know it.")
    slug = slug_field()
    legal_name = models.CharField(
        max_length=200, blank=True, help_text="As it is registered, where that differs."
    )
    registration_number = models.CharField(
        max_length=60, blank=True, help_text="For example the EIN in the United States."
    )
    website = models.URLField(blank=True)
    contact_email = models.EmailField(
        "contact e-mail", blank=True, help_text="Kept private: it is never shown to readers."
    )
    place_is_secret = models.BooleanField(
        default=False,
        help_text="For a shelter: no picture of a delivery to it can be published, and those that "
        "were are shown no more. The public record still has the day of each delivery.",
    )

    class Meta:
        db_table = "giving_charity"
        ordering = ("name",)
        verbose_name_plural = "charities"

    def __str__(self) -> str:
        return self.name


class Sponsor(models.Model):
    """Who pays."""

    name = models.CharField(max_length=120, help_text="As readers know it.")
    slug = slug_field()
    legal_name = models.CharField(
        max_length=200, blank=True, help_text="As it is registered, where that differs."
    )
    website = models.URLField(blank=True)
    contact_email = models.EmailField(
        "contact e-mail", blank=True, help_text="Kept private: it is never shown to readers."
    )

    class Meta:
        db_table = "giving_sponsor"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Fund(models.Model):
    """What a sponsor has put up, in one unit. What is left in it is in the ledger."""

    sponsor = models.ForeignKey(Sponsor, on_delete=models.PROTECT, related_name="funds")
    unit = models.CharField(
        max_length=32,
        validators=[unit_shape],
        help_text="A currency code such as USD, or meal, blanket … for gifts in kind.",
    )

    class Meta:
        db_table = "giving_fund"
        ordering = ("sponsor__name", "unit")
        constraints = (
            models.UniqueConstraint(
                fields=("sponsor", "unit"),
                name="giving_one_fund_a_unit",
                violation_error_message="This sponsor has a fund in this unit already.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.sponsor} ({self.unit})"

    @property
    def exact_unit(self) -> Unit:
        """The unit, with its true scale."""
        return unit_named(self.unit)

    @property
    def account(self) -> str:
        """Its account in the ledger."""
        return f"sponsor/{self.sponsor.slug}/fund"
