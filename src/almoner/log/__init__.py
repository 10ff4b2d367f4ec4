"""The public log: entries and the Merkle tree over them (RFC 6962). Pure."""
