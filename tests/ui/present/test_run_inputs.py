"""A presentation with a run in its address: the inputs of that run beside its result."""

from lfclient.flows.field import Variable
from lfclient.runs.model import Run, RunStatus
from tests.support.flows import entry, node
from tests.support.http_stand_in import flow
from tests.ui.present.support import inputs, present, sent_values, store
from tests.ui.support.preset_pages import field, store_preset, value
from tests.ui.support.whole_pages import ONE, add_ended_run, page_text, press

COMPLETED = Run(ONE, "sync", RunStatus.COMPLETED)


def test_the_address_of_a_run_shows_its_inputs_beside_its_result(fields_server):
    store_preset("Mine", default=True, p="Kyoto", n=7)
    record = add_ended_run(fields_server.url, run=COMPLETED, overrides={"T-a.p": "Oslo"})
    app = present(run=record.id)
    assert (value(app), value(app, "n")) == ("Oslo", "5")
    app = field(app, "p").set_value("Bergen").run()
    assert value(app) == "Bergen"
    unknown = add_ended_run(fields_server.url, id="b" * 32, run=COMPLETED, inputs_stored=False)
    assert value(present(browser="c", run=unknown.id)) == "Kyoto"


def test_values_that_are_not_shown_do_not_come_from_the_run_of_the_address(fields_server):
    store_preset("Mine", default=True, n=7)
    store(inputs={"T-a.p": {}})
    overrides = {"T-a.p": "Oslo", "T-a.n": 99}
    app = present(run=add_ended_run(fields_server.url, run=COMPLETED, overrides=overrides).id)
    assert inputs(app) == ["p"]
    assert value(app) == "Oslo"
    press(app, "Run")
    assert sent_values(fields_server) == {"T-a": {"p": "Oslo", "n": 7}}


def test_a_run_of_the_address_replaces_no_variable_of_the_preset(fields_server):
    """A variable is not shown, neither the preset's nor the run's."""
    store_preset("Mine", default=True, p=Variable("CITY"), n=7)
    overrides = {"T-a.p": "Oslo", "T-a.n": Variable("NUMBER")}
    app = present(run=add_ended_run(fields_server.url, run=COMPLETED, overrides=overrides).id)
    assert inputs(app) == ["n"]
    assert value(app, "n") == "7"


def test_the_box_of_a_file_lists_its_extensions_without_langflows_help(fields_server):
    help = "Supported file extensions: csv, json"
    file = entry("FileInput", "file", "", file_path=[], info=help, fileTypes=["csv", "json"])
    own = entry("FileInput", "file", "", file_path=[], info="The orders of a day")
    fields_server.set_flows(flow(ONE, "Files", nodes=[node("F-a", path=file, orders=own)]))
    store(inputs={"F-a.path": {}, "F-a.orders": {}})
    words = page_text(present())
    assert help not in words
    assert "CSV, JSON" in words
    assert "The orders of a day" in words
