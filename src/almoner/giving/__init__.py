"""Causes, charities, sponsors and campaigns, and their screens in the admin."""
