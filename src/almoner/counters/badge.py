"""A cause's figure as a small picture, for where no script may run: a README, a profile.

Guarantee: it needs no font of ours and fits whatever font the viewer has: each text is set to
the length it is given (SVG 2, 11.5.1). That length is reckoned with the widths of Helvetica
(Adobe's AFM file), which Arial and Liberation Sans share. Limit: other scripts are reckoned
by East Asian width alone, and may look a little wide or narrow.
"""

import unicodedata
from html import escape

FONT = "Helvetica,Arial,'Liberation Sans',sans-serif"
HEIGHT, SIZE, BASELINE, PAD = 24, 12, 16, 8  # pixels

# Thousandths of the size, by the characters that have them.
_WIDTHS = {
    191: "'",
    222: "ijl",
    260: "|",
    278: " !,./:;I[\\]ft",
    333: "()-`r",
    334: "{}",
    355: '"',
    389: "*",
    469: "^",
    500: "Jcksvxyz",
    556: "#$0123456789?L_abdeghnopqu",
    584: "+<=>~−",
    611: "FTZ",
    667: "&ABEKPSVXY",
    722: "CDHNRUw",
    778: "GOQ",
    833: "Mm",
    889: "%",
    944: "W",
    1015: "@",
}
_WIDTH = {character: width for width, all_of in _WIDTHS.items() for character in all_of}
_OTHER, _WIDE = 600, 1000

_STYLE = (
    ".l{fill:#f3eee3}.f{fill:#1c2745}.a{fill:#1c2438}.b{fill:#fbf1dd}"
    "@media(prefers-color-scheme:dark)"
    "{.l{fill:#293660}.f{fill:#f3b64c}.a{fill:#fbf1dd}.b{fill:#1c2438}}"
)


def draw(label: str, figure: str) -> str:
    """The badge as SVG: the label, and beside it the figure, in reading order."""
    wide, narrow = length(label) + 2 * PAD, length(figure) + 2 * PAD
    whole = wide + narrow
    at_label, at_figure = (narrow, 0) if _is_right_to_left(label) else (0, wide)
    name = escape(f"{label}: {figure}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="{HEIGHT}" '
        f'viewBox="0 0 {whole} {HEIGHT}" role="img" aria-label="{name}">'
        f"<title>{name}</title><style>{_STYLE}</style>"
        f'<clipPath id="r"><rect width="{whole}" height="{HEIGHT}" rx="5"/></clipPath>'
        f'<g clip-path="url(#r)" font-family="{FONT}" font-size="{SIZE}">'
        + _part("l", "a", at_label, wide, label, 400)
        + _part("f", "b", at_figure, narrow, figure, 700)
        + "</g></svg>"
    )


def length(text: str) -> int:
    """How many pixels a text takes."""
    return round(sum(map(_width, unicodedata.normalize("NFD", text))) * SIZE / 1000)


def _part(ground: str, ink: str, x: int, width: int, text: str, weight: int) -> str:
    return (
        f'<rect class="{ground}" x="{x}" width="{width}" height="{HEIGHT}"/>'
        f'<text class="{ink}" x="{x + width / 2:g}" y="{BASELINE}" text-anchor="middle" '
        f'textLength="{width - 2 * PAD}" lengthAdjust="spacingAndGlyphs" '
        f'font-weight="{weight}">{escape(text)}</text>'
    )


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    if unicodedata.east_asian_width(character) in "WF":
        return _WIDE
    return _WIDTH.get(character, _OTHER)


def _is_right_to_left(text: str) -> bool:
    strong = (unicodedata.bidirectional(character) for character in text)
    return next((each for each in strong if each in ("L", "R", "AL")), "L") != "L"
