"""The share links of a page: no third-party script, nothing sent until a reader follows one."""

from dataclasses import dataclass

from django import template
from django.utils.translation import gettext

from almoner.stories.networks import NETWORKS, mailto

register = template.Library()


@dataclass(frozen=True, slots=True)
class ShareLink:
    """One way to share: `icon` is a symbol of the icon sprite."""

    name: str
    icon: str
    href: str


@register.simple_tag
def share_links(
    title: str, url: str, picture: str = "", story: int | None = None
) -> list[ShareLink]:
    """Return the share links of the page `title` at its canonical address `url`.

    Those of a story go through `/share/<story>/<network>`, which makes a share code and answers
    with the network's own address. `picture` is the absolute address of the page's lead picture,
    which only Pinterest asks for.
    """
    links = [ShareLink(gettext("E-mail"), "email", mailto(title, url))]
    for key, network in NETWORKS.items():
        href = network.address(title, url, picture) if story is None else f"/share/{story}/{key}"
        links.append(ShareLink(network.name, key, href))
    return links
