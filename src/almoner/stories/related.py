"""Which stories are like a story, by the words they share.

Stories are vectors of their words' TF-IDF weights and compared by cosine (Manning, Raghavan and
Schütze, “Introduction to Information Retrieval”, 6.3): words that every story has weigh nothing,
so no list of stop words is needed, in any language.

Guarantee: the answer depends on the database alone; equal stories are ordered the latest first.
`keep_words` is called when a story is published, and its one save is what makes kept pages be
rendered anew. Limit: only the newest `MOST_STORIES` are compared; a comparison of that many is
made once after a change in each process, and takes a fifth of a second.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from django.db.models import Count, Sum

from almoner.stories.models import StoryPage, StoryWords

MOST_STORIES = 2_000
MOST_WORDS = 200  # a story of 5,000 words has some 1,500 different ones, most of them once
STRONGEST = 40  # words of a story that are compared
ENOUGH = 0.05  # of 1; below it two stories share a turn of phrase, not a subject
_WORD = re.compile(r"[^\W\d_]{3,}")

Weights = dict[str, float]


@dataclass(frozen=True, slots=True)
class Likeness:
    """The stories' weights, and for each word the stories that have it."""

    weights: Mapping[int, Weights]
    having: Mapping[str, Sequence[int]]

    def like(self, story: int) -> list[int]:
        """The stories that are like `story`, the likest first; equal ones, the latest first."""
        scores: defaultdict[int, float] = defaultdict(float)
        for word, weight in self.weights.get(story, {}).items():
            for other in self.having[word]:
                scores[other] += weight * self.weights[other][word]
        scores.pop(story, None)
        near = [(round(score, 6), other) for other, score in scores.items() if score >= ENOUGH]
        return [other for _, other in sorted(near, reverse=True)]


def compare(words: Mapping[int, Mapping[str, int]]) -> Likeness:
    """Weigh the words of stories, given how often each occurs in each."""
    stories_with = Counter(word for counts in words.values() for word in counts)
    weights: dict[int, Weights] = {}
    having: defaultdict[str, list[int]] = defaultdict(list)
    for story in sorted(words):
        weighed = {
            word: (1 + math.log(count)) * math.log(len(words) / stories_with[word])
            for word, count in words[story].items()
        }
        strongest = sorted(weighed.items(), key=lambda each: (-each[1], each[0]))[:STRONGEST]
        length = math.sqrt(sum(weight * weight for _, weight in strongest)) or 1.0
        weights[story] = {word: weight / length for word, weight in strongest}
        for word in weights[story]:
            having[word].append(story)
    return Likeness(weights, having)


def keep_words(story: StoryPage) -> None:
    """Write down how often a published story has which word."""
    text = " ".join([story.title, story.standfirst, *story.body.stream_block.words(story.body)])
    counts = Counter(word.casefold() for word in _WORD.findall(text)).most_common(MOST_WORDS)
    digest = _digest(story.pk, counts)
    kept = StoryWords.objects.filter(story_id=story.pk).first()
    if kept is None or kept.digest != digest:
        StoryWords(story_id=story.pk, words=dict(counts), digest=digest).save()


def _digest(story: int, counts: list[tuple[str, int]]) -> int:
    """Forty bits of a hash: as many as can be added up for a million stories in SQLite."""
    return int.from_bytes(blake2b(repr((story, counts)).encode(), digest_size=5).digest())


def like(story: StoryPage, wanted: int) -> list[StoryPage]:
    """Up to `wanted` published stories in its language that are like a story."""
    found: list[Any] = _likeness(*_edition()).like(story.pk)
    stories: Any = StoryPage.objects  # made by `from_queryset`, which no type checker sees
    shown = stories.listed().filter(locale=story.locale).in_bulk(found[: wanted * 4])
    return [shown[pk] for pk in found if pk in shown][:wanted]


def _edition() -> tuple[int, int]:
    """What stands for the words of all stories: equal numbers, equal words."""
    seen = StoryWords.objects.aggregate(stories=Count("pk"), digests=Sum("digest"))
    return seen["stories"], seen["digests"] or 0


@lru_cache(maxsize=1)
def _likeness(stories: int, digests: int) -> Likeness:
    newest = StoryWords.objects.order_by("-story_id").values_list("story_id", "words")
    return compare(dict(newest[:MOST_STORIES]))
