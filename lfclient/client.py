"""The sync client: each method drives an operation."""

import ssl
from collections.abc import Generator, Mapping
from typing import Any, Self

import httpx

from lfclient.api.driver import Driver
from lfclient.api.http import ClientOptions, default_headers
from lfclient.api.operations import (
    event_streams,
    flows,
    job_control,
    knowledge,
    refreshing,
    resources,
    runs,
    settings,
    streamed_calls,
    updates,
)
from lfclient.api.operations.auth import Auth
from lfclient.api.operations.base import ApiContext, Resource
from lfclient.api.operations.chat_sessions import Sessions
from lfclient.api.operations.editor import Editor
from lfclient.api.operations.files import Files
from lfclient.api.operations.knowledge import Knowledge
from lfclient.api.operations.resources import Server
from lfclient.api.operations.run_records import Runs
from lfclient.api.operations.runs import OnChange
from lfclient.api.operations.settings import Settings
from lfclient.common.json_types import Json
from lfclient.flows.field import FieldOption
from lfclient.flows.model import Flow, FlowSummary
from lfclient.flows.need import Need
from lfclient.flows.outdated import OutdatedComponent
from lfclient.resources.models import ModelKind, ModelOption, Provider
from lfclient.resources.server_resources import KnowledgeBase, ServerVariable
from lfclient.runs.components import HumanInput
from lfclient.runs.events import Event
from lfclient.runs.model import Run, StopResult
from lfclient.wire.addresses import normalize_address
from lfclient.wire.server_info import ServerInfo


class LangflowClient(Resource):
    """A client of a Langflow server, version 1.8 or later. Thread-safe.

    All methods raise `LangflowError`.

    - `url` may have a base path.
    - `timeout` and `run_timeout` are in seconds, None for no limit. `run_timeout` applies to a run
      in one request, `timeout` to other requests.
    - `verify`: an `ssl.SSLContext`, the path of a private CA's certificate, or whether to verify
      certificates.
    - `headers` are added to every request. Credentials in them, such as those of Authorization,
      Cookie and X-Auth-Token, are redacted like the API key.
    - `max_retries`: how often a request is repeated after a connection error. Requests that start
      or change something are repeated only if nothing was sent. Timeouts are never retried.
    - `http_client` sends the requests. `close` doesn't close it, and `verify` doesn't apply. Its
      connections may reach link-local and cloud metadata addresses, which are refused without it.
      Redirects are never followed. Credentials in its headers are redacted like `headers`.
    - `server` saves the request for the server's version and limits if they are known.
    """

    def __init__(
        self,
        url: str,
        api_key: str | None = None,
        *,
        timeout: float | None = 10.0,
        run_timeout: float | None = None,
        verify: ssl.SSLContext | bool | str = True,
        headers: Mapping[str, str] | None = None,
        max_retries: int = 2,
        http_client: httpx.Client | None = None,
        server: ServerInfo | None = None,
    ) -> None:
        self.url = normalize_address(url)
        sent = default_headers(api_key, headers)
        context = ApiContext(sent, server, http_client)
        options = ClientOptions(self.url, sent, timeout, run_timeout, max_retries)
        self._driver = Driver(options, context.redactor, verify, http_client)
        super().__init__(context, self._driver)
        self.files = Files(context, self._driver)
        self.runs = Runs(context, self._driver)
        self.editor = Editor(context, self._driver)
        self.server = Server(context, self._driver)
        self.settings = Settings(context, self._driver)
        self.auth = Auth(context, self._driver)
        self.knowledge = Knowledge(context, self._driver)
        self.sessions = Sessions(context, self._driver)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; runs on the server continue."""
        self._driver.close()

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
        return self._drive(job_control.stop_run(self._context, job, flow))

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

    def pending(self, flow: Flow | str) -> list[HumanInput]:
        """Return the open questions of a flow's runs (1.11+)."""
        return self._drive(job_control.list_pending(self._context, flow))

    def resume(self, job: Run | str, request_id: str, decision: str) -> None:
        """Answer a run's question with one of its action ids.

        Raises `NotWaiting` if the question is no longer open, and `InvalidRequest` for a decision
        that is not allowed.
        """
        return self._drive(job_control.resume_run(self._context, job, request_id, decision))

    def variables(self) -> list[ServerVariable]:
        """Return the server's variables by name, without the values of those that are secret."""
        return self._drive(settings.list_variables())

    def models(self, kind: ModelKind = "language") -> list[ModelOption]:
        """Return the models that the server offers, those of providers that are ready first."""
        return self._drive(resources.list_models(kind))

    def providers(self) -> list[Provider]:
        """Return the providers of models with what is set, those ready first; never a secret."""
        return self._drive(resources.list_providers())

    def needs(
        self,
        flow: Flow | str,
        overrides: Mapping[str, Any] | None = None,
        *,
        mode: str | None = None,
    ) -> list[Need]:
        """Return what a run with these overrides needs, met or not: see `NeedKind`.

        With a `mode`, also what only runs in that mode need: on Langflow 1.11 and later, background
        and streamed ones fail for each server variable that is missing. Raises `InvalidRequest` for
        an unknown mode.
        """
        return self._drive(resources.find_flow_needs(self._context, flow, overrides or {}, mode))

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

    def import_flow(self, data: Flow | Json | bytes | str) -> list[FlowSummary]:
        """Create the flows of a file, or a copy of a flow, and return the new flows.

        `data` is one flow, `{"flows": […]}` or a project's ZIP: as bytes, text, parsed JSON or a
        `Flow`, also of another server or of `templates`. Their ids are ignored, so no existing
        flow is overwritten; the server changes names that are taken. Components run the code in
        the file on the server: `lfclient.flows.component_code` lists those with other code than
        the server's. Raises `FileRefused` for anything else, or more than 50 MB.
        """
        return self._drive(flows.import_flow(self._context, data))

    def outdated(self, flow: Flow | str) -> list[OutdatedComponent]:
        """Return the components of a flow with other code than the server's for the same type.

        Components with code that a person wrote or edited are left out.
        """
        return self._drive(updates.list_outdated(self._context, flow))

    def update_flow(self, flow: Flow | str) -> FlowSummary:
        """Create a copy of a flow with the server's code, and return the copy.

        The copy's name ends in "(updated)". Components keep their values, models, tool mode and
        connections if the server's code still has them. `client.editor.prepare_update` returns what
        an update would lose, and stores nothing.

        Raises `UpdateFailed` and creates no copy if the server can't build a component. To update
        the other components, import `client.editor.prepare_update(flow).copy`.
        """
        return self._drive(updates.update_copy(self._context, flow))

    def templates(self) -> list[Flow]:
        """Return the flows that the server offers as templates, by name."""
        return self._drive(flows.list_templates())
