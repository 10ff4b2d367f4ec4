"""Contracts, statements, disclosures and promise pages: giving, accounted for on paper."""
