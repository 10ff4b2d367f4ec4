"""The search page: `words` is pure, `index` asks the database, `page` answers the reader."""
