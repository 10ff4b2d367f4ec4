"""What is looked at before a story is published, and how it is said to its editor."""
