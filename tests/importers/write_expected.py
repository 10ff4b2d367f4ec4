"""Writes the JSON beside each page anew. Read the difference before you commit it."""

import json
from pathlib import Path

from almoner.stories.importers.page import as_json, read_page

if __name__ == "__main__":
    for page in sorted((Path(__file__).parent / "pages").iterdir()):
        if page.suffix != ".json":
            understood = json.loads(as_json(read_page(page.read_bytes(), page.name)))
            text = json.dumps(understood, indent=2, ensure_ascii=False)
            page.with_name(f"{page.name}.json").write_text(f"{text}\n", "utf-8")
