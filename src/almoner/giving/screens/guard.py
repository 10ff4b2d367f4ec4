"""Who may open and who may press, as on every screen (`almoner.people.guard`)."""

from almoner.people.guard import SAFE, Guarded, Screen, refuse

__all__ = ["SAFE", "Guarded", "Screen", "refuse"]
