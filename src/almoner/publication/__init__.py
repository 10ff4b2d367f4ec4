"""Publishes the ledger's log as static files: keys, stores, checkpoints, cosignatures."""
