"""What workers do for this room: draw large statements."""

from collections.abc import Iterator

from django.urls import reverse

from almoner.jobs.models import Job
from almoner.jobs.work import Progress, WorkError, work
from almoner.statements.shelf import KIND, draw_for
from almoner.statements.tree import StatementError


@work(KIND)
def draw(job: Job) -> Iterator[Progress]:
    """Draw a statement. It is one reading of one moment; cut off, it is drawn from the start."""
    yield Progress(0, 1, "Adding up the entries")
    try:
        drawn = draw_for(job)
    except StatementError as error:
        raise WorkError(str(error)) from None
    job.result = {"sentence": f"“{drawn}” is drawn.", "link": reverse("statements_drawn:index")}
    yield Progress(1, 1)
