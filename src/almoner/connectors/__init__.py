"""One module a source: each turns a verified request into events.

Every connector that is sent to over HTTP has the names of `registry.Connector`, so that one
endpoint serves them all. What they share: `signing` compares signatures, `money` reads exact
amounts, `buyers` tells of a buyer only what a campaign can need, `kept` leaves the rest out.
"""
