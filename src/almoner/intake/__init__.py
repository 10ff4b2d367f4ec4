"""The way in: accept, authenticate, validate, commit, and only then acknowledge."""
