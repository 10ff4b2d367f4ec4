"""Reads that count: how a read is known to be one, and what keeps a flood of them from giving.

Reading itself is never held up here. The hot path knows no Django.
"""
