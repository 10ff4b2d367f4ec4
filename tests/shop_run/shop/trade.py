"""Sells and takes back, by Oscar's own baskets, offers, calculators, order creator and events.

Most orders are taken at a desk, as by telephone; some by a customer who goes through the whole
checkout. Nothing here writes a row of an order by hand, and nothing knows of Almoner.
"""

import re
from datetime import timedelta
from decimal import Decimal
from random import Random

from django.contrib.auth import get_user_model
from django.db import transaction
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from oscar.apps.basket.models import Basket
from oscar.apps.catalogue.models import Product
from oscar.apps.checkout.calculators import OrderTotalCalculator
from oscar.apps.checkout.mixins import OrderPlacementMixin
from oscar.apps.offer.applicator import Applicator
from oscar.apps.order.models import Order, PaymentEventType, ShippingAddress, ShippingEventType
from oscar.apps.order.processing import EventHandler
from oscar.apps.voucher.models import Voucher

from tests.shop_run.shop.catalogue import COUNTRIES, POST_FREE, POUNDS_OFF
from tests.shop_run.shop.checkout.payment import CardPayment
from tests.shop_run.shop.partner.strategy import Selector
from tests.shop_run.shop.shipping.repository import Repository

ADDRESS = {
    "first_name": "Ada",
    "last_name": "Buyer",
    "line1": "1 Quay Street",
    "line4": "Harbour",
}


class Desk(CardPayment, OrderPlacementMixin):
    """Places one order for a customer who is not there."""

    def __init__(self, user):
        self.request = RequestFactory().get("/")
        self.request.user = user

    def handle_successful_order(self, order):
        return order


def sell(random):
    """One order at the desk."""
    user = random.choice(get_user_model().objects.all())
    desk = Desk(user)
    basket = Basket.objects.create(owner=user)
    basket.strategy = Selector().strategy(user=user)
    for product, pieces in _wanted(random):
        basket.add_product(product, pieces)
    if code := random.choice([POUNDS_OFF, POST_FREE, "", ""]):
        basket.vouchers.add(Voucher.objects.get(code=code))
    Applicator().apply(basket, user, desk.request)
    country, postcode = random.choice(COUNTRIES)
    address = ShippingAddress(country_id=country, postcode=postcode, **ADDRESS)
    method = random.choice(Repository().get_shipping_methods(basket, address))
    charge = method.calculate(basket)
    total = OrderTotalCalculator().calculate(basket, charge)
    number = desk.generate_order_number(basket)
    placed = timezone.now() - timedelta(minutes=random.randrange(1, 20_000))
    with transaction.atomic():
        basket.freeze()
        desk.handle_payment(number, total)
        return desk.handle_order_placement(
            number, user, basket, address, method, charge, None, total, date_placed=placed
        )


def check_out(random):
    """One order by a customer who fills in every page of the checkout."""
    customer = Client(raise_request_exception=True)
    customer.force_login(random.choice(get_user_model().objects.all()))
    for product, pieces in _wanted(random):
        _post(customer, reverse("basket:add", args=[product.pk]), {"quantity": pieces})
    if random.random() < 0.5:
        _post(customer, reverse("basket:vouchers-add"), {"code": POUNDS_OFF})
    country, postcode = random.choice(COUNTRIES)
    lives = {**ADDRESS, "country": country, "postcode": postcode}
    _post(customer, reverse("checkout:shipping-address"), lives)
    offered = customer.get(reverse("checkout:shipping-method")).content.decode()
    way = random.choice(re.findall(r'name="method_code" value="([^"]+)"', offered))
    _post(customer, reverse("checkout:shipping-method"), {"method_code": way})
    assert customer.get(reverse("checkout:preview")).status_code == 200
    _post(customer, reverse("checkout:preview"), {"action": "place_order"})
    return Order.objects.get(pk=customer.session["checkout_order_id"])


def _post(customer, address, fields):
    answer = customer.post(address, fields)
    assert answer.status_code == 302, (
        f"{address} answers {answer.status_code}: {answer.content[:2000]}"
    )


def _wanted(random):
    products = list(Product.objects.order_by("pk"))
    for product in random.sample(products, random.choice([1, 1, 2, 3, 4])):
        yield product, random.choice([1, 1, 2, 3, 5])


def give_back(order, random, way=""):
    """Refund a piece, some lines, all with the postage, the postage alone, or money alone."""
    lines = {line: line.quantity - _returned(line) for line in order.lines.all()}
    lines = {line: left for line, left in lines.items() if left}
    postage = not order.payment_events.filter(reference="postage").exists()
    way = (
        (way or random.choice(["piece", "lines", "all", "postage", "money"])) if lines else "money"
    )
    if way == "postage" and postage and order.shipping_incl_tax:
        return _refund(order, {}, Decimal(0), postage=True)
    if way in ("money", "postage"):
        return _refund(order, {}, Decimal(random.randrange(50, 300)) / 100)
    if way == "piece":
        lines = {random.choice(list(lines)): 1}
    elif way == "lines":
        lines = {line: random.randint(1, left) for line, left in lines.items()}
    return _refund(order, lines, Decimal(0), postage=way == "all" and postage)


def _refund(order, lines, amount, *, postage=False):
    refund = PaymentEventType.objects.get(name="Refund")
    returned = ShippingEventType.objects.get(name="Returned")
    handler, pieces = EventHandler(), list(lines.values())
    with transaction.atomic():
        if lines:
            handler.handle_shipping_event(order, returned, lines, pieces)
            amount += handler.calculate_payment_event_subtotal(refund, lines, pieces)
        if postage:
            amount += order.shipping_incl_tax
        handler.handle_payment_event(
            order, refund, amount, lines, pieces, reference="postage" if postage else ""
        )
    return order


def _returned(line):
    return line.payment_event_quantity(PaymentEventType.objects.get(name="Refund"))


def trade(seed, orders, refunds, by_checkout):
    """So many orders, every few of them through the checkout, and so many refunds among them."""
    random = Random(seed)
    placed, back = [], 0
    for number in range(1, orders + 1):
        through = number % (orders // by_checkout) == 0
        placed.append((check_out if through else sell)(random))
        while back < number * refunds // orders:
            give_back(random.choice(placed[-12:]), random)
            back += 1
    return {"orders": len(placed), "refunds": back}


def returns(seed, refunds):
    """So many refunds of whatever was sold long ago; every other one takes back the whole order."""
    random = Random(seed)
    for order in random.sample(list(Order.objects.order_by("pk")), refunds):
        give_back(order, random, random.choice(["", "all"]))
    return {"refunds": refunds}
