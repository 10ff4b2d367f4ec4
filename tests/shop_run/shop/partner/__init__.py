"""Prices with VAT: a fifth on everything but books and children's clothes."""
