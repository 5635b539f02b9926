"""A model provider on loopback: OpenAI's API below `/v1`, and those of Anthropic, Google, Ollama.

What is asked for decides the answer. A key that starts with `sk-wrong` is refused, one with
`sk-limited` is asked to wait; a chat with `slow` in its key is answered two seconds later. A
streamed model with `held` in its name sends no more words than the test lets through, one with
`cut` breaks the connection in the middle. Words of a user such as `call add {"a": 1, "b": 2}`
call an offered tool; a forced function and a JSON schema are given what fits them. Everything else
is answered with `<model> says: <the user's last words>`.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
import re
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from lfclient.common.json_types import JsonObject
from tests.support.waiting import wait_for

# more than the five that Langflow enables of each provider
LANGUAGE_MODELS = ("gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini", "gpt-5-mini", "gpt-cut", "gpt-4o")
EMBEDDING_MODELS = ("text-embedding-3-small",)
OLLAMA_MODELS = {
    "llama3.2:latest": ["completion", "tools"],
    "nomic-embed-text:latest": ["embedding"],
}
OLLAMA_CUT = "llama-cut:latest"  # not listed
OLLAMA_URL = "OLLAMA_BASE_URL"  # the variable with Ollama's address
_CALL = re.compile(r"\bcall (?P<name>\w+) (?P<arguments>\{.*?\})")


@dataclass(frozen=True)
class ModelRequest:
    """A request that arrived: its path, its key, and its JSON."""

    path: str
    key: str
    body: JsonObject


class ModelServer:
    """A context manager that serves at `url`; `requests` are all that arrived."""

    def __init__(self, port: int = 0) -> None:
        self.requests: list[ModelRequest] = []
        routes = [
            Route("/v1/models", self._models),
            Route("/v1/chat/completions", self._chat, methods=["POST"]),
            Route("/v1/embeddings", self._embeddings, methods=["POST"]),
            Route("/v1/messages", self._anthropic_chat, methods=["POST"]),
            Route("/v1/models/{call}", self._google_chat, methods=["POST"]),
            Route("/api/tags", self._ollama_tags),
            Route("/api/show", self._ollama_show, methods=["POST"]),
            Route("/api/chat", self._ollama_chat, methods=["POST"]),
            Route("/api/embed", self._ollama_embed, methods=["POST"]),
        ]
        config = uvicorn.Config(
            Starlette(routes=routes), port=port, log_level="critical", lifespan="off"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, name="models", daemon=True)

    def __enter__(self) -> ModelServer:
        self._thread.start()
        wait_for(lambda: self._server.started)
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(10)

    @property
    def url(self) -> str:
        """Ollama's base URL; OpenAI's is this with `/v1`."""
        host, port = self._server.servers[0].sockets[0].getsockname()[:2]
        return f"http://{host}:{port}"

    def chats(self) -> list[ModelRequest]:
        """Return the requests for a chat's answer, of both APIs."""
        return [one for one in self.requests if one.path.endswith(("completions", "/api/chat"))]

    async def _record(self, request: Request) -> ModelRequest:
        names = ("x-api-key", "x-goog-api-key", "authorization")
        key = next(filter(None, (request.headers.get(name) for name in names)), "")
        key = key.removeprefix("Bearer ")
        content = await request.body()
        body = json.loads(content) if content else {}
        self.requests.append(ModelRequest(request.url.path, key, body))
        return self.requests[-1]

    async def _models(self, request: Request) -> Response:
        refusal = _refusal((await self._record(request)).key)
        names = (*LANGUAGE_MODELS, *EMBEDDING_MODELS)
        models = [{"id": name, "object": "model", "owned_by": "tests"} for name in names]
        return refusal or JSONResponse({"object": "list", "data": models})

    async def _chat(self, request: Request) -> Response:
        asked = await self._record(request)
        if "slow" in asked.key:
            await asyncio.sleep(2)
        refusal = _refusal(asked.key)
        if refusal:
            return refusal
        body = asked.body
        message = _answer(body)
        if body.get("stream"):
            return StreamingResponse(
                self._openai_events(body, message), media_type="text/event-stream"
            )
        choice = {"index": 0, "message": message, "finish_reason": _finish_reason(message)}
        return JSONResponse(
            {**_head(body, "chat.completion"), "choices": [choice], "usage": _usage(body, message)}
        )

    async def _embeddings(self, request: Request) -> Response:
        asked = await self._record(request)
        inputs = asked.body["input"]
        inputs = inputs if isinstance(inputs, list) else [inputs]
        data = [
            {"object": "embedding", "index": index, "embedding": embed(str(text))}
            for index, text in enumerate(inputs)
        ]
        usage = {"prompt_tokens": len(inputs), "total_tokens": len(inputs)}
        answer = {"object": "list", "data": data, "model": asked.body["model"], "usage": usage}
        return _refusal(asked.key) or JSONResponse(answer)

    async def _anthropic_chat(self, request: Request) -> Response:
        asked = await self._record(request)
        return _refusal(asked.key) or _anthropic_answer(asked.body)

    async def _google_chat(self, request: Request) -> Response:
        asked = await self._record(request)
        model, _, method = request.path_params["call"].partition(":")
        return _refusal(asked.key) or _google_answer(asked.body, model, method)

    async def _ollama_tags(self, request: Request) -> Response:
        await self._record(request)
        return JSONResponse({"models": [{"name": name, "model": name} for name in OLLAMA_MODELS]})

    async def _ollama_show(self, request: Request) -> Response:
        body = (await self._record(request)).body
        name = body.get("model") or body.get("name")
        if name not in OLLAMA_MODELS:
            return _unknown_model(name)
        return JSONResponse({"capabilities": OLLAMA_MODELS[name], "details": {}, "model_info": {}})

    async def _ollama_chat(self, request: Request) -> Response:
        body = (await self._record(request)).body
        if body["model"] not in (*OLLAMA_MODELS, OLLAMA_CUT):
            return _unknown_model(body["model"])
        message = _answer(body)
        if body.get("stream", True):
            lines = self._ollama_lines(body, message)
            return StreamingResponse(lines, media_type="application/x-ndjson")
        return JSONResponse(_ollama_end(body, message, message))

    async def _ollama_embed(self, request: Request) -> Response:
        body = (await self._record(request)).body
        inputs = body["input"] if isinstance(body["input"], list) else [body["input"]]
        return JSONResponse({"model": body["model"], "embeddings": [*map(embed, inputs)]})

    async def _openai_events(self, body: JsonObject, message: JsonObject) -> AsyncIterator[str]:
        head = _head(body, "chat.completion.chunk")

        def event(delta: JsonObject, reason: str | None = None) -> str:
            choice = {"index": 0, "delta": delta, "finish_reason": reason}
            return f"data: {json.dumps({**head, 'choices': [choice]})}\n\n"

        for number, delta in enumerate(_deltas(message)):
            yield event(delta)
            self._break_off(body["model"], number)
        yield event({}, _finish_reason(message))
        if (body.get("stream_options") or {}).get("include_usage"):
            usage = {**head, "choices": [], "usage": _usage(body, message)}
            yield f"data: {json.dumps(usage)}\n\n"
        yield "data: [DONE]\n\n"

    async def _ollama_lines(self, body: JsonObject, message: JsonObject) -> AsyncIterator[str]:
        for number, word in enumerate(_words(message), 1):
            part = {"role": "assistant", "content": word}
            yield json.dumps({"model": body["model"], "message": part, "done": False}) + "\n"
            self._break_off(body["model"], number)
        yield json.dumps(_ollama_end(body, {**message, "content": ""}, message)) + "\n"

    def _break_off(self, model: str, number: int) -> None:
        """Break the connection after the third part, if the model's name says so."""
        if "cut" in model and number == 3:
            raise ConnectionAbortedError


def embed(text: str) -> list[float]:
    """Return a unit vector of eight numbers in which texts with common words are near."""
    vector = [0.0] * 8
    for word in re.findall(r"\w+", text.casefold()):
        vector[hashlib.sha256(word.encode()).digest()[0] % 8] += 1.0
    length = math.hypot(*vector) or 1.0
    return [number / length for number in vector]


def _unknown_model(name: str) -> Response:
    return JSONResponse({"error": f"model '{name}' not found"}, status_code=404)


def _refusal(key: str) -> Response | None:
    if key.startswith("sk-wrong"):
        error = {"message": "Incorrect API key provided.", "code": "invalid_api_key"}
        return JSONResponse({"error": error}, status_code=401)
    if key.startswith("sk-limited"):
        error = {"message": "Rate limit reached.", "code": "rate_limit_exceeded"}
        return JSONResponse({"error": error}, status_code=429, headers={"retry-after": "1"})
    return None


def _answer(body: JsonObject) -> JsonObject:
    """Return the assistant's message: text, or a call of a tool."""
    messages = body["messages"]
    said = next((_text(one) for one in reversed(messages) if one["role"] == "user"), "")
    functions = {tool["function"]["name"]: tool["function"] for tool in body.get("tools") or ()}
    forced = body.get("tool_choice")
    if isinstance(forced, dict):
        name = forced["function"]["name"]
        return _tool_call(name, _fitting(functions[name].get("parameters", {})))
    schema = (body.get("response_format") or {}).get("json_schema", {}).get("schema")
    if schema:
        return {"role": "assistant", "content": json.dumps(_fitting(schema))}
    called = _CALL.search(said)
    if called and called["name"] in functions and messages[-1]["role"] != "tool":
        return _tool_call(called["name"], json.loads(called["arguments"]))
    if messages[-1]["role"] == "tool":
        said = f"the tool returned {_text(messages[-1])}"
    return {"role": "assistant", "content": f"{body['model']} says: {said[:400]}"}


def _tool_call(name: str, arguments: Any) -> JsonObject:
    function = {"name": name, "arguments": json.dumps(arguments)}
    call = {"id": f"call_{name}", "type": "function", "function": function}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


def _text(message: JsonObject) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return " ".join(part.get("text", "") for part in content if isinstance(part, dict))


def _fitting(schema: JsonObject, definitions: JsonObject | None = None) -> Any:
    """Return a value that fits a JSON schema."""
    definitions = definitions or schema.get("$defs") or {}
    if "$ref" in schema:
        return _fitting(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    for choice in ("anyOf", "allOf"):
        if schema.get(choice):
            return _fitting(schema[choice][0], definitions)
    if schema.get("enum"):
        return schema["enum"][0]
    type = schema.get("type")
    if type == "array":
        return [_fitting(schema.get("items") or {}, definitions)]
    if type == "object" or "properties" in schema:
        properties = schema.get("properties") or {}
        return {name: _fitting(part, definitions) for name, part in properties.items()}
    return {"integer": 1, "number": 1.5, "boolean": True, "null": None}.get(type, "some text")


def _words(message: JsonObject) -> list[str]:
    return re.findall(r"\S+\s*", message["content"] or "")


def _usage(body: JsonObject, message: JsonObject) -> JsonObject:
    asked = sum(len(_text(one).split()) for one in body["messages"])
    said = len(_words(message)) or 5
    return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}


def _head(body: JsonObject, kind: str) -> JsonObject:
    created = int(time.time())
    return {"id": "chatcmpl-1", "object": kind, "created": created, "model": body["model"]}


def _finish_reason(message: JsonObject) -> str:
    return "tool_calls" if message.get("tool_calls") else "stop"


def _deltas(message: JsonObject) -> Iterator[JsonObject]:
    yield {"role": "assistant", "content": ""}
    for index, call in enumerate(message.get("tool_calls", ())):
        yield {"tool_calls": [{"index": index, **call}]}
    for word in _words(message):
        yield {"content": word}


def _anthropic_answer(body: JsonObject) -> Response:
    answer = _answer(body)
    usage = _usage(body, answer)
    counts = {"input_tokens": usage["prompt_tokens"], "output_tokens": usage["completion_tokens"]}
    text = {"type": "text", "text": answer["content"]}
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": body["model"]}
    end = {"stop_reason": "end_turn", "stop_sequence": None}
    if not body.get("stream"):
        return JSONResponse({**head, **end, "content": [text], "usage": counts})
    events = [
        {"type": "message_start", "message": {**head, "content": [], "usage": counts}},
        {"type": "content_block_start", "index": 0, "content_block": {**text, "text": ""}},
        *(
            {
                "type": "content_block_delta",
                "index": 0,
                "delta": {"type": "text_delta", "text": word},
            }
            for word in _words(answer)
        ),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": end, "usage": counts},
        {"type": "message_stop"},
    ]
    lines = (f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
    return StreamingResponse(lines, media_type="text/event-stream")


def _google_answer(body: JsonObject, model: str, method: str) -> Response:
    messages = [
        {"role": content.get("role", "user"), "content": content["parts"]}
        for content in body["contents"]
    ]
    asked = {"model": model, "messages": messages}
    answer = _answer(asked)
    usage = _usage(asked, answer)
    counts = {
        "promptTokenCount": usage["prompt_tokens"],
        "candidatesTokenCount": usage["completion_tokens"],
        "totalTokenCount": usage["total_tokens"],
    }
    content = {"role": "model", "parts": [{"text": answer["content"]}]}
    candidate = {"content": content, "finishReason": "STOP", "index": 0}
    whole = {"candidates": [candidate], "usageMetadata": counts, "modelVersion": model}
    if method == "generateContent":
        return JSONResponse(whole)
    return Response(f"data: {json.dumps(whole)}\n\n", media_type="text/event-stream")


def _ollama_end(body: JsonObject, last: JsonObject, whole: JsonObject) -> JsonObject:
    """Return the last line, with what `last` still has to say; tool calls have objects."""
    usage = _usage(body, whole)
    calls = [
        {"function": {**call["function"], "arguments": json.loads(call["function"]["arguments"])}}
        for call in whole.get("tool_calls", ())
    ]
    message = {"role": "assistant", "content": last["content"] or "", "tool_calls": calls}
    counts = {"prompt_eval_count": usage["prompt_tokens"], "eval_count": usage["completion_tokens"]}
    end = {"model": body["model"], "message": message, "done": True, "done_reason": "stop"}
    return {**end, "created_at": "2026-11-27T00:00:00Z", **counts}
