"""What is no page is refused with a code and a sentence; what is large is read quickly."""

import time

import pytest

from almoner.stories.importers.decoding import MAX_BYTES
from almoner.stories.importers.page import ImportRefused, read_page


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b" \r\n\t", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"%PDF-1.7 anything", "binary"),
        (b"\x89PNG\r\n\x1a\n\0\0", "binary"),
        (bytes(range(256)) * 20, "binary"),
        (b"a" * (MAX_BYTES + 1), "too_large"),
        (b"<p>2 Meals Donated" + b"<div>" * 5000 + b"lost?", "too_deep"),
        (b"<i></i>" * 500_001, "too_many_elements"),
        (b"1 Meals Donated\n" * 100_001, "too_many_lines"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_page_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(ImportRefused) as refused:
        read_page(data, "page.html")
    assert refused.value.code == code
    assert "page" in refused.value.message


def test_a_page_of_five_megabytes_is_read_whole_and_soon() -> None:
    paragraph = "The door stuck in the wet, and Ines leaned on it with her whole shoulder, {}."
    body = [paragraph.format(i) for i in range(60_000)]
    story = "".join(f"<p>{text}</p>\n" for text in body)
    data = f"<title>Rain</title><p>23,761 Meals Donated</p><h1>Rain</h1>{story}".encode()
    assert len(data) > 5_000_000

    began = time.process_time()
    page = read_page(data)

    assert page.story.paragraphs == body
    assert [cause.value for cause in page.causes] == ["23761"]
    # About 3 s of one core here; a step that grows with the square would take minutes.
    assert time.process_time() - began < 15
