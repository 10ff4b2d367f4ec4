"""Give the pages that Wagtail's migrations made a locale and a translation key."""

from django.db import migrations
from wagtail.models import (
    BootstrapLocaleField,
    BootstrapTranslatableModel,
    BootstrapTranslationKeyField,
)


class Migration(migrations.Migration):
    """Add the two fields, empty, and fill them."""

    dependencies = [
        ("stories", "0001_base_page"),
        ("wagtailcore", "0098_apitoken"),
    ]

    operations = [
        BootstrapLocaleField("stories.BasePage"),
        BootstrapTranslationKeyField("stories.BasePage"),
        BootstrapTranslatableModel("stories.BasePage"),
    ]
