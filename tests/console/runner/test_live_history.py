"""Lists of runs with their current status, and deletion."""

from lfclient.console.config.settings import RetentionSettings
from lfclient.console.store.run_queries import RunFilter
from lfclient.runs.model import RunStatus
from tests.support.flows import chat_input, edge, flow, node, text

TEXT = "ChatInput-a.input_value"


def test_a_run_is_listed_with_its_current_status_and_its_inputs(harness):
    harness.server.hold_submits = True
    run_id = harness.start({"ChatInput-a.input_value": "Hello there"})
    (listed,) = harness.runner.history.page([harness.owner]).runs
    assert (listed.id, listed.status) == (run_id, RunStatus.QUEUED)
    assert listed.input_summary == (("", "Hello there"),)
    harness.server.hold_submits = False
    harness.wait_for_end(run_id)
    listed = harness.runner.history.get([harness.owner], run_id)
    assert (listed.status, listed.seconds is not None) == (RunStatus.COMPLETED, True)
    harness.wait_until_saved(run_id, lambda record: record.ended)
    assert harness.runner.history.get([harness.owner], run_id).output_summary == "echo"
    page = harness.runner.history.page([harness.owner], RunFilter(text="there echo"))
    assert [run.id for run in page.runs] == [run_id]


def test_a_run_is_recorded_with_the_flows_defaults_of_its_inputs(harness):
    place = node("Prompt-a", place=text("Harbour", api_editable=True, display_name="Place"))
    harness.flow = flow(chat_input(), place, edges=[edge("Prompt-a", "ChatInput-a", "other")])
    sent = {"ChatInput-a.input_value": "hi", "Prompt-a.place": "Harbour"}
    run_ids = [
        harness.start({TEXT: "hi"}),
        harness.start(sent),
        harness.start({**sent, TEXT: "ho"}),
    ]
    for run_id in run_ids:
        harness.wait_until_saved(run_id, lambda record: record.ended)
    record = harness.get(run_ids[0])
    assert (record.overrides, record.flow_defaults) == ({TEXT: "hi"}, {"Prompt-a.place": "Harbour"})
    found = harness.runner.history.page([harness.owner], RunFilter(text="harbour hi")).runs
    assert {run.id: run.input_summary for run in found} == dict.fromkeys(run_ids[:2], (("", "hi"),))


def test_a_deleted_run_is_gone_from_memory_and_store(harness):
    """An unfinished one stays."""
    ended = harness.start()
    harness.wait_until_saved(ended, lambda record: record.ended)
    harness.server.hold_submits = True
    unfinished = harness.start()
    assert harness.runner.history.delete([harness.owner], [ended, unfinished]) == [ended]
    assert harness.get(ended) is None
    assert harness.get(unfinished)


def test_inputs_that_must_not_be_stored_are_sent_only(harness):
    harness.runner.store.retention = RetentionSettings(store_inputs=False)
    run_id = harness.start({"ChatInput-a.input_value": "Hello there"})
    record = harness.wait_for_end(run_id)
    assert (record.inputs, record.input_summary, record.inputs_stored) == ({}, (), False)
    assert record.run.outputs["ChatOutput-b"].value == "echo"
