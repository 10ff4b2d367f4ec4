"""What comes round: sending what is due, and looking for what is to be told."""

from almoner.jobs.work import every
from almoner.notices import mail, watching, webhooks

HOUR = 3_600

every(1)(webhooks.deliver_due)
every(2)(mail.send_due)
every(10)(watching.watch)
every(24 * HOUR)(webhooks.tidy)
