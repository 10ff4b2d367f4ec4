"""Says whether a label names something given, and in which unit it is counted.

Promise: `Meals Donated` counts `meal`, `Rescue Miles Donated` is a distance in `mile`,
`Lives Saved` counts `life`: the head noun, singular and in lower case. Labels of a page's
own machinery (`Comments`, `min read`, `Followers`, dates, addresses) name nothing given.
English plurals are made singular; a noun of another language stays as it was printed.
"""

import re
from typing import Literal

MAX_LABEL_WORDS = 10  # the longest label met in the wild has seven; a sentence has more
MAX_LABEL_CHARS = 80

_GIVEN = """
donated given funded raised provided served saved rescued delivered planted fed distributed
sponsored shipped built collected contributed vaccinated adopted sheltered rehomed protected
restored cleaned removed helped supported spayed neutered pledged granted gifted supplied packed
sent cared treated trained reunited transported flown driven walked housed fostered paid covered
awarded matched earned generated donations donation giving gathered recycled offset cleared
received shared-out handed cooked baked knitted sewn bought purchased matched volunteered educated
gespendet gesammelt finanziert geliefert gepflanzt gerettet gespendete ausgegeben verteilt
eingesammelt erhalten donnés données offerts offertes collectés collectées récoltés récoltées
financés distribués servis sauvés versés reversés plantés plantées donados donadas recaudados
recaudadas financiados entregados entregadas servidas plantados rescatados salvadas donati donate
raccolti offerti offerte salvati piantati doados doadas arrecadados servidas plantadas resgatados
gedoneerd opgehaald ingezameld gered geplant skänkta insamlade insamlat samlet indsamlet doneret
donert przekazanych zebranych
""".split()
_GIFTS = """
meal blanket toy mile tree vaccine dose kit bed bowl coat diaper book bottle backpack pound
shelter mask sock shoe life grant scholarship nappy jacket ration
""".split()
_NOT_GIVEN = re.compile(
    r"^(?:(?:new |total )?(?:comments?|replies|reply|responses?|shares?|likes?|loves?|views?|"
    r"reads?|"
    r"followers?|fans?|subscribers?|members? online|reviews?|ratings?|stars?|votes?|results?|"
    r"items?|"
    r"posts?|photos?|tweets?|pins?|reactions?|claps?|notifications?|messages?|products?|articles?)\b"
    r"|(?:min(?:ute)?s?|seconds?|secs?|hours?|hrs?|days?|weeks?|months?|years?)\b(?!.*\b(?:of|"
    r"volunteered|donated|given)\b)"
    r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)(?:[a-z]{0,6}\.?)(?:[\s,]|$)"
    r"|(?:am|pm|a\.m\.|p\.m\.|st|nd|rd|th|px|gb|mb|kb)\b"
    r"|(?:reasons?|ways?|things?|tips?|facts?|signs?|times?|steps?|rules?|ideas?|questions?)\b"
    r"|(?:of|out of|/)\s*\S*\d|off\b|each\b|per\b|for \d)"
    r"|\b(?:street|avenue|road|suite|blvd|boulevard|p\.?o\.? box)\b|@|https?:|www\.|©"
    r"|\b(?:goal|target|to go|remaining|needed|in stock)\b"
    r"|\b(?:add to cart|buy now|shop now|checkout|in your cart)\b",
    re.IGNORECASE,
)
_ABBREVIATION = re.compile(r"(?:\b[A-Za-z]\.)+$|\b(?:Inc|Co|Ltd|St|Jr|Sr|etc|Assn|Dept)\.$")
_BINDING = {
    "of", "for", "to", "from", "in", "by", "with", "at", "on", "through", "via", "across",
    "toward", "towards", "für", "pour", "para", "de", "des", "per", "voor", "till", "an",
    "und", "and", "&", "since", "so", "this", "today", "worldwide",
}  # fmt: skip
_JOINING = {"for", "to", "of", "by", "with", "in", "from", "für", "pour", "para", "the"}
_LEADING = {"total", "the", "our", "your", "free", "more", "new", "of", "lbs.", "all"}
_DISTANCE = {
    "mile", "kilometer", "kilometre", "km", "meter", "metre", "foot", "yard", "mi", "league",
    "inch",
}  # fmt: skip
MONEY_WORDS = {"dollar": "USD", "euro": "EUR", "yen": "JPY"}  # a pound is also a weight
_IRREGULAR = {
    "lives": "life", "wolves": "wolf", "calves": "calf", "loaves": "loaf", "leaves": "leaf",
    "shelves": "shelf", "scarves": "scarf", "knives": "knife", "wives": "wife", "elves": "elf",
    "halves": "half", "hooves": "hoof", "thieves": "thief", "selves": "self",
    "people": "person", "persons": "person", "children": "child", "men": "man",
    "women": "woman", "mice": "mouse", "geese": "goose", "feet": "foot", "teeth": "tooth",
    "oxen": "ox", "lbs": "pound", "lb": "pound", "kgs": "kg", "kms": "km", "pcs": "piece",
    "cookies": "cookie", "movies": "movie", "pies": "pie", "ties": "tie", "smoothies": "smoothie",
    "hoodies": "hoodie", "beanies": "beanie", "veggies": "veggie", "onesies": "onesie",
    "collies": "collie", "doggies": "doggie", "calories": "calorie", "birdies": "birdie",
    "goodies": "goodie", "prairies": "prairie", "selfies": "selfie", "brownies": "brownie",
    "bookies": "bookie", "species": "species", "series": "series", "potatoes": "potato",
    "tomatoes": "tomato", "heroes": "hero", "echoes": "echo", "mangoes": "mango",
    "headaches": "headache", "caches": "cache", "axes": "axe", "buses": "bus", "gases": "gas",
    "lenses": "lens", "quizzes": "quiz", "bus": "bus", "gas": "gas", "lens": "lens",
    "news": "news", "chess": "chess", "pants": "pants", "scissors": "scissors", "uses": "use",
    "fuses": "fuse", "clothes": "clothes", "christmas": "christmas",
}  # fmt: skip


def tidy(text: str) -> str:
    """The label as printed, without the colon, dash or star that tied it to its figure."""
    return re.sub(r"^[\s:–—\-*•·|,]+|[\s:*†|·•,–—\-=]+$", "", text)


def could_label(text: str) -> bool:
    """Whether `text` has the form of a counter's label: a few words, not a sentence."""
    words = text.split()
    return bool(
        words
        and len(words) <= MAX_LABEL_WORDS
        and len(text) <= MAX_LABEL_CHARS
        and any(c.isalpha() for c in text)
        and (text[0].isalpha() or text[0] in "(#&")
        and not re.search(r"[?;“”\"«»…]|\d{3}|\.\s+[a-z]|:\s", text)
        and not (text.endswith(".") and not _ABBREVIATION.search(text))
        and not _NOT_GIVEN.search(text)
    )


def names_a_gift(text: str) -> bool:
    """Whether the label says that something was given, or names what is usually given."""
    words = [w.strip("!.,").lower() for w in text.split()]
    return any(w in _GIVEN for w in words) or (
        len(words) <= 4 and any(singular(w) in _GIFTS for w in words)
    )


def continues(first: str, second: str) -> bool:
    """Whether `second`, on a line of its own, goes on with the label `first`."""
    if first.split()[-1].lower() in _JOINING:
        return True
    head = second.split()[0].lower()
    return not _says_given(first) and (head in _GIVEN or head in _JOINING)


def _says_given(text: str) -> bool:
    return any(w.lower() in _GIVEN for w in text.split())


def unit_of(label: str, language: str = "") -> str:
    """The unit a label counts, singular and in lower case: `Puppies Fed` counts `puppy`."""
    words = [w.strip("!.,:()“”\"'’*").lower() for w in label.split()]
    words = [w for w in words if w]
    while len(words) > 1 and (words[0] in _LEADING or words[0] in _GIVEN):
        words.pop(0)
    noun: list[str] = []
    for word in words:
        if word in _GIVEN or word in _BINDING:
            if noun:
                break
            continue
        noun.append(word)
    if not noun:
        return words[-1] if words else "unit"
    head = noun[-1]
    english = not language or language.lower().startswith("en")
    return singular(head) if english else head


def kind_of(unit: str) -> Literal["count", "distance"]:
    """Whether a unit measures a way or counts things."""
    return "distance" if unit in _DISTANCE else "count"


def singular(word: str) -> str:
    """The singular of an English plural in lower case; other words as they are."""
    word = word.replace("’s", "").replace("'s", "")
    stem, _, last = word.rpartition("-")
    if stem:
        return f"{stem}-{singular(last)}"
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith(("women", "children", "people")) or re.search(r"(?<!hu)men$", word):
        return re.sub(r"men$", "man", word).replace("children", "child").replace("people", "person")
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if re.search(r"(?:ss|x|ch|sh|zz)es$", word) or re.search(r"(?<![oa])uses$", word):
        return word[:-2]
    if word.endswith("s") and not re.search(r"(?:ss|us|is)$", word) and len(word) > 2:
        return word[:-1]
    return word
