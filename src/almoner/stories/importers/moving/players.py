"""Addresses of players, as the addresses of the videos that they play."""

from urllib.parse import parse_qs, urlsplit


def video_address(address: str) -> str:
    """The address of a video that a card can open, or "" where there is no card for its site."""
    try:
        parts = urlsplit(address.strip())
        host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
    except ValueError:
        return ""
    path = [part for part in parts.path.split("/") if part]
    if host in ("youtube.com", "youtube-nocookie.com"):
        number = parse_qs(parts.query).get("v", [""])[0]
        if len(path) == 2 and path[0] in ("embed", "shorts", "live", "v"):
            number = path[1]
        return f"https://www.youtube.com/watch?v={number}" if _is_name(number) else ""
    if host == "youtu.be" and len(path) == 1 and _is_name(path[0]):
        return f"https://www.youtube.com/watch?v={path[0]}"
    if host in ("vimeo.com", "player.vimeo.com"):
        numbers = [part for part in path if part.isdecimal()]
        return f"https://vimeo.com/{numbers[0]}" if numbers else ""
    return ""


def _is_name(text: str) -> bool:
    return bool(text) and all(c.isalnum() or c in "-_" for c in text) and text != "videoseries"
