from oscar.apps.checkout import views

from tests.shop_run.shop.checkout.payment import CardPayment


class PaymentDetailsView(CardPayment, views.PaymentDetailsView):
    pass
