"""The screens of connections, by real requests: connecting, looking, replaying, and who may."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from almoner.giving import connecting, replays
from almoner.giving.guides import GUIDES
from almoner.intake import connections, deliveries
from almoner.intake.deliveries import Delivery
from almoner.ledger.event import timestamp
from almoner.ledger.reads import head
from almoner.people.roles import AUDITORS, CAMPAIGN_MANAGERS, EDITORS, FINANCE
from tests.shop import encoded, order

ADDRESS = "/admin/giving/connections/"
BOWLS = f"{ADDRESS}of/shopify/bowls/"
SECRET = "the-secret-of-bowls"


@pytest.fixture
def bowls(ledger, book):
    with book() as ledger:
        return connections.add(ledger.db, "shopify", "bowls", SECRET, datetime.now(UTC))


def delivered(book, *rows):
    with book() as ledger:
        deliveries.write(ledger.db, rows)
        return deliveries.page(ledger.db, "shopify", "bowls")


def rejected(body, code="unknown-currency", ago=timedelta(), topic="orders/paid"):
    return Delivery(
        "shopify",
        "bowls",
        timestamp(datetime.now(UTC) - ago),
        topic,
        "rejected",
        code=code,
        problem="It could not be read.",
        headers=f'{{"x-shopify-topic":"{topic}"}}',
        body=encoded(body) if isinstance(body, dict) else body,
    )


def fine(**more):
    return Delivery(
        "shopify", "bowls", timestamp(datetime.now(UTC)), "orders/paid", "accepted", **more
    )


def events(book):
    with book() as ledger:
        return head(ledger.db).events


def found(book, name="bowls", kind="shopify"):
    with book() as ledger:
        return connecting.connections(ledger.db).find(kind, name)


def text(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


@pytest.mark.parametrize("kind", GUIDES)
def test_each_guide_shows_the_exact_address_and_the_topics(administrator, ledger, kind):
    page = text(administrator.get(f"{ADDRESS}new/{kind}/"))
    assert f'<code class="token">{connecting.address(kind)}</code>' in page
    for words, topic in GUIDES[kind].topics:
        assert words in page
        assert f"<code>{topic}</code>" in page


def test_every_kind_of_shop_is_offered(administrator, ledger):
    page = text(administrator.get(f"{ADDRESS}new/"))
    for kind, guide in GUIDES.items():
        assert guide.title in page
        assert f"{ADDRESS}new/{kind}/" in page


def test_a_pasted_secret_connects_and_is_shown_nowhere(administrator, ledger, book):
    answer = administrator.post(f"{ADDRESS}new/shopify/", {"name": "bowls", "secret": SECRET})
    assert answer.url == BOWLS
    assert found(book).secret == SECRET
    for address in (ADDRESS, BOWLS, f"{BOWLS}secret/"):
        assert SECRET not in text(administrator.get(address))


def test_a_secret_made_here_is_shown_once(administrator, ledger, book):
    page = text(administrator.post(f"{ADDRESS}new/woocommerce/", {"name": "cups", "secret": ""}))
    made = found(book, "cups", "woocommerce").secret
    assert len(made) == 64
    assert page.count(made) == 1
    assert made not in text(administrator.get(f"{ADDRESS}of/woocommerce/cups/"))


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"name": "Bowls & More", "secret": SECRET}, "Use small letters"),
        ({"name": "bowls", "secret": ""}, "required"),
        ({"name": "bowls", "secret": "short"}, "at least 8"),
        ({"name": "taken", "secret": SECRET}, "already"),
        ({"name": "bowls", "secret": "secret-of-taken"}, "same secret"),
    ],
)
def test_what_cannot_be_connected_says_why(administrator, ledger, book, form, says):
    with book() as ledger:
        connections.add(ledger.db, "shopify", "taken", "secret-of-taken", datetime.now(UTC))
    answer = administrator.post(f"{ADDRESS}new/shopify/", form)
    assert answer.status_code == 200
    assert says in text(answer)
    assert found(book) is None


def test_the_list_says_in_words_how_each_is(administrator, bowls, book):
    assert "Waiting for its first delivery" in text(administrator.get(ADDRESS))
    delivered(book, fine(lag=400), fine(lag=400))
    page = text(administrator.get(ADDRESS))
    assert "Receiving" in page
    assert "under a second" in page
    assert "Last 24 hours: 2 accepted, 0 to look at." in page
    delivered(book, rejected(order(1)))
    assert "The last delivery was rejected" in text(administrator.get(ADDRESS))
    delivered(book, fine())
    assert "Receiving; 1 of today need a look" in text(administrator.get(ADDRESS))


def test_a_wrong_secret_is_told_on_the_list(administrator, bowls, book):
    stranger = Delivery(
        "shopify",
        "",
        timestamp(datetime.now(UTC)),
        "orders/paid",
        "rejected",
        code="bad-signature",
        problem="It fits no secret.",
    )
    delivered(book, stranger)
    page = text(administrator.get(ADDRESS))
    assert "Shopify: 1 in 24 hours" in page
    assert "The sender signs with another secret" in page


def test_a_rejected_delivery_says_why_and_what_to_do(administrator, bowls, book):
    (row,) = delivered(book, rejected(order(1, currency="ZZZ")))
    page = text(administrator.get(f"{ADDRESS}deliveries/{row.id}/"))
    assert "It could not be read." in page
    assert "no ISO 4217 code" in page
    assert "ZZZ" in page


def test_a_replay_counts_once_however_often_it_is_pressed(administrator, bowls, book):
    (row,) = delivered(book, rejected(order(1), code="paused"))
    address = f"{ADDRESS}deliveries/{row.id}/"
    page = text(administrator.post(address, follow=True))
    assert "1 delivery replayed: 1 counted now." in page
    assert events(book) == 1
    page = text(administrator.post(address, follow=True))
    assert "There was nothing to replay." in page
    assert events(book) == 1
    (row,) = delivered(book)
    assert (row.status, row.ref, row.kept) == ("accepted", "order/1", False)


def test_what_is_still_wrong_stays_rejected_with_its_reason_now(administrator, bowls, book):
    (row,) = delivered(book, rejected(order(1, currency="ZZZ"), code="paused"))
    page = text(administrator.post(f"{ADDRESS}deliveries/{row.id}/", follow=True))
    assert "1 still rejected" in page
    (row,) = delivered(book)
    assert (row.status, row.code, row.kept) == ("rejected", "unknown-currency", True)
    assert events(book) == 0


def test_a_range_is_replayed_and_what_counted_before_is_not_counted_again(
    administrator, bowls, book
):
    hour = timedelta(hours=1)
    delivered(book, *(rejected(order(at), ago=4 * hour) for at in range(3)))
    delivered(book, *(rejected(order(at), ago=2 * hour) for at in range(70)))
    delivered(book, rejected(order(99, currency="ZZZ"), ago=hour))
    now = datetime.now(UTC)
    span = {
        "action": "replay",
        "since": (now - 5 * hour).strftime("%Y-%m-%dT%H:%M"),
        "until": now.strftime("%Y-%m-%dT%H:%M"),
    }
    page = text(administrator.post(BOWLS, span, follow=True))
    told = "74 deliveries replayed: 70 counted now, 3 counted before, 1 still rejected."
    assert told in page
    assert events(book) == 70
    assert "1 still rejected" in text(administrator.post(BOWLS, span, follow=True))
    assert events(book) == 70


def test_a_range_that_ends_before_it_begins_is_refused(administrator, bowls, book):
    delivered(book, rejected(order(1)))
    span = {"action": "replay", "since": "2026-05-02T00:00", "until": "2026-05-01T00:00"}
    assert "not after the beginning" in text(administrator.post(BOWLS, span))


def test_an_edited_order_shows_what_was_counted_and_what_it_says_now(administrator, bowls, book):
    edited = order(1)
    edited["line_items"][0]["quantity"] = 3
    (row,) = delivered(book, rejected(order(1)))
    administrator.post(f"{ADDRESS}deliveries/{row.id}/")
    delivered(book, rejected(edited))
    rows = delivered(book)
    administrator.post(f"{ADDRESS}deliveries/{rows[0].id}/")
    page = text(administrator.get(f"{ADDRESS}deliveries/{rows[0].id}/"))
    assert "What was edited" in page
    assert "Order: 1 item, $10<" in page
    assert "Order: 3 items, $30<" in page
    assert events(book) == 1


def test_pausing_and_resuming_take_one_press(administrator, bowls, book):
    page = text(administrator.post(BOWLS, {"action": "pause"}, follow=True))
    assert "Paused just now" in page
    assert found(book).paused_at
    (row,) = delivered(book, rejected(order(1), code="paused"))
    page = text(administrator.post(f"{ADDRESS}deliveries/{row.id}/", follow=True))
    assert "resume it first" in page
    assert events(book) == 0
    administrator.post(BOWLS, {"action": "resume"})
    assert found(book).paused_at is None


def test_another_secret_is_taken_and_the_old_one_told_to_be_good_for_a_day(
    administrator, bowls, book
):
    page = text(administrator.post(f"{BOWLS}secret/", {"secret": SECRET}))
    assert "the secret it has already" in page
    answer = administrator.post(f"{BOWLS}secret/", {"secret": "another-secret"}, follow=True)
    assert "good for one more day" in text(answer)
    assert (found(book).secret, found(book).old_secret) == ("another-secret", SECRET)


def test_the_day_is_there_as_a_file(administrator, bowls, book):
    delivered(book, fine(), rejected(order(1)))
    lines = administrator.get(f"{BOWLS}hours.csv").content.decode().splitlines()
    assert lines[0] == "hour,accepted,duplicate,conflict,rejected"
    assert lines[-1].endswith(",1,0,0,1")
    assert len(lines) == 25


@pytest.mark.parametrize("role", [CAMPAIGN_MANAGERS, AUDITORS])
def test_who_may_only_look_sees_everything_and_changes_nothing(logged_in, role, bowls, book):
    (row,) = delivered(book, rejected(order(1)))
    person = logged_in(role)
    for address in (ADDRESS, BOWLS, f"{ADDRESS}deliveries/{row.id}/", f"{BOWLS}hours.csv"):
        answer = person.get(address)
        assert answer.status_code == 200, address
        assert not re.search(r"<button[^>]*>(Replay|Pause|Connect)", text(answer))
    for address in (BOWLS, f"{ADDRESS}deliveries/{row.id}/", f"{ADDRESS}new/shopify/"):
        form = {"action": "pause", "name": "x", "secret": SECRET + "x"}
        assert person.post(address, form).status_code == 403
    assert person.get(f"{ADDRESS}new/").status_code == 302
    assert person.get(f"{BOWLS}secret/").status_code == 302
    assert found(book).paused_at is None
    assert events(book) == 0


@pytest.mark.parametrize("role", [EDITORS, FINANCE])
def test_the_others_do_not_see_connections(logged_in, role, bowls):
    assert logged_in(role).get(ADDRESS).status_code == 302


@pytest.mark.parametrize(
    "address",
    [
        "new/ebay/",
        "of/shopify/nobody/",
        "of/ebay/x/",
        "deliveries/1/",
        f"deliveries/{10**30}/",
        "of/shopify/nobody/hours.csv",
    ],
)
def test_what_is_not_there_is_not_found(administrator, ledger, address):
    assert administrator.get(ADDRESS + address).status_code == 404


def test_a_replay_touches_no_other_connections_deliveries(bowls, book):
    (row,) = delivered(book, rejected(order(1)))
    with book() as ledger:
        now = datetime.now(UTC)
        cups = connections.add(ledger.db, "shopify", "cups", "secret-of-cups", now)
        assert not replays.replay(ledger, cups, [row.id], now)
