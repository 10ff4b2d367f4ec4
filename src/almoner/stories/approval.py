"""Approval: who may write but not publish sends a story to the editors, who publish it or answer.

Guarantee: `establish_approval` leaves one workflow for all pages the first time it runs, and
afterwards leaves alone whatever an administrator has made of it, also switching it off. An editor,
who may publish, is never asked for it: `spare_editors` takes it out of their menu.
"""

from typing import Any

from django.contrib.auth.models import Group
from wagtail.admin.action_menu import PublishMenuItem, SubmitForModerationMenuItem
from wagtail.models import GroupApprovalTask, Workflow, WorkflowPage, WorkflowTask

from almoner.people.roles import EDITORS
from almoner.stories.base import BasePage

NAME = "the editors"  # Wagtail says “Submit to the editors”
TASK = "An editor’s approval"


def establish_approval() -> None:
    """Have every page approved by the editors, unless this was ever done before."""
    if Workflow.objects.filter(name=NAME).exists():
        return
    editors, _ = Group.objects.get_or_create(name=EDITORS)
    task = GroupApprovalTask.objects.create(name=TASK)
    task.groups.add(editors)
    workflow = Workflow.objects.create(name=NAME)
    WorkflowTask.objects.create(workflow=workflow, task=task)
    root = BasePage.get_first_root_node()
    WorkflowPage.objects.update_or_create(page=root, defaults={"workflow": workflow})


def spare_editors(items: list[Any]) -> None:
    """Take “Submit” out of the menu of whoever is offered “Publish”; else put it first.

    Drafts save themselves, so to submit is what a writer's button is for.
    """
    submits = [item for item in items if isinstance(item, SubmitForModerationMenuItem)]
    may_publish = any(isinstance(item, PublishMenuItem) for item in items)
    others = [item for item in items if item not in submits]
    items[:] = others if may_publish else [*submits, *others]
