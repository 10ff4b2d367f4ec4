"""`almoner statement`: draws a statement into files.

It ends with 0 when they are written, with 1 and one sentence when there is nothing to write.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from almoner import config
from almoner.config import ConfigError, Settings

console = Console()

Which = Annotated[str, Parameter(help="Draw it of this one, by its slug.")]


def statement(
    *,
    campaign: Which = "",
    charity: Which = "",
    sponsor: Which = "",
    period: Annotated[
        str, Parameter(help="2026-05, 2026-Q2, 2026, or 2026-05-01..2026-05-15.")
    ] = "",
    zone: Annotated[str, Parameter(help="By whose clock its days are, such as UTC.")] = "UTC",
    final: Annotated[
        bool, Parameter(help="A campaign's final accounting, its whole life.")
    ] = False,
    into: Annotated[Path, Parameter(help="The directory to write into.")] = Path(),
) -> None:
    """Draw a statement as PDF, CSV and XLSX, with its data and what checks it."""
    from almoner.publication.stores import StoreError

    scope, slug = _one(campaign=campaign, charity=charity, sponsor=sponsor)
    settings = config.load()
    _django(settings)
    from almoner.statements.pdf import PdfError
    from almoner.statements.period import PeriodError
    from almoner.statements.tree import StatementError

    if final and scope != "campaign":
        raise ConfigError("A final accounting is of a campaign: name it with --campaign.")
    if not period and not final:
        raise ConfigError("Name the period: --period 2026-05.")
    try:
        _draw(settings, scope, slug, period, zone, final, into)
    except (StatementError, PeriodError, PdfError, StoreError) as error:
        raise ConfigError(str(error)) from None
    except OSError as error:
        raise ConfigError(f"{into} cannot be written to: {error.strerror}.") from None


def _one(**named: str) -> tuple[str, str]:
    given = [(scope, slug) for scope, slug in named.items() if slug]
    if len(given) != 1:
        raise ConfigError("Name one of --campaign, --charity and --sponsor.")
    return given[0]


def _draw(
    settings: Settings, scope: str, slug: str, period: str, zone: str, final: bool, into: Path
) -> None:
    from almoner.statements import drawing, files, papers
    from almoner.statements import period as periods
    from almoner.statements.document import file_name
    from almoner.statements.tree import open_tree

    now = datetime.now(UTC)
    chosen = periods.period(period, zone) if period else drawing.whole_life(slug, now)
    tree = open_tree(settings)
    drawn = drawing.draw(scope, slug, chosen, tree, now, final=final, named=papers.named())
    into.mkdir(parents=True, exist_ok=True)
    for ending in files.MEDIA_TYPES:
        content = files.write(drawn, ending)
        if content is not None:
            path = into / f"{file_name(drawn)}.{ending}"
            path.write_bytes(content)
            console.print(str(path), highlight=False, soft_wrap=True)
    if not drawn.period.over:
        console.print("[yellow]Provisional:[/] the period is not over.", highlight=False)


def _django(settings: Settings) -> None:
    """Set Django up over an installation that is there."""
    import os

    import django

    from almoner.ledger.database import DatabaseError

    if settings.sqlite_path is not None and not settings.sqlite_path.exists():
        raise DatabaseError(f"There is no database in {settings.home}: run `almoner init`.")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "almoner.web.settings")
    django.setup()
