"""Opens the shop: ten products in three tax classes, three offers, two vouchers, its customers."""

from datetime import timedelta
from decimal import Decimal

from django.contrib.auth import get_user_model
from django.contrib.sites.models import Site
from django.core.management import call_command
from django.utils import timezone
from oscar.apps.address.models import Country
from oscar.apps.catalogue.models import Category, Product, ProductCategory, ProductClass
from oscar.apps.offer.models import Benefit, Condition, ConditionalOffer, Range
from oscar.apps.order.models import PaymentEventType, ShippingEventType
from oscar.apps.partner.models import Partner, StockRecord
from oscar.apps.voucher.models import Voucher

# SKU, class, category, price without tax: prices that no rate divides evenly.
GOODS = [
    ("BOWL", "standard", "kitchen", "16.63"),
    ("MUG-RED", "standard", "kitchen", "7.07"),
    ("MUG-BLUE", "standard", "kitchen", "7.49"),
    ("MUG-GREEN", "standard", "kitchen", "6.91"),
    ("KETTLE", "reduced", "kitchen", "31.17"),
    ("BLANKET", "standard", "winter", "24.99"),
    ("SCARF", "standard", "winter", "12.33"),
    ("MITTENS", "zero", "winter", "5.39"),
    ("COOKBOOK", "zero", "books", "14.29"),
    ("ATLAS", "zero", "books", "22.01"),
]
COUNTRIES = [("GB", "SW1A 1AA"), ("IE", "D02 AF30"), ("FR", "75001")]  # with a postcode of each
CUSTOMERS = 12
POUNDS_OFF, POST_FREE = "FIVER", "POSTFREE"


def open_shop():
    call_command("migrate", run_syncdb=True, verbosity=0)
    Site.objects.update_or_create(pk=1, defaults={"domain": "shop.example", "name": "The shop"})
    for code, _ in COUNTRIES:
        Country.objects.create(
            iso_3166_1_a2=code, name=code, printable_name=code, is_shipping_country=True
        )
    for number in range(CUSTOMERS):
        get_user_model().objects.create(
            username=f"customer-{number}", email=f"{number}@shop.example"
        )
    for name in ("Paid", "Refund"):
        PaymentEventType.objects.create(name=name)
    ShippingEventType.objects.create(name="Returned")
    _stock()
    _discount()


def _stock():
    partner = Partner.objects.create(name="The shop's own shelf")
    kinds = {
        name: ProductClass.objects.create(name=name) for name in ("standard", "reduced", "zero")
    }
    shelves = {name: Category.add_root(name=name) for name in ("kitchen", "winter", "books")}
    for sku, kind, shelf, price in GOODS:
        product = Product.objects.create(product_class=kinds[kind], title=sku.title(), upc=sku)
        ProductCategory.objects.create(product=product, category=shelves[shelf])
        StockRecord.objects.create(
            product=product,
            partner=partner,
            partner_sku=sku,
            price=Decimal(price),
            num_in_stock=10_000,
        )


def _discount():
    winter = Range.objects.create(name="Winter")
    winter.included_categories.add(Category.objects.get(name="winter"))
    mugs = Range.objects.create(name="Mugs")
    for mug in Product.objects.filter(upc__startswith="MUG"):
        mugs.add_product(mug)
    everything = Range.objects.create(name="Everything", includes_all_products=True)
    two_winter = Condition(range=winter, type=Condition.COUNT, value=2)
    _offer("Winter sale", two_winter, Benefit(range=winter, type=Benefit.PERCENTAGE, value=15))
    three_mugs = Condition(range=mugs, type=Condition.COUNT, value=3)
    _offer("Three mugs for two", three_mugs, Benefit(range=mugs, type=Benefit.MULTIBUY))
    thirty = Condition(range=everything, type=Condition.VALUE, value=30)
    fiver = _offer(
        "Five pounds off", thirty, Benefit(range=everything, type=Benefit.FIXED, value=5), "Voucher"
    )
    any_one = Condition(range=everything, type=Condition.COUNT, value=1)
    postage = _offer(
        "Post free", any_one, Benefit(type=Benefit.SHIPPING_PERCENTAGE, value=50), "Voucher"
    )
    for code, offer in ((POUNDS_OFF, fiver), (POST_FREE, postage)):
        voucher = Voucher.objects.create(
            name=code,
            code=code,
            usage=Voucher.MULTI_USE,
            start_datetime=timezone.now() - timedelta(days=90),
            end_datetime=timezone.now() + timedelta(days=90),
        )
        voucher.offers.add(offer)


def _offer(name, condition, benefit, kind="Site"):
    condition.save()
    benefit.save()
    return ConditionalOffer.objects.create(
        name=name,
        offer_type=kind,
        condition=condition,
        benefit=benefit,
        max_basket_applications=1,
    )
