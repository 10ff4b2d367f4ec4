"""The lines that stand around stories on the web, one pattern a line, read as a whole.

A pattern that could be a sentence of a story does not belong here: "Next morning she came
back", "No reply came" and "We baked cookies" must match none of them. Reach says how far a
line speaks: for itself, for the box it opens, or for the rest of the page.
"""

from typing import Literal

Reach = Literal["line", "networks", "box", "rest"]

PHRASES: list[tuple[str, Reach, str]] = [
    ("advertisement", "line", r"""
\(?advertisements?\)?[.:]?
-+ ?advertisements? ?-+
sponsored(?: content)?
ad
(?:story|article) continues below(?: (?:this )?(?:advertisement|ad))?[.:]?
continue reading below
scroll to continue
paid (?:content|partnership)
[^“”"]{0,200}\bshop now\s*[.!»›→>]*
anzeige
publicité
publicidad
"""),
    ("share", "line", r"""
(?:if you )?(?:loved?|liked?|enjoyed?) this (?:story|article|post)\b[^“”"]{0,40}\bshare\b[^“”]{0,60}
(?:please )?share this (?:story|article|post|page) (?:with|on|to|if)\b[^“”"]{0,60}
"""),
    ("related", "line", r"""
(?:read (?:more|also|next|this next)|see also|also read|more like this)\s*[:»›→–—-]\s*\S.{0,140}
related(?: story| article| post| reading)?\s*[:»›→]\s*\S.{0,140}
(?:you (?:might|may) also like|don[’']t miss|recommended|watch next)\s*[:»›→]\s*\S.{0,140}
(?:up next|more stories|next story|previous story)\s*[:»›→]\s*\S.{0,140}
"""),
    ("related", "box", r"""
related(?: (?:posts?|stories|articles|reading|content|news))?\s*:?
you (?:may|might) (?:also )?(?:like|enjoy)(?: these)?(?: (?:stories|posts|articles))?\s*:?
more (?:stories|articles|posts|like this)(?: (?:from|about|on|for) [^.!?]{1,40})?\s*:?
(?:what to )?read next\s*:?
recommended(?: (?:for you|stories|reading|posts))?\s*:?
trending(?: now| stories)?\s*:?
(?:popular|latest|recent) (?:posts|stories|news|articles)\s*:?
most (?:read|popular)\s*:?
keep reading\s*:?
up next\s*:?
other stories(?: you [^.!?]{1,30})?\s*:?
(?:from )?around the web\s*:?
you may have missed\s*:?
"""),
    ("comments", "rest", r"""
(?:\d[\d,.]*|no|one|two|three) (?:comments?|replies|reply|responses?|thoughts?)\s*:?
(?:\d[\d,.]*|one|two|three) (?:comments?|replies|responses?|thoughts?) (?:on|to) [“"‘'].{1,120}
(?:leave|post|add|write) (?:a|your) (?:comment|reply|response)(?: below| to .{1,60})?[.:]?
leave a reply cancel reply
comments?(?: ?\(\d+\))?\s*:?
join the (?:conversation|discussion)[.:!]?
(?:reader|readers[’']) comments\s*:?
discussion\s*:?
responses(?: ?\(\d+\))?\s*:?
comments are closed\.?
(?:kommentare|commentaires|comentarios|commenti|reacties|kommentarer)\s*:?
"""),
    ("newsletter", "box", r"""
(?:subscribe|sign up|join)\b[^.“”"]{0,60}\b(?:newsletters?|inbox|(?:mailing|e-?mail) list|e-?mails?)\b[^“”"]{0,60}
sign up for (?:our )?(?:free )?(?:updates|stories|e-?mails?)[.!]?
(?:(?:our|the|free|weekly|daily|monthly|e-?mail)\s+){0,3}newsletter(?: sign-?up)?
get [^.“”"]{1,60} in your inbox[^“”"]{0,40}
(?:enter )?your e-?mail(?: address)?(?: here)?(?:\.{3}|…|\s?\*)?
e-?mail(?: address)?\s?\*?
subscribe(?: now)?[!]?
sign ?up(?: now)?[!]?
sign me up[!]?
no spam[^“”"]{0,60}
(?:you can )?unsubscribe (?:at )?any ?time.{0,40}
we (?:respect|value) your privacy.{0,60}
join our (?:mailing list|newsletter|community|e-?mail list).{0,30}
"""),  # noqa: E501 - a pattern is a line
    ("cookies", "line", r"""
(?:we|this (?:web ?)?site|our (?:web ?)?site|the site)\s+(?:and our partners\s+)?uses?\s+cookies\b.{0,200}\b(?:experience|(?:web ?)?sites?|analytics|traffic|ads?|advertising|personali[sz]\w+|browser|browsing|privacy|preferences|policy|consent|services?|essential)\b.{0,200}
(?:we|this (?:web ?)?site) uses? cookies[.!]?
(?:by (?:continuing|using)|to give you|for the best).{0,120}\b(?:site|browsing|experience)\b.{0,120}\bcookies\b.{0,200}
(?:accept|reject|decline|allow|manage|refuse)(?: (?:all|necessary|essential|optional))?(?: cookies?| preferences| settings)?
cookie (?:settings|policy|preferences|notice)
got it
i agree
your privacy(?: choices| matters)?
"""),  # noqa: E501 - a pattern is a line
    ("footer", "rest", r"""
(?:©|\(c\)|copyright\s*(?:©|\(c\)|\d{4})).{0,160}
.{0,80}\ball rights reserved\b.{0,60}
"""),
    ("footer", "line", r"""
(?:(?:privacy(?: policy| notice)?|terms(?: (?:of (?:use|service)|& conditions|and conditions))?|imprint|contact(?: us)?|about(?: us)?|sitemap|accessibility|careers|press|faqs?|help)(?:\s*[|·•/-]\s*|\s+|$)){2,}
privacy policy
terms of (?:use|service)
powered by \w+
"""),  # noqa: E501 - a pattern is a line
    ("tags", "line", r"""
(?:filed under|posted in|tagged(?: (?:with|as|in))?)\s*:?\s+[^.!?]{1,160}
(?:tags?|categor(?:y|ies)|topics?)\s*:\s*[^.!?]{0,160}
filed under
"""),
    ("author", "box", r"""
about the (?:author|writer)\s*:?
written by\s*:?
"""),
    ("navigation", "line", r"""
(?:previous|next|older|newer)(?: (?:post|story|article|entry|page))s?(?:\s*[:»«›‹→←]\s*.{0,100})?
(?:previous|next|older|newer)(?:\s*[:»«›‹→←]\s*[^.!?]{0,100})?
[«‹←]\s*[^«»‹›.!?,;:…]{1,120}
[^«»‹›.!?,;:…“”"]{1,120}\s[»›→]
back to (?:top|stories|home)
skip to (?:main )?content
(?:toggle )?(?:menu|navigation|search)
log ?in
sign in
my account
view cart
cart(?: ?\(\d+\))?
close menu
open menu
"""),
    ("link", "line", r"""
(?:[\[(]?\d{1,4}[.\])]?\s*|[*•-]\s+)?<?(?:https?://|www\.)\S+>?
"""),
    ("caption", "line", r"""
(?:photo|image|picture|photograph|foto)s?(?: credits?| courtesy(?: of)?| by)?\s*[:/]\s*.{1,120}
(?:photo|image|picture)s? (?:courtesy of|by) [^.!?]{1,80}
"""),
]  # fmt: skip
