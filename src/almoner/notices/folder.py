"""Where e-mail goes while no mail server is set up: files in a folder, one each.

They are `.eml` files, which mail programs open. Limit: nothing is ever deleted here.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class Folder(BaseEmailBackend):
    """A mail back-end of Django's."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write every message; how many."""
        folder = Path(settings.EMAIL_FILE_PATH)
        folder.mkdir(mode=0o700, exist_ok=True)
        for message in email_messages:
            path = folder / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{token_hex(4)}.eml"
            path.touch(mode=0o600)
            path.write_bytes(message.message().as_bytes())
        return len(email_messages)
