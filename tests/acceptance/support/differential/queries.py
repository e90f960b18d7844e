"""The ways in which Tableau's client asks for a list, beside `get`, `all` and `filter`."""

from __future__ import annotations

from support.differential import values
from support.differential.case import Case
from support.differential.items import one_by_one


def queries(group: str, table: values.Table, name: str, *, few: tuple[str, ...] = ("id", "name"), always: str | None = None) -> list[Case]:
    """Sorted, paged, with other fields, and by name; `name` is that of an item that every server here has.

    `few` are properties that an answer of only these fields still has; `always` is what Tableau's client sets as fields
    of every list of the group.
    """

    def case(method: str, query, options: dict, of: values.Table = table) -> Case:
        fields = {"fields": always} if always else {}
        return Case(
            f"{group}.{method}",
            lambda tsc, _: one_by_one(query(getattr(tsc, group))),
            lambda _: (group, "list", {"options": {"page_size": 100, **fields, **options}}),
            values.many(of),
        )

    return [
        case("order_by", lambda found: found.order_by("-name"), {"sort": [{"field": "name", "descending": True}]}),
        case("paginate", lambda found: found.paginate(page_size=20), {"page_size": 20}),
        case("fields", lambda found: found.fields("name"), {"fields": "_default_,name"}),
        case("only_fields", lambda found: found.only_fields(*few), {"fields": ",".join(sorted(few))}, {n: table[n] for n in few if n in table}),
        case(
            "find_by_name",
            lambda found: found.find_by_name(name),
            {"filters": [{"field": "name", "operator": "eq", "value": name}]},
        ),
    ]
