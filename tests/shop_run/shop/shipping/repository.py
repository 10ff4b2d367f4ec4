from decimal import Decimal

from oscar.apps.shipping import methods, repository


class Post(methods.FixedPrice):
    code, name = "post", "By post"
    charge_excl_tax, charge_incl_tax = Decimal("3.29"), Decimal("3.95")


class Courier(methods.FixedPrice):
    code, name = "courier", "By courier"
    charge_excl_tax, charge_incl_tax = Decimal("7.49"), Decimal("8.99")


class Repository(repository.Repository):
    def get_available_shipping_methods(self, basket, shipping_addr=None, **kwargs):
        post = methods.Free() if basket.total_incl_tax >= 60 else Post()
        return [post, Courier()]
