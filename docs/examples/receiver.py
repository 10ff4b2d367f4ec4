"""A receiver of Almoner's webhooks: WEBHOOK_SECRET=whsec_… python receiver.py PORT."""

import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["WEBHOOK_SECRET"])
seen: set[str] = set()  # a real receiver keeps these in its database


class Receiver(BaseHTTPRequestHandler):
    """Answers 204 to what Almoner sent, and 400 to everything else."""

    def do_POST(self) -> None:
        """Verify the bytes as they came; parse only what is verified."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            message = webhook.verify(body, dict(self.headers))
        except WebhookVerificationError:
            self.send_error(400)
            return
        name = self.headers["webhook-id"]
        if name not in seen:  # the same message may come twice
            seen.add(name)
            print(message["type"], message["data"], flush=True)
        self.send_response(204)
        self.end_headers()


HTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
