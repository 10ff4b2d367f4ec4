"""The one table of the web room."""

from django.db import models


class SiteVersion(models.Model):
    """How often what readers see has changed. Always one row."""

    version = models.PositiveBigIntegerField(default=0)

    class Meta:
        db_table = "web_siteversion"

    def __str__(self) -> str:
        return str(self.version)
