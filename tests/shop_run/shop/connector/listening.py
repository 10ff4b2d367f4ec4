from django.db.models.signals import post_save
from django.dispatch import receiver
from oscar.apps.order.models import PaymentEvent
from oscar.apps.order.signals import order_placed

from .models import Message


@receiver(order_placed)
def note_order(order, **_):
    Message.objects.create(kind="order", number=order.pk)


@receiver(post_save, sender=PaymentEvent)
def note_refund(instance, created, **_):
    if created and instance.event_type.code == "refund":
        Message.objects.create(kind="refund", number=instance.pk)
