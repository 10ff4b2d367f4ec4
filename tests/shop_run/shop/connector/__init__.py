"""Tells Almoner what was sold and what came back, as docs/how-to/connect-your-own-shop.md says."""
