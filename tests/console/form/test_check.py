"""A form that is filled and checked without a page."""

from lfclient.console.form.check import check
from lfclient.console.form.form import Form
from lfclient.resources.server_resources import ServerResources
from lfclient.wire.server_info import ServerInfo
from tests.support.flows import chat_input, entry, flow, node, text

INFO = ServerInfo("1.13.0", "modes")


def test_a_form_gives_overrides_and_the_problems_of_invalid_values():
    limit = entry("IntInput", "int", 5)
    form = Form(flow(chat_input(), node("A-a", limit=limit, title=text("old"))))
    fields = form.fields
    form.set(fields["A-a.title"], "new")
    form.set(fields["A-a.limit"], "many")
    result = check(form, "background", ServerResources(), INFO, {})
    assert result.overrides["A-a.title"] == "new"
    assert [problem.key for problem in result.problems] == ["A-a.limit"]
    assert not result.ready

    form.reset(fields.values())
    assert check(form, "background", ServerResources(), INFO, {}).ready
    assert form.overrides() == {}
