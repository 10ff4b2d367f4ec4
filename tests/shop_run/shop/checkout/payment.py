"""Takes the money before the order is placed, as Oscar's documentation tells a shop to."""

from oscar.core.loading import get_model

Source, SourceType = get_model("payment", "Source"), get_model("payment", "SourceType")


class CardPayment:
    def handle_payment(self, order_number, total, **kwargs):
        card, _ = SourceType.objects.get_or_create(name="Card")
        self.add_payment_source(
            Source(
                source_type=card,
                currency=total.currency,
                amount_allocated=total.incl_tax,
                amount_debited=total.incl_tax,
            )
        )
        self.add_payment_event("Paid", total.incl_tax)
