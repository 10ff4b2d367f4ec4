import json
import time
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from django.conf import settings
from django.utils import timezone

from .bodies import body
from .models import Message


def deliver():
    """Tell what was not told yet. Run it every minute; two runs at once do no harm."""
    for message in Message.objects.filter(answered=None).order_by("pk"):
        tell(message)


def tell(message):
    """Send it until it is answered, always in the same words: then Almoner counts it once."""
    if message.content is None:
        message.content = body(message)
        message.save()
    message.answer = send(message.content)
    if not message.answer.startswith("refused"):
        message.answered = message.answered or timezone.now()
    message.save()


def send(content, wait=0.1):
    request = Request(
        f"{settings.ALMONER_URL}/api/v1/events",
        json.dumps(content).encode(),
        {"Authorization": f"Bearer {settings.ALMONER_KEY}", "Content-Type": "application/json"},
    )
    while True:
        try:
            with urlopen(request, timeout=30) as answer:
                return json.load(answer)["status"]
        except HTTPError as error:
            if error.code < 500 and error.code != 429:
                return f"refused: {error.read().decode()}"  # mend it: the next run tells it again
        except (OSError, HTTPException):
            pass  # it is down, or was while it answered
        time.sleep(wait)
        wait = min(wait * 2, 60)
