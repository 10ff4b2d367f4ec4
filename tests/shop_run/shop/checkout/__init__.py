"""Checkout with a card that is always good."""
