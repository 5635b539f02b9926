"""The inputs of a run, read-only."""

from tests.ui.support.whole_pages import TWO, add_ended_run, open_app


def test_huge_values_are_shortened_until_requested(langflow_stand_in):
    many = {f"T-a.p{number}": number for number in range(40)}
    values = {"T-a.text": "word " * 20_000, **many}
    record = add_ended_run(langflow_stand_in.url, overrides=values, flow_id=TWO, flow_name="Gone")
    app = open_app(run=record.id)
    assert max(len(each.value) for each in app.code) < 2_000
    toggles = {each.label: each for each in app.toggle}
    assert {"Show all 41 values", "Show all 100,000 characters"} <= set(toggles)
    toggles["Show all 100,000 characters"].set_value(True).run()
    assert max(len(each.value) for each in app.code) > 99_000
