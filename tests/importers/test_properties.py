"""Whatever banner and story are printed, in whatever shape, the same comes back."""

import html
import textwrap
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from almoner.stories.importers.page import ImportRefused, read_page

LABELS = {
    "Meals Donated": "meal",
    "Blankets Donated": "blanket",
    "Toys Donated": "toy",
    "Rescue Miles Donated": "mile",
    "Lives Saved": "life",
    "Puppies Rescued": "puppy",
    "Boxes of Food Delivered": "box",
    "Funded For D.V. Survivors": "USD",
    "Funded For Service Dogs": "USD",
}
SENTENCES = [
    "The shelter door stuck in the wet, and Ines leaned on it with her whole shoulder.",
    "She gave 200 meals to the shelter on 12 March, and paid $12.50 for the bus home.",
    "“You came back,” said Tomas, who had not looked up from the ledger since four.",
    "“No.”",
    "“No?”",
    "— And the dog? — asked the boy.",
    "Nobody answered.",
    "It was not a well-known dog, nor a half-hearted one & it knew 5 < 7 perfectly well.",
    "By morning the grey dog had eaten two bowls and slept across both of her boots.",
    "“Twelve,” he said. “Twelve bowls, and not one of them was asked for.”",
    "Share what you have, her mother used to say; the rest will come up the hill by itself.",
]
HEADLINES = ["The Grey Dog at the Door", "What Ines Kept", "A Bowl for Two", "Rain"]
CALM = settings(max_examples=120, deadline=None)


def figures() -> st.SearchStrategy[int]:
    return st.integers(1, 99_999_999)


banners = st.lists(st.sampled_from(sorted(LABELS)), unique=True, min_size=1, max_size=6).flatmap(
    lambda labels: st.tuples(st.just(labels), st.tuples(*(figures() for _ in labels)))
)
stories = st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=12).map(
    lambda body: [SENTENCES[0], *body, SENTENCES[8]]
)
headlines = st.sampled_from(HEADLINES)


def counters(banner: Any) -> list[tuple[str, str]]:
    labels, values = banner
    return [
        (f"${value:,}" if LABELS[label] == "USD" else f"{value:,}", label)
        for label, value in zip(labels, values, strict=True)
    ]


def expected(banner: Any) -> list[tuple[str, str, str]]:
    labels, values = banner
    return [(label, LABELS[label], str(v)) for label, v in zip(labels, values, strict=True)]


def check(data: str, banner: Any, headline: str, body: list[str]) -> None:
    page = read_page(data.encode(), "generated")
    assert [(c.label, c.unit, c.value) for c in page.causes] == expected(banner)
    assert page.story.headline == headline
    assert page.story.paragraphs == body


HTML_BANNERS = {
    "list": lambda n, t: f"<li>{n} {t}</li>",
    "bold": lambda n, t: f"<li><strong>{n}</strong> {t}</li>",
    "boxes": lambda n, t: f"<div><div>{n}</div><div>{t}</div></div>",
    "boxes, label first": lambda n, t: f"<div><p>{t}</p><p>{n}</p></div>",
    "tight spans": lambda n, t: f"<div><span>{n}</span><span>{t}</span></div>",
    "broken lines": lambda n, t: f"<div>{n}<br>{t}</div>",
    "deep": lambda n, t: f"<div><a href=/c><i><b>{n}</b></i><div><em>{t}</em></div></a></div>",
    "flat": lambda n, t: f"<p>{n}</p><p>{t}</p>",
    "terms": lambda n, t: f"<dt>{t}</dt><dd>{n}</dd>",
}
HTML_PAGES = {
    "semantic": (
        "<header><nav><a href=/>Home</a></nav><div>{banner}</div></header><main><article>"
        "<h1>{head}</h1><div class=share>Share this: <a href=#>Facebook</a></div>{body}"
        "</article></main><footer><div>{banner}</div><p>© 2026 Lantern. All rights reserved.</p>"
    ),
    "flat": "<div>{banner}</div><h1>{head}</h1><p>Share this:</p>{body}<h3>Leave a Reply</h3>Oh!",
    "divs": (
        "<div class=a><div>{banner}</div><div class=b><h1>{head}</h1></div><div class=c>"
        "{body}</div>"
        "<div class='related'><h3>Related</h3><p>The cat who waited for the train, every day.</p>"
    ),
    "table": "<table><tr><td>{banner}<tr><td><h1>{head}</h1>{body}</table>",
}


@CALM
@given(
    banners,
    headlines,
    stories,
    st.sampled_from(sorted(HTML_BANNERS)),
    st.sampled_from(sorted(HTML_PAGES)),
    st.sampled_from(["p", "div"]),
)
def test_html_of_any_shape(
    banner: Any, headline: str, body: list[str], shape: str, page: str, tag: str
) -> None:
    cells = "".join(HTML_BANNERS[shape](n, html.escape(t)) for n, t in counters(banner))
    story = "".join(f"<{tag}>{html.escape(p)}</{tag}>\n" for p in body)
    title = f"<!doctype html><html lang=en><title>{headline} | Lantern</title><body>"
    data = title + HTML_PAGES[page].format(banner=cells, head=headline, body=story)
    check(data, banner, headline, body)


@CALM
@given(
    banners,
    headlines,
    stories,
    st.sampled_from(["\n", "\n\n", " · ", " | ", "  ", " • "]),
    st.sampled_from(["Share this:\nFacebook\nX\n\n", "Share this: X\n\n", "", "By Ann Lee\n\n"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_text_with_blank_lines(
    banner: Any, headline: str, body: list[str], joint: str, share: str, end: str
) -> None:
    top = joint.join(f"{n} {t}" for n, t in counters(banner))
    data = f"{top}\n\n{headline}\n\n{share}" + "\n\n".join(body) + "\n"
    check(data.replace("\n", end), banner, headline, body)


@CALM
@given(banners, headlines, stories, st.booleans())
def test_text_with_a_line_for_each_paragraph(
    banner: Any, headline: str, body: list[str], apart: bool
) -> None:
    top = "\n".join(f"{n}\n{t}" if apart else f"{n} {t}" for n, t in counters(banner))
    check(f"{top}\n{headline}\nShare this:\n" + "\n".join(body), banner, headline, body)


@CALM
@given(banners, headlines, stories, st.integers(45, 80))
def test_wrapped_text(banner: Any, headline: str, body: list[str], width: int) -> None:
    top = "\n".join(f"{n} {t}" for n, t in counters(banner))
    story = "\n\n".join(textwrap.fill(p, width) for p in body)
    check(f"{top}\n\n{headline}\n\nShare this:\n\n{story}\n", banner, headline, body)


@CALM
@given(st.binary(max_size=400) | st.text(max_size=400).map(lambda t: f"<p>{t}".encode()))
def test_anything_is_read_or_refused_clearly(data: bytes) -> None:
    try:
        page = read_page(data)
    except ImportRefused as refused:
        code, causes = refused.code, []
    else:
        code, causes = "", page.causes
    assert code in ("", "empty", "binary", "too_large", "no_page")
    assert all(cause.value.replace(".", "").isdigit() for cause in causes)
