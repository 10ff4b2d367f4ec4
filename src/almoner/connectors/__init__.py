"""One module a source: each turns a verified request into events."""
