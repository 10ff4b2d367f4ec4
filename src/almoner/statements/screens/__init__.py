"""The admin's screens of statements, under “Statements” in its menu."""
