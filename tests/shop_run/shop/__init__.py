"""A shop of its own, on django-oscar: goods, offers, taxes, postage, and its connector."""
