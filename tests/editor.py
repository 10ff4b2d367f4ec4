"""Edits a served site from a process of its own, as a second `almoner serve` or a command would.

`Editor(server)` starts it; `do` runs a few lines of Python over the site's models and returns
when they are committed. The served pages then know within a quarter of a second.
"""

import json
import subprocess
import sys
from pathlib import Path

from tests.server import Server


class Editor:
    """Someone who changes the site behind the server's back."""

    def __init__(self, server: Server) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.editor"],
            cwd=Path(__file__).parents[1],
            env={**server.environment, "DJANGO_SETTINGS_MODULE": "almoner.web.settings"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def do(self, lines: str, **names: object) -> None:
        """Run `lines` over the models, with `names`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([lines, names]) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer == "done\n", f"the editor failed at: {lines}"

    def __enter__(self) -> "Editor":
        return self

    def __exit__(self, *raised: object) -> None:
        self._process.communicate()


def main() -> None:
    """Run what comes in, line by line."""
    import django

    django.setup()
    from wagtail.models import Site

    from almoner.giving.models import Campaign, Cause
    from almoner.stories.models import HomePage, StoryIndexPage, StoryPage

    models = (Campaign, Cause, HomePage, Site, StoryIndexPage, StoryPage)
    known = {model.__name__: model for model in models}
    for line in sys.stdin:
        code, names = json.loads(line)
        exec(code, {**known, **names})
        sys.stdout.write("done\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
