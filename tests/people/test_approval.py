"""Writers submit and editors approve; an editor is never asked to ask."""

import re

import pytest
from django.core import mail
from django.urls import reverse
from wagtail.models import Workflow, WorkflowPage

from almoner.people.roles import EDITORS, WRITERS
from almoner.stories.models import StoryPage
from almoner.stories.site import lay_out

FORM = {
    "title": "The ferry",
    "slug": "the-ferry",
    "standfirst": "What it is about.",
    "body-count": "0",
    "footnotes-count": "0",
    "related-count": "0",
    "story_authors-TOTAL_FORMS": "0",
    "story_authors-INITIAL_FORMS": "0",
    "comments-TOTAL_FORMS": "0",
    "comments-INITIAL_FORMS": "0",
}


@pytest.fixture
def submitted(index, logged_in):
    """A story that a writer has submitted; the writer; an editor."""
    writer, editor = logged_in(WRITERS), logged_in(EDITORS)
    add = f"/admin/pages/add/stories/storypage/{index.pk}/"
    answer = writer.post(add, {**FORM, "action-submit": "1"})
    assert answer.status_code == 302, answer.context["form"].errors
    return StoryPage.objects.get(), writer, editor


def draft(index, owner=None):
    story = StoryPage(title="The bell", slug="the-bell", standfirst="It rang.", live=False)
    story.owner_id = owner
    return index.add_child(instance=story)


def action(story, name):
    task = story.current_workflow_task_state
    return reverse("wagtailadmin_pages:workflow_action", args=(story.pk, name, task.pk))


def actions(client, story):
    html = client.get(f"/admin/pages/{story.pk}/edit/").content.decode()
    return set(re.findall(r'name="(action-[\w-]+)"', html))


def test_a_writer_submits_and_an_editor_publishes(submitted):
    story, _writer, editor = submitted
    assert not story.live
    editor.post(action(story, "approve"), {"comment": "Good."})

    assert StoryPage.objects.get().live


def test_a_writer_cannot_publish_even_by_asking_for_it(index, logged_in):
    writer = logged_in(WRITERS)
    add = f"/admin/pages/add/stories/storypage/{index.pk}/"

    writer.post(add, {**FORM, "action-publish": "1"})

    assert not StoryPage.objects.filter(live=True).exists()


def test_an_editor_sends_it_back_with_a_word(submitted):
    story, writer, editor = submitted
    editor.post(action(story, "reject"), {"comment": "Who rang?"})

    assert not StoryPage.objects.get().live
    assert "action-submit" in actions(writer, story)
    history = writer.get(f"/admin/pages/{story.pk}/workflow_history/")
    assert history.status_code == 200


def test_the_writer_is_not_offered_to_publish_nor_the_editor_to_submit(index, logged_in):
    writer, editor = logged_in(WRITERS), logged_in(EDITORS)
    story = draft(index, writer.session["_auth_user_id"])

    assert actions(writer, story) & {"action-publish", "action-submit"} == {"action-submit"}
    assert actions(editor, story) & {"action-publish", "action-submit"} == {"action-publish"}


def test_a_story_with_an_error_is_not_submitted_but_kept_as_a_draft(index, logged_in):
    writer = logged_in(WRITERS)
    add = f"/admin/pages/add/stories/storypage/{index.pk}/"

    refused = writer.post(add, {**FORM, "standfirst": "", "action-submit": "1"})
    kept = writer.post(add, {**FORM, "standfirst": ""})

    assert refused.context["form"].errors["standfirst"]
    assert kept.status_code == 302
    assert StoryPage.objects.get().current_workflow_state is None


def test_a_writer_changes_no_story_of_another(index, logged_in):
    answer = logged_in(WRITERS).get(f"/admin/pages/{draft(index).pk}/edit/")

    assert answer.status_code == 302


def test_what_an_administrator_made_of_the_approval_is_left_alone(index):
    workflow = Workflow.objects.get(name="the editors")
    workflow.deactivate()

    lay_out()

    assert not Workflow.objects.get(pk=workflow.pk).active
    assert not WorkflowPage.objects.filter(workflow=workflow).exists()


def test_nobody_is_written_to_who_has_no_address(submitted):
    assert mail.outbox == []


def test_two_drafts_may_have_one_headline(index, logged_in):
    editor = logged_in(EDITORS)
    add = f"/admin/pages/add/stories/storypage/{index.pk}/"
    for _ in range(2):
        answer = editor.post(add, FORM)
        assert answer.status_code == 302, answer.context["form"].errors

    first, second = StoryPage.objects.order_by("pk")
    assert (first.slug, second.slug) == ("the-ferry", "the-ferry-2")

    edit = f"/admin/pages/{second.pk}/edit/"
    editor.post(edit, FORM)  # as the form that was opened before still has it
    assert second.get_latest_revision_as_object().slug == "the-ferry-2"

    typed = editor.post(edit, {**FORM, "title": "The other ferry"})
    assert "slug" in typed.context["form"].errors
