"""One process of the shop, told by JSON lines what to do: `python -m tests.shop_run.shop till`.

`till` opens the shop, trades, and does its books. `courier` tells Almoner what was sold for as
long as it is let: carelessly, as the world is. It takes messages out of turn, holds every seventh
order back until it is asked for everything, and says some things twice.
"""

import json
import os
import select
import sys
from random import Random

import django

IDLE = 0.02  # seconds between two looks into the tray


def till(commands):
    from tests.shop_run.shop.books import figures
    from tests.shop_run.shop.catalogue import open_shop
    from tests.shop_run.shop.trade import returns, trade

    known = {"open": open_shop, "trade": trade, "returns": returns, "figures": figures}
    for line in commands:
        command, *arguments = json.loads(line)
        answer(known[command](*arguments))


def courier(commands):
    from tests.shop_run.shop.connector.models import Message
    from tests.shop_run.shop.connector.sending import send, tell

    random = Random(7)

    def carry(everything=False):
        waiting = Message.objects.filter(answered=None).order_by("pk")
        if not everything:
            waiting = [each for each in waiting[:16] if each.kind == "refund" or each.number % 7]
        waiting = list(waiting)
        random.shuffle(waiting)
        # A refund may be told before its order: then it waits there.
        for message in sorted(waiting, key=lambda each: each.kind, reverse=everything):
            tell(message)
            assert message.answered, message.answer
            if random.random() < 0.2:
                assert send(message.content) == "duplicate"
        return len(waiting)

    while True:
        carried = carry()
        if select.select([commands], [], [], 0 if carried else IDLE)[0]:
            if not commands.readline():
                return
            while carry(everything=True):
                pass
            answer(sorted({each.answer for each in Message.objects.all()}))


def answer(value):
    print(json.dumps(value), flush=True)


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.shop_run.shop.settings"
    django.setup()
    {"till": till, "courier": courier}[sys.argv[1]](sys.stdin)
