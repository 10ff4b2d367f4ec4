"""What follows when a story is published, by hand or by the clock."""

from typing import Any

from django.dispatch import receiver
from wagtail.signals import page_published

from almoner.stories.cutting import cut_pictures
from almoner.stories.models import StoryPage
from almoner.stories.related import keep_words
from almoner.stories.shelving import shelve


@receiver(page_published, sender=StoryPage)
def shelve_published(instance: StoryPage, **kwargs: Any) -> None:
    """Move a newly published story under its year."""
    shelve(instance)


@receiver(page_published, sender=StoryPage)
def compare_published(instance: StoryPage, **kwargs: Any) -> None:
    """Let a newly published story be found as related to others."""
    keep_words(instance)


@receiver(page_published, sender=StoryPage)
def cut_published(instance: StoryPage, **kwargs: Any) -> None:
    """Have its pictures cut."""
    cut_pictures.enqueue(instance.pk)
