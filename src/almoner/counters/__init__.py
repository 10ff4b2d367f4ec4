"""Public totals: read from the ledger, shown in pages, streamed while they change."""
