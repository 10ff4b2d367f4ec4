"""The admin's screens of notices, under “Notices” in its menu."""
