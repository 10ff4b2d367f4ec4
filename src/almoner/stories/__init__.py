"""Stories: pages, pictures and their body blocks, written in Wagtail's admin."""
