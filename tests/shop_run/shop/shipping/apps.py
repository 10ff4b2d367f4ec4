from oscar.apps.shipping import apps


class ShippingConfig(apps.ShippingConfig):
    name = "tests.shop_run.shop.shipping"
