"""Postage: by post, by courier, and free from sixty pounds on."""
