"""The sync client: each method drives an operation."""

from collections.abc import Generator, Mapping
from datetime import datetime
from typing import Any, BinaryIO, Self

import httpx

from lfclient.api.driver import Driver
from lfclient.api.operations import (
    auth,
    catalogue,
    chat_sessions,
    event_streams,
    flows,
    human_input,
    job_search,
    knowledge,
    model_names,
    models,
    refreshing,
    resources,
    run_completion,
    runs,
    server,
    stopping,
    streamed_calls,
    variables,
)
from lfclient.api.operations.base import Resource
from lfclient.api.operations.context import ApiContext
from lfclient.api.operations.files import Files
from lfclient.api.operations.knowledge import OnIngest
from lfclient.api.operations.runs import OnChange
from lfclient.common.json_types import Json, JsonObject
from lfclient.flows.field import FieldOption
from lfclient.flows.model import Flow, FlowSummary
from lfclient.flows.need import Need
from lfclient.resources.knowledge import KnowledgeBase, McpServer, MemoryBase
from lfclient.resources.models import ModelKind, ModelOption, Provider
from lfclient.resources.server_resources import ResourceKind, ServerResources
from lfclient.resources.variables import ServerVariable
from lfclient.runs.components import ComponentRun, HumanInput, Message
from lfclient.runs.events import Event
from lfclient.runs.lost_jobs import FoundJob
from lfclient.runs.model import Run, StopResult
from lfclient.wire.addresses import normalize_address
from lfclient.wire.server_info import ServerInfo


class LangflowClient(Resource):
    """A client of a Langflow server, release 1.8 or later. Thread-safe.

    `url` may have a base path. Timeouts are in seconds, None for no limit: `timeout` for ordinary
    requests, `run_timeout` for a run in one request. `verify` is the path of a private CA's
    certificate, or whether to verify at all. `server` saves the request for the release if it is
    known. All methods raise `LangflowError`.
    """

    def __init__(
        self,
        url: str,
        api_key: str | None = None,
        timeout: float | None = 10.0,
        run_timeout: float | None = None,
        verify: bool | str = True,
        transport: httpx.BaseTransport | None = None,
        *,
        server: ServerInfo | None = None,
    ) -> None:
        self.url = normalize_address(url)
        context = ApiContext(api_key, server)
        self._driver = Driver(
            self.url, api_key, timeout, run_timeout, verify, transport, context.redactor
        )
        super().__init__(context, self._driver)
        self.files = Files(context, self._driver)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; runs on the server continue."""
        self._driver.close()

    def server(self) -> ServerInfo:
        """Return the release, dialect, capabilities, limits and warnings; fetched once."""
        return self._drive(server.get_server(self._context))

    def version(self) -> str:
        """Return the release alone. Needs no API key; fetched once."""
        return self._drive(server.get_version(self._context))

    def flows(self) -> list[FlowSummary]:
        """Return the flows of the API key's user by name, without the starter projects."""
        return self._drive(flows.list_flows())

    def flow(self, id_or_name: str) -> Flow:
        """Return a flow by its id, endpoint name or name. Raises `FlowNotFound`."""
        return self._drive(flows.get_flow(self._context, id_or_name))

    def run(
        self,
        flow: Flow | str,
        overrides: Mapping[str, Any] | None = None,
        session_id: str | None = None,
        check: bool = True,
    ) -> Run:
        """Run a flow and wait for its result. It is never resent once a byte was sent."""
        return self._drive(runs.run_flow(self._context, flow, overrides, session_id, check))

    def submit(
        self,
        flow: Flow | str,
        overrides: Mapping[str, Any] | None = None,
        session_id: str | None = None,
        check: bool = True,
        idempotency_key: str | None = None,
        repeat: bool = True,
    ) -> Run:
        """Start a background job.

        The same `idempotency_key` returns the same job (1.11+), or a new one if that has failed.
        `repeat=False` never resends a request that may have arrived.
        """
        return self._drive(
            runs.start_run(
                self._context, flow, overrides, session_id, check, idempotency_key, repeat
            )
        )

    def status(self, job: Run | str, flow: Flow | None = None) -> Run:
        """Return a job's current state, with its outputs once it has ended."""
        return self._drive(runs.get_status(self._context, job, flow))

    def wait(
        self,
        job: Run | str,
        timeout: float | None = None,
        on_change: OnChange | None = None,
        flow: Flow | None = None,
    ) -> Run:
        """Wait until the run has ended and return it; call `on_change` with each new status.

        A run that waits for a decision has not ended. Raises `WaitTimeout` after `timeout` seconds.
        """
        return self._drive(runs.wait_for_run(self._context, job, timeout, on_change, flow))

    def stop(self, job: Run | str, flow: Flow | None = None) -> StopResult:
        """Stop a job and return what the server did.

        On 1.13 this first waits about a second for a queued job to start, or half a second after a
        decision: a stop at that moment may lock the server's SQLite database for minutes.
        """
        return self._drive(stopping.stop_run(self._context, job, flow))

    def complete(self, run: Run, flow: Flow | None = None) -> Run:
        """Return an ended run with its true status and complete outputs.

        `status` and `wait` do this already.
        """
        return self._drive(run_completion.complete_run(self._context, run, flow))

    def events(
        self, job: Run | str, after: str | None = None, flow: Flow | None = None
    ) -> Generator[Event, None, None]:
        """Yield a job's events, past and new ones, until it has ended (1.11+).

        Starts after the event with the id `after`. Reconnects if necessary and yields nothing
        twice. The last event is `RunEnded`, or `HumanInputRequired` if the run waits for a
        decision: after that, request the events after that one. Raises `Unsupported` before 1.11.
        """
        return self._drive_events(event_streams.follow_events(self._context, job, after, flow))

    def stream(
        self,
        flow: Flow | str,
        overrides: Mapping[str, Any] | None = None,
        session_id: str | None = None,
        check: bool = True,
    ) -> Generator[Event, None, None]:
        """Run a flow in one request and yield its events as they happen (1.11+).

        Closing the iterator stops the run. If the connection breaks, the last event is `RunEnded`
        with the status `interrupted`; the request is never resent. Closing it within a second of
        the first event may lock the SQLite database of 1.13 for minutes.
        """
        return self._drive_events(
            streamed_calls.stream_run(self._context, flow, overrides, session_id, check)
        )

    def find_jobs(
        self, flow: Flow | str, session_id: str | None, sent_at: datetime
    ) -> list[FoundJob]:
        """Return the jobs that a submit without a response may have created.

        They match by flow and session, or by time if the server stores no session (before 1.12).
        `sent_at` is the time of the request by this machine's clock. Several results are
        ambiguous; none means that no record exists yet, or any more. Trust a match by time only
        if no other run of the flow is possible.
        """
        return self._drive(job_search.find_jobs(self._context, flow, session_id, sent_at))

    def recover_stream(self, run: Run, job_id: str, flow: Flow | None = None) -> Run | None:
        """Return how a streamed run ended whose connection broke; None if nothing proves it.

        `run` is what arrived, with its session, and `job_id` its job, from one of its messages or
        from `find_jobs`. A failed run has its errors. A completed one is proved if each expected
        output arrived or is a chat output, whose message the server stores.
        """
        return self._drive(streamed_calls.recover_stream(self._context, run, job_id, flow))

    def pending(self, flow: Flow | str) -> list[HumanInput]:
        """Return the open questions of a flow's runs (1.11+)."""
        return self._drive(human_input.list_pending(self._context, flow))

    def resume(self, job: Run | str, request_id: str, decision: str) -> None:
        """Answer a run's question with one of its action ids.

        Raises `NotWaiting` if the question is no longer open, and `InvalidRequest` for a decision
        that is not allowed.
        """
        return self._drive(human_input.resume_run(self._context, job, request_id, decision))

    def component_runs(self, run: Run, flow: Flow | None = None) -> dict[str, ComponentRun]:
        """Return a run's components by id from the server's records of a flow's latest run."""
        return self._drive(run_completion.get_component_runs(self._context, run, flow))

    def name_models(
        self, run: Run, flow: Flow | None = None, overrides: Mapping[str, Any] | None = None
    ) -> Run:
        """Return an ended run with the tokens of its components by model.

        The names are from the server's trace (1.12+), else from `overrides`, those that the run was
        sent with ({} if none), else from the flow. Without `overrides`, only from the trace. A run
        without tokens takes no request.
        """
        return self._drive(model_names.name_models(self._context, run, flow, overrides))

    def sessions(self, flow: Flow | str) -> list[str]:
        """Return the ids of a flow's sessions, latest first from 1.12 on.

        Empty if there is no such flow. 1.12 returns only the latest 200.
        """
        return self._drive(chat_sessions.list_sessions(self._context, flow))

    def messages(
        self, flow: Flow | str, session_id: str | None = None, limit: int | None = None
    ) -> list[Message]:
        """Return the latest `limit` messages of a session, or of a whole flow; oldest first."""
        return self._drive(chat_sessions.list_messages(self._context, flow, session_id, limit))

    def rename_session(self, old: str, new: str, flow: Flow | str | None = None) -> None:
        """Give a session another id, in one flow or in all flows of the API key's user.

        Merges it with a session that has this id already. Raises `SessionNotFound`.
        """
        return self._drive(chat_sessions.rename_session(self._context, old, new, flow))

    def delete_session(self, session_id: str, flow: Flow | str | None = None) -> None:
        """Delete a session's messages, in one flow or in all flows of the API key's user."""
        return self._drive(chat_sessions.delete_session(self._context, session_id, flow))

    def variables(self) -> list[ServerVariable]:
        """Return the server's variables by name, without the values of those that are secret."""
        return self._drive(variables.list_variables())

    def save_variable(self, name: str, value: str, is_secret: bool = True) -> ServerVariable:
        """Create a variable of the API key's user, or give it another value.

        The server tries a provider's key. Raises `InvalidRequest` for one that is refused.
        """
        return self._drive(variables.save_variable(self._context, name, value, is_secret))

    def delete_variable(self, variable: ServerVariable) -> None:
        """Delete a variable; components that name it then fail."""
        return self._drive(variables.delete_variable(variable))

    def models(self, kind: ModelKind = "language") -> list[ModelOption]:
        """Return the models that the server offers, those of providers that are ready first."""
        return self._drive(models.list_models(kind))

    def providers(self) -> list[Provider]:
        """Return the providers of models with what is set, those ready first; never a secret."""
        return self._drive(models.list_providers())

    def resources(self, *kinds: ResourceKind) -> ServerResources:
        """Return the server's providers, the names of its variables, and its lists of these kinds.

        The lists of other kinds stay None or empty.
        """
        return self._drive(resources.get_resources(kinds))

    def needs(
        self,
        flow: Flow | str,
        overrides: Mapping[str, Any] | None = None,
        *,
        mode: str | None = None,
    ) -> list[Need]:
        """Return what a run with these overrides needs, met or not: see `NeedKind`.

        With a `mode`, also what only runs in that mode need: on Langflow 1.11 and later, background
        and streamed ones fail for each server variable that is missing.
        """
        return self._drive(resources.find_flow_needs(self._context, flow, overrides or {}, mode))

    def check_provider(self, provider: str, settings: Mapping[str, str]) -> None:
        """Let the server try a provider's settings. Raises `InvalidRequest` if it refuses them.

        `settings` are values by the name of the `ProviderSetting`. They pass as well if the server
        can't reach the provider, or lacks the package that it needs for that.
        """
        return self._drive(models.check_provider(self._context, provider, settings))

    def refresh(self, flow: Flow | str, choices: Mapping[str, Any]) -> Flow:
        """Return the flow as it is after these choices, as Langflow's editor would show it.

        `choices` are values by key, applied in order; those of fields with `refreshes` may show,
        hide, add or remove other fields, or change their options. An invalid choice, which is not
        sent, and one that the server can't apply change nothing and are in `refreshed.errors`. The
        stored flow is not changed; a run of the returned flow applies the choices. A run of the
        stored flow does this by itself if it overrides what a choice in the same run shows. The
        flow is fetched unless this client returned it.
        """
        return self._drive(refreshing.refresh_flow(self._context, flow, choices))

    def options(self, flow: Flow | str, key: str) -> list[FieldOption]:
        """Return what can be chosen for a field now, as the server's lists are."""
        return self._drive(refreshing.list_options(self._context, flow, key))

    def knowledge_bases(self) -> list[KnowledgeBase]:
        """Return the knowledge bases of the API key's user by name."""
        return self._drive(knowledge.list_knowledge_bases())

    def create_knowledge_base(self, name: str, model: ModelOption) -> KnowledgeBase:
        """Create an empty knowledge base; `model` is one of `models("embedding")`.

        The server derives its `dir_name` from the name. Raises `InvalidRequest` for a name that
        is taken or too short.
        """
        return self._drive(knowledge.create_knowledge_base(name, model))

    def ingest(
        self,
        knowledge_base: KnowledgeBase | str,
        files: Mapping[str, bytes | BinaryIO],
        chunk_size: int = 1000,
        chunk_overlap: int = 200,
        timeout: float | None = None,
        on_change: OnIngest | None = None,
    ) -> KnowledgeBase:
        """Add files, by name, to a knowledge base, and return it once it is ready or failed.

        `chunk_size` and `chunk_overlap` are in characters. Calls `on_change` with each state.
        Raises `LangflowError` after `timeout` seconds, or if the server does not name the job that
        adds the files. Whatever ends the wait, the server goes on with them.
        """
        return self._drive(
            knowledge.ingest_files(
                knowledge_base, files, chunk_size, chunk_overlap, timeout, on_change
            )
        )

    def delete_knowledge_base(self, knowledge_base: KnowledgeBase | str) -> None:
        """Delete a knowledge base with its documents, unless it is gone already."""
        return self._drive(knowledge.delete_knowledge_base(knowledge_base))

    def memory_bases(self) -> list[MemoryBase]:
        """Return the memory bases of the API key's user by name; none before Langflow 1.10."""
        return self._drive(knowledge.list_memory_bases())

    def mcp_servers(self, count_tools: bool = False) -> list[McpServer]:
        """Return the MCP servers of the API key's user by name.

        `count_tools` lets Langflow connect to each, which takes seconds.
        """
        return self._drive(knowledge.list_mcp_servers(count_tools))

    def catalogue(self, custom_code: Mapping[str, str] | None = None) -> JsonObject:
        """Return the definitions of the server's components by category and type.

        `custom_code` adds custom components, given as code by type. Code that the server or its
        administrator refuses is omitted.
        """
        return self._drive(catalogue.get_catalogue(custom_code or {}))

    def create_flow(
        self,
        name: str,
        data: JsonObject,
        description: str = "",
        endpoint_name: str | None = None,
    ) -> FlowSummary:
        """Create a flow; the server may change the name to keep it unique."""
        return self._drive(flows.create_flow(name, data, description, endpoint_name))

    def import_flow(self, data: Flow | Json | bytes | str) -> list[FlowSummary]:
        """Create the flows of a file, or a copy of a flow, and return the new flows.

        `data` is one flow, `{"flows": […]}` or a project's ZIP: as bytes, text, parsed JSON or a
        `Flow`, also of another server or of `templates`. Their ids are ignored, so no existing
        flow is overwritten; the server changes names that are taken. Components run the code in
        the file on the server: `lfclient.flows.component_code` lists those with other code than
        the server's. Raises `FileRefused` for anything else, or more than 50 MB.
        """
        return self._drive(flows.import_flow(self._context, data))

    def export_flow(self, flow: Flow | str) -> JsonObject:
        """Return a flow as Langflow's editor exports it, without its id and its secrets.

        Fields for keys and passwords are empty. The components' code is left as it is.
        """
        return self._drive(flows.export_flow(self._context, flow))

    def templates(self) -> list[Flow]:
        """Return the flows that the server offers as templates, by name."""
        return self._drive(flows.list_templates())

    def delete_flow(self, flow_id: str) -> None:
        """Delete a flow. Raises `FlowNotFound`, also if it is deleted already."""
        return self._drive(flows.delete_flow(flow_id))

    def health(self) -> bool:
        """Return whether the server responds and is healthy; never raises if it does not."""
        return self._drive(server.is_healthy())

    def auto_login(self) -> str | None:
        """Return a token if the server needs no password, else None."""
        return self._drive(auth.auto_login(self._context))

    def login(self, user: str, password: str) -> str:
        """Return a token for a user. Raises `InvalidKey` for a wrong password."""
        return self._drive(auth.login(self._context, user, password))

    def sign_in(self, user: str, password: str) -> dict[str, str]:
        """Return the cookies, by name, with which a browser is signed in to Langflow's editor.

        Raises `InvalidKey` for a wrong password.
        """
        return self._drive(auth.sign_in(self._context, user, password))

    def create_key(self, name: str, token: str) -> str:
        """Return a new API key of the token's user."""
        return self._drive(auth.create_key(self._context, name, token))

    def user_id(self) -> str:
        """Return the id of the API key's user, which all keys of that user share."""
        return self._drive(auth.get_user_id())
