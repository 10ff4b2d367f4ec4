"""The admin's screens of settlement, under “Settlement” in its menu."""
