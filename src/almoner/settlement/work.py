"""What the worker does for settlement, again and again."""

from django.utils import timezone

from almoner.jobs.work import every
from almoner.settlement import moments
from almoner.settlement.entering import catch_up_all

HOUR = 3_600  # seconds


@every(60)
def mend() -> None:
    """Enter what a kill cut off, also where nobody looks."""
    catch_up_all()


@every(HOUR)
def remind() -> None:
    """Ask charities that have not answered."""
    moments.remind(timezone.now())
