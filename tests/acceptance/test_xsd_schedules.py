"""Schedules and tasks under /api/3.0 against Tableau's published schema of that version."""

import pytest
import xmlschema

from support import content
from support.rest import element, ts_request
from test_xsd import rest30, schema as base, valid  # noqa: F401  (the fixtures)


@pytest.fixture(scope="module")
def schema(base):  # noqa: F811
    """The schema, with two more slips mended.

    The reference's own examples have schedules without `frequencyDetails`, in lists and in tasks, and daily ones
    without `intervals`; the schema demands both.
    """
    text = base.source.get_text() if hasattr(base.source, "get_text") else base.get_text()
    for name in ('name="frequencyDetails" type="frequencyDetailsType"', 'name="intervals" minOccurs="1"'):
        assert text.count(f"<xs:element {name}") == 1
        mended = name.replace(' minOccurs="1"', "")
        text = text.replace(f"<xs:element {name}", f'<xs:element {mended} minOccurs="0"')
    return xmlschema.XMLSchema(text)


WHEN = {
    "Hourly": element("frequencyDetails", element("intervals", element("interval", minutes=15)), start="06:00:00", end="18:00:00"),
    "Daily": element("frequencyDetails", start="06:00:00"),
    "Weekly": element("frequencyDetails", element("intervals", element("interval", weekDay="Friday")), start="06:00:00"),
    "Monthly": element("frequencyDetails", element("intervals", element("interval", monthDay="LastDay")), start="06:00:00"),
}  # fmt: skip


def new_schedule(rest, name: str, frequency: str = "Daily", kind: str = "Extract", **attributes):
    given = {"priority": 50, "executionOrder": "Serial", **attributes}
    return rest.post("/schedules", ts_request(element("schedule", WHEN[frequency], name=name, type=kind, frequency=frequency, **given)))


@pytest.mark.parametrize("frequency", WHEN)
@pytest.mark.parametrize("kind", ["Extract", "Subscription"])
def test_schedules(schema, rest30, frequency, kind):  # noqa: F811
    made = valid(schema, new_schedule(rest30, f"Schema {frequency} {kind}", frequency, kind, endScheduleAt="2999-01-01T00:00:00Z"))
    path = f"/schedules/{made.get('schedule', 'id')}"
    valid(schema, rest30.put(path, ts_request(element("schedule", state="Suspended", priority=1))))
    valid(schema, rest30.get("/schedules"))
    rest30.delete(path).ok(204)


def test_tasks(schema, rest30):  # noqa: F811
    project = rest30.new_project("Schema of tasks")
    source = rest30.publish_datasource("Source", content.tdsx(), project).ok(201).get("datasource", "id")
    book = rest30.publish_workbook("Book", content.twb("One"), project).ok(201).get("workbook", "id")
    schedule = new_schedule(rest30, "Schema of tasks").get("schedule", "id")
    for kind, id in (("datasource", source), ("workbook", book)):
        body = ts_request(element("task", element("extractRefresh", element(kind, id=id)), runNow=kind == "datasource"))
        added = valid(schema, rest30.put(f"/sites/{{site}}/schedules/{schedule}/{kind}s", body))
    # The warning has no place in an answer of this version.
    again = valid(schema, rest30.put(f"/sites/{{site}}/schedules/{schedule}/workbooks", body))
    assert again.get("task/extractRefresh", "id") == added.get("task/extractRefresh", "id")
    valid(schema, rest30.get(f"/sites/{{site}}/schedules/{schedule}/extracts"))
    listed = valid(schema, rest30.get("/sites/{site}/tasks/extractRefreshes"))
    for one in listed.all("tasks/task/extractRefresh"):
        valid(schema, rest30.get(f"/sites/{{site}}/tasks/extractRefreshes/{one.get('id')}"))
    assert len(listed.all("tasks/task")) == 2
    ran = rest30.post(f"/sites/{{site}}/tasks/extractRefreshes/{added.get('task/extractRefresh', 'id')}/runNow", ts_request())
    valid(schema, ran)
