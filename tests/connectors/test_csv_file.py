"""Files of orders: read whatever wrote them, guessed, told line by line, and exact."""

import io
import re
from contextlib import suppress
from datetime import UTC, date, datetime
from time import process_time
from zipfile import ZIP_DEFLATED, ZipFile

import msgspec
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner.campaigns.refunds import net
from almoner.connectors.csv_file import MAX_ROWS, events, guess, tables, tabulate
from almoner.connectors.csv_file.cells import money
from almoner.intake.problem import Problem
from almoner.units import currency, decimal
from tests.connectors.conftest import NOW

PLAIN = """\
Order number,Kind,Date,SKU,Quantity,Line total,Currency
1001,order,2026-05-01T10:00:00Z,BOWL,2,32.40,USD
1001,order,2026-05-01T10:00:00Z,MUG,1,14.00,USD
1002,gift,2026-05-02,,1,5.00,USD
1001,refund,2026-05-03,MUG,1,14.00,USD
"""
SHOPIFY = """\
Name,Email,Financial Status,Currency,Shipping,Discount Amount,Created at,Lineitem quantity,\
Lineitem name,Lineitem price,Lineitem sku,Shipping Country,Shipping Province,Tags
#1001,bob@example.com,paid,USD,5.00,4.00,2026-05-01 10:00:00 -0400,2,Bowl,16.20,BOWL,US,KY,"a, b"
#1001,bob@example.com,,,,,,1,Mug,14.00,MUG,,,
#1002,ann@example.com,pending,USD,0.00,0.00,2026-05-02 10:00:00 -0400,1,Mug,14.00,MUG,US,TN,
"""


def told(text, name="till", now=NOW, **changes):
    table = tabulate(text.encode() if isinstance(text, str) else text)
    layout = guess(table, currency="USD")
    layout = msgspec.structs.replace(layout, **changes)
    return list(events(table, layout, name, now))


def good(text, **changes):
    return [each for _, each in told(text, **changes) if not isinstance(each, Problem)]


def wrong(text, **changes):
    return [
        (lines, each.code, each.field)
        for lines, each in told(text, **changes)
        if isinstance(each, Problem)
    ]


def sheet(*rows, title="Orders"):
    book = openpyxl.Workbook()
    page = book.active
    page.title = title
    for row in rows:
        page.append(row)
    book.create_sheet("Notes")
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def test_orders_gifts_and_refunds_are_told_with_their_lines():
    (first, order), (second, gift), (third, refund) = told(PLAIN)
    assert (first, second, third) == ((2, 3), (4,), (5,))
    assert (order.source, order.ref, order.kind) == ("csv:till", "order/1001", "order")
    assert [(x.id, x.quantity, x.revenue) for x in order.body.lines] == [
        ("BOWL", 2, 3240),
        ("MUG", 1, 1400),
    ]
    assert order.occurred_at == datetime(2026, 5, 1, 10, tzinfo=UTC)
    assert (gift.body.lines[0].kind, gift.body.lines[0].revenue) == ("gift", 500)
    assert refund.body.order == "order/1001"
    assert (refund.body.lines[0].id, refund.body.lines[0].revenue) == ("MUG", 1400)


def test_the_same_file_again_counts_nothing_twice(shop):
    for expected in ("pledged", "duplicate"):
        outcomes = shop.ledger.append(good(PLAIN), NOW)
        assert outcomes[0].status == expected
    assert shop.given()[0] == 162  # 5 % of 32.40; a gift is no revenue


def test_a_shops_own_export_is_guessed_and_its_names_are_not_read():
    (lines, order), (_, pending) = told(SHOPIFY)
    assert lines == (2, 3)
    assert (order.ref, order.kind, pending.kind) == ("order/#1001", "order", "unpaid_order")
    assert [(x.id, x.quantity, x.revenue, x.discount) for x in order.body.lines] == [
        ("BOWL", 2, 3240, 0),
        ("MUG", 1, 1000, 400),
    ]
    assert (order.body.shipping, order.body.place, order.body.tags) == (500, "US-KY", ("a", "b"))
    assert order.occurred_at == datetime(2026, 5, 1, 14, tzinfo=UTC)
    table = tabulate(SHOPIFY.encode())
    assert table.header.index("Email") not in guess(table).columns.values()


def test_a_column_called_name_is_no_order_elsewhere():
    table = tabulate(b"Name,Quantity\nBob Norman,2\n")
    assert "order" not in guess(table).columns


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8", ","), ("utf-8-sig", ";"), ("utf-16", "\t"), ("windows-1252", "|")],
)
def test_encoding_and_delimiter_are_found_out(encoding, delimiter):
    text = PLAIN.replace("BOWL", "Schüssel").replace(",", delimiter).replace("\n", "\r\n")
    (order, *_) = good(text.encode(encoding))
    assert order.body.lines[0].sku == "Schüssel"
    assert tabulate(text.encode(encoding)).delimiter == delimiter


def test_what_was_found_out_can_be_chosen_anew():
    table = tabulate("Order;Qty\nÅ;1\n".encode("latin-1"), encoding="cp437", delimiter=";")
    assert table.rows[0].cells[0] == "┼"
    assert tabulate(b"sep=;\nOrder;Qty\n1,5;1\n").rows[0].cells == ("1,5", "1")


def test_lines_are_numbered_as_in_the_file():
    text = 'Order,Qty,Note\n\n1,1,"two\nlines"\n\n2,1,x\n'
    assert [row.line for row in tabulate(text.encode()).rows] == [3, 6]
    assert [row.line for row in tabulate(b"sep=,\nOrder,Qty\n1,1\n").rows] == [3]


def test_a_comma_may_be_the_decimal_sign():
    text = "Order;Net amount;Currency\n1;1.234,50 €;EUR\n2;19,9;EUR\n"
    assert [each.body.lines[0].revenue for each in good(text)] == [123450, 1990]


@pytest.mark.parametrize(
    ("cell", "sign", "amount"),
    [
        ("19.98", ".", "19.98"),
        ("$1,234.50", ".", "1234.50"),
        ("1'234.50 CHF", ".", "1234.50"),
        ("1 234,5 €", ",", "1234.5"),
        ("-5", ".", "-5"),
        ("(5.00)", ".", "-5.00"),
        ("−5", ".", "-5"),
        ("USD 12", ".", "12"),
    ],
)
def test_money_is_read_as_it_is_written(cell, sign, amount):
    assert str(money(cell, sign)) == amount


@pytest.mark.parametrize("cell", ["", "x", "1,23.4", "1.2.3", "1e5", "12,34", "#REF!", "NaN", "٣"])
def test_what_is_no_amount_is_refused(cell):
    with pytest.raises(Problem) as caught:
        money(cell, ".")
    assert caught.value.code == "invalid-cell"


@pytest.mark.parametrize(
    ("written", "dates", "day"),
    [
        ("2026-05-03", "", date(2026, 5, 3)),
        ("13/05/2026", "", date(2026, 5, 13)),
        ("05/13/2026", "", date(2026, 5, 13)),
        ("03.05.2026 14:05", "day first", date(2026, 5, 3)),
        ("3/5/2026 2:05 PM", "month first", date(2026, 3, 5)),
    ],
)
def test_days_are_read_as_they_are_written(written, dates, day):
    (event,) = good(f"Order,Qty,Date\n1,1,{written}\n", dates=dates)
    assert event.occurred_at.date() == day


def test_a_day_that_may_be_of_either_month_is_asked_about_not_guessed():
    text = "Order,Qty,Date\n1,1,03/05/2026\n2,1,04/05/2026\n"
    assert wrong(text) == [((2,), "invalid-cell", "time"), ((3,), "invalid-cell", "time")]
    assert [each.occurred_at.month for each in good(text, dates="day first")] == [5, 5]
    sure = text + "3,1,25/05/2026\n"  # one that can be only one way says how all are
    assert [each.occurred_at.day for each in good(sure)] == [3, 4, 25]


def test_a_time_without_a_zone_is_in_the_files():
    text = "Order,Qty,Date\n1,1,2026-05-01 00:30\n"
    (event,) = good(text, time_zone="America/New_York")
    assert event.occurred_at == datetime(2026, 5, 1, 4, 30, tzinfo=UTC)


def test_a_sheet_is_read_as_people_see_it():
    data = sheet(
        ["Order number", "Created at", "Qty", "Line total", "Test"],
        [1001, datetime(2026, 5, 1, 10), 3, 19.98 * 3, None],  # noqa: DTZ001
        [None, None, None, None, None],
        [1002.0, date(2026, 5, 2), 1.0, 5, None],
    )
    table = tabulate(data)
    assert table.sheets == ("Orders", "Notes")
    (lines, first), (others, second) = told(data)
    assert (lines, others) == ((2,), (4,))
    assert (first.ref, first.body.lines[0].revenue) == ("order/1001", 5994)
    assert (second.ref, second.body.lines[0].revenue) == ("order/1002", 500)
    assert first.occurred_at == datetime(2026, 5, 1, 10, tzinfo=UTC)


def test_another_sheet_can_be_chosen_and_one_that_is_not_there_is_refused():
    data = sheet(["Order", "Qty"], [1, 1])
    for name in ("Notes", "Nothing"):
        with pytest.raises(Problem) as caught:
            tabulate(data, sheet=name)
        assert caught.value.code == "unusable-file"


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("1001,order,soon,BOWL,2,32.40,USD", "time"),
        ("1001,order,2027-01-01,BOWL,2,32.40,USD", "time"),
        ("1001,present,2026-05-01,BOWL,2,32.40,USD", "kind"),
        ("1001,order,2026-05-01,BOWL,two,32.40,USD", "quantity"),
        ("1001,order,2026-05-01,BOWL,1.5,32.40,USD", "quantity"),
        ("1001,order,2026-05-01,BOWL,2,32.405,USD", "revenue"),
        ("1001,order,2026-05-01,BOWL,2,about 30,USD", "revenue"),
        ("1001,order,2026-05-01,BOWL,2,-32.40,USD", "kind"),
        ("1001,order,2026-05-01,BOWL,-2,32.40,USD", "kind"),
        ("1001,order,2026-05-01,BOWL,2,32.40,BTC", "currency"),
        (",order,2026-05-01,BOWL,2,32.40,USD", "order"),
        ("bob@example.com,order,2026-05-01,BOWL,2,32.40,USD", "order"),
        ("1001,refund,2026-05-01,BOWL,2,32.40,EURO", "currency"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_stops_no_other_order(row, field):
    text = PLAIN.splitlines()[0] + f"\n9,order,2026-05-01,X,1,1.00,USD\n{row}\n8,,,X,1,2.00,USD\n"
    results = told(text)
    ((lines, problem),) = [each for each in results if isinstance(each[1], Problem)]
    assert (lines, problem.code, problem.field) == ((3,), "invalid-cell", field)
    assert problem.detail.startswith("Line 3, ")
    assert problem.detail.endswith(".")
    assert len(results) == 3


def test_an_order_with_one_bad_row_is_refused_whole():
    bad = PLAIN.replace("MUG,1,14.00,USD\n1002", "MUG,x,14.00,USD\n1002")
    assert wrong(bad) == [((2, 3), "invalid-cell", "quantity")]
    unknown = PLAIN.replace("1001,order,2026-05-01T10:00:00Z,MUG", "1001,present,2026-05-01,MUG")
    assert wrong(unknown) == [((2, 3), "invalid-cell", "kind")]


def test_what_is_told_once_an_order_is_not_told_twice_differently():
    text = "Order,Qty,Shipping,Customer ID\n1,1,5.00,7\n1,1,5.00,7\n2,1,5.00,7\n2,1,6.00,7\n"
    (order,) = good(text)
    assert (order.body.shipping, len(order.body.reader)) == (500, 32)
    assert wrong(text) == [((4, 5), "invalid-cell", "shipping")]
    assert wrong("Order,Qty,Customer ID\n1,1,bob@example.com\n")[0][2] == "reader"


def test_lines_without_a_number_are_known_by_what_was_sold_and_twins_apart():
    text = "Order,SKU,Qty\n1,BOWL,1\n1,,1\n1,BOWL,2\n"
    (order,) = good(text)
    assert [line.id for line in order.body.lines] == ["BOWL", "2", "BOWL#2"]
    assert wrong("Order,Line,Qty\n1,a,1\n1,a,1\n") == [((2, 3), "invalid-cell", "line")]


def test_two_refunds_that_say_the_same_are_two_and_the_same_file_again_none():
    text = "Order,Kind,Qty,Amount\n1,order,3,30\n1,refund,,5\n1,refund,,5\n1,refund,,6\n"
    _, first, second, third = good(text)
    assert len({first.ref, second.ref, third.ref}) == 3
    assert [each.ref for each in good(text)[1:]] == [first.ref, second.ref, third.ref]
    longer = good(text + "1,refund,,7\n")
    assert [each.ref for each in longer[1:4]] == [first.ref, second.ref, third.ref]
    numbered = good("Order,Kind,Qty,Amount,Refund ID\n1,refund,,5,R-1\n")
    assert numbered[0].ref == "refund/1/R-1"


def test_a_test_order_and_an_unpaid_one_are_told_as_such():
    text = "Order,Kind,Qty,Status\n1,test,1,paid\n2,,1,pending\n3,,1,Paid\n"
    assert [each.kind for each in good(text)] == ["test_order", "unpaid_order", "order"]


def test_an_order_that_went_back_counts_only_with_what_went_back():
    header = "Order,Kind,Qty,Status,Line total\n"
    whole = header + "1,order,1,refunded,10\n"
    part = header + "1,order,1,partially_refunded,10\n"
    back = "1,refund,0,,4\n"
    assert [each.kind for each in good(whole)] == ["unpaid_order"]
    assert wrong(part) == [((2,), "invalid-cell", "status")]
    assert [each.kind for each in good(whole + back)] == ["order", "refund"]
    assert [each.kind for each in good(part + back)] == ["order", "refund"]
    assert wrong(header + "1,order,1,bezahlt,10\n") == [((2,), "invalid-cell", "status")]


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ({}, "columns.order"),
        ({"order": 0}, "columns.revenue"),
        ({"order": 0, "quantity": 9}, "columns.quantity"),
        ({"order": 0, "colour": 1}, "columns.colour"),
    ],
)
def test_a_layout_that_cannot_be_is_refused_before_any_row(columns, field):
    with pytest.raises(Problem) as caught:
        told("Order,Qty\n1,1\n", columns=columns)
    assert (caught.value.code, caught.value.field) == ("unusable-layout", field)


def test_an_unknown_zone_is_refused():
    with pytest.raises(Problem) as caught:
        told("Order,Qty\n1,1\n", time_zone="../etc/passwd")
    assert caught.value.field == "time_zone"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"Order,Qty\n",
        b"\x00\x01\x02",
        b"PK\x03\x04 not a zip",
        b"Order,Qty\n" + b"x" * 3000 + b",1\n",
        b"Order,Qty\n" + b"1," * 300 + b"\n",
        b'Order,Qty\n"never closed' + b"x\n" * 3000,
        b"%PDF-1.7\n\xff\xfe\x00",
    ],
)
def test_what_is_no_table_is_refused_and_says_what_to_do(data):
    with pytest.raises(Problem) as caught:
        tabulate(data)
    assert caught.value.code == "unusable-file"
    assert caught.value.detail.endswith(".")


def test_files_are_bounded(monkeypatch):
    rows = b"Order,Qty\n" + b"1,1\n" * (MAX_ROWS + 1)
    with pytest.raises(Problem) as caught:
        tabulate(rows)
    assert "rows" in caught.value.detail
    monkeypatch.setattr(tables, "MAX_UNPACKED", 100)
    with pytest.raises(Problem):
        tabulate(sheet(["Order", "Qty"], [1, 1]))
    monkeypatch.setattr(tables, "MAX_FILE", 5)
    with pytest.raises(Problem) as caught:
        tabulate(b"Order,Qty")
    assert caught.value.status == 413


@pytest.mark.parametrize(
    "row",
    [
        b'<row r="900000000"><c r="A900000000"><v>1</v></c></row>',
        b"".join(b'<row r="%d"><c r="XFD%d"/></row>' % (at, at) for at in range(3, 100_000)),
    ],
    ids=["far", "wide"],
)
def test_a_sheet_that_says_it_is_endless_is_read_in_a_moment(row):
    with ZipFile(io.BytesIO(sheet(["Order", "Qty"], [1, 1]))) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    name = "xl/worksheets/sheet1.xml"
    parts[name] = re.sub(rb"<dimension[^>]*>", b"", parts[name])
    parts[name] = parts[name].replace(b"</sheetData>", row + b"</sheetData>")
    written = io.BytesIO()
    with ZipFile(written, "w", ZIP_DEFLATED) as whole:
        for each, content in parts.items():
            whole.writestr(each, content)

    began = process_time()
    assert len(tabulate(written.getvalue()).rows) == 1
    assert process_time() - began < 15


@given(st.binary(max_size=300))
def test_no_bytes_meet_an_error_of_ours(data):
    for each in (data, b"Order,Qty,Line total,Date\n" + data):
        with suppress(Problem):
            table = tabulate(each)
            list(events(table, guess(table, currency="USD"), "x", NOW))


amounts = st.integers(0, 10_000_000)


@given(
    st.sampled_from(["USD", "JPY", "KWD"]),
    st.sampled_from([".", ","]),
    st.lists(st.tuples(st.integers(1, 9), amounts), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9), amounts), max_size=5),
)
def test_money_is_exact_and_nothing_falls_below_zero(code, sign, lines, refunds):
    scale = currency(code).scale

    def row(kind, at, quantity, minor):
        written = decimal(minor, scale).replace(".", sign)
        return f"1;{kind};L{at};{quantity};{written};{code}"

    rows = [row("order", at, *line) for at, line in enumerate(lines)]
    rows += [row("refund", *refund) for refund in refunds]
    text = "\n".join(["Order;Kind;Line;Qty;Line total;Currency", *rows])
    order, *back = good(text, decimal=sign)
    assert [line.revenue for line in order.body.lines] == [minor for _, minor in lines]
    left = net(order.body, [each.body for each in back])
    for at, (quantity, minor) in enumerate(lines):
        gone = [each for each in refunds if each[0] == at]
        assert left.lines[at].revenue == max(0, minor - sum(each[2] for each in gone))
        assert left.lines[at].quantity == max(0, quantity - sum(each[1] for each in gone))
