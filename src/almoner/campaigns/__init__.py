"""Campaigns: pure rules that turn an event into pledges.

`model` holds the data, `rules` the one function that decides. Nothing here knows a clock,
a database or a web framework.
"""
