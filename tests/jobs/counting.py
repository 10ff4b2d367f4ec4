"""A worker in a process of its own that can count: `python counting.py work|start N|tell PK`.

Each step writes a line with its number, process and times, so that a test sees what was done
twice and what at once.
"""

import json
import os
import sys
import time
from pathlib import Path

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "almoner.web.settings"
django.setup()

from almoner.jobs import beside, queue  # noqa: E402
from almoner.jobs.models import Job  # noqa: E402
from almoner.jobs.work import Progress, work  # noqa: E402

STEP = 0.05  # seconds


@work("count")
def count(job):
    for number in range(job.cursor or 0, job.arguments["to"]):
        began = time.time()
        if number == job.arguments.get("deadly"):
            os.kill(os.getpid(), 9)
        time.sleep(STEP)
        with Path(job.arguments["file"]).open("a") as file:
            file.write(f"{number} {os.getpid()} {began} {time.time()}\n")
        job.cursor = number + 1
        yield Progress(number + 1, job.arguments["to"], f"Counted to {number + 1}")
    job.result = {"sentence": f"Counted to {job.arguments['to']}."}


if __name__ == "__main__":
    if sys.argv[1] == "work":
        beside.run()
    elif sys.argv[1] == "start":
        print(queue.start("count", "Counting", json.loads(sys.argv[2])).pk)
    else:
        job = Job.objects.get(pk=sys.argv[2])
        print(json.dumps([job.state, job.done, job.result, job.error]))
