"""The admin's screens of giving, under “Giving” in its menu."""
