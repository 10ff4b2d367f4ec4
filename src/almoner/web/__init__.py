"""The front door: settings, urls, the base templates and what every page shares."""
