"""Speeds against baselines measured in the same run, and a server killed under load."""
