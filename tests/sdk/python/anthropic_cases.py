"""The official anthropic SDK, on models of a Claude upstream and of a Chat upstream."""

import json

import anthropic
from harness import (
    ARGUMENTS, CACHE, HELLO, NO_PARALLEL, OTHER_ARGUMENTS, PIXEL, SCHEMA, SEEN, SETTINGS, THOUGHT, UNICODE, case, cases, equal,
    raises, run, schema_of,
)

CLIENT = anthropic.Anthropic(base_url=SETTINGS["base"], api_key=SETTINGS["key"], max_retries=0, timeout=20)
USER = {"role": "user", "content": "hi"}
SCHEMA_OF_TOOL = {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, "exact": {"type": "boolean"}}}
TOOLS = [
    {"name": name, "description": "The weather.", "input_schema": SCHEMA_OF_TOOL} for name in ["get_weather", "get_other_weather"]
]
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}
THINKING = {"type": "enabled", "budget_tokens": 1024}


def ask(route, name, messages=(USER,), **options):
    model = route.model(name)
    message = route.client.messages.create(model=model, messages=list(messages), **{"max_tokens": 4096} | options)
    return check(message, model)


def stream(route, name, messages=(USER,), **options):
    """The message as the SDK's own accumulator makes it, with the invariants of the dialect checked on the way."""
    model = route.model(name)
    request = {"model": model, "messages": list(messages), "max_tokens": 4096} | options
    events = list(route.client.messages.create(**request, stream=True))
    events = [event for event in events if event.type != "ping"]
    equal((events[0].type, events[-1].type), ("message_start", "message_stop"))
    equal((events[0].message.content, events[0].message.stop_reason), ([], None))
    check(events[0].message, model)
    open_block, blocks, stopped = None, 0, False
    for event in events[1:-1]:
        if event.type == "content_block_start":
            assert open_block is None and not stopped, "two blocks are open at once"
            equal(event.index, blocks)
            open_block, blocks = blocks, blocks + 1
        elif event.type == "message_delta":
            assert open_block is None
            stopped = stopped or event.delta.stop_reason is not None
        else:
            equal(event.index, open_block)
            open_block = None if event.type == "content_block_stop" else open_block
    assert stopped, "no stop reason came"
    with route.client.messages.stream(**request) as helper:
        return check(helper.get_final_message(), model)


def check(message, model):
    equal((message.model, message.type, message.role), (model, "message", "assistant"))
    assert message.id.startswith("msg_"), message.id
    return message


def both(route, name, **options):
    return [ask(route, name, **options), stream(route, name, **options)]


def text(message):
    return "".join(block.text for block in message.content if block.type == "text")


def kinds(message):
    return [block.type for block in message.content]


def calls(message):
    return [block for block in message.content if block.type == "tool_use"]


def counts(usage, given=13, output=7):
    equal((usage.input_tokens, usage.output_tokens), (given, output))


def after(message, *results):
    """The conversation so far: what the SDK's objects keep, and one result per call."""
    blocks = [{"type": "tool_result", "tool_use_id": call.id, "content": given} for call, given in zip(calls(message), results)]
    return [USER, {"role": "assistant", "content": message.content}, {"role": "user", "content": blocks}]


@case("text")
def _(route):
    message = ask(route, "text", system="Be brief.", max_tokens=50, stop_sequences=["END"], metadata={"user_id": "someone"})
    equal((kinds(message), text(message), message.stop_reason), (["text"], HELLO, "end_turn"))
    counts(message.usage)


@case("text stream")
def _(route):
    message = stream(route, "text")
    equal((kinds(message), text(message), message.stop_reason), (["text"], HELLO, "end_turn"))
    counts(message.usage)


@case("unicode")
def _(route):
    equal([text(message) for message in both(route, "unicode")], [UNICODE, UNICODE])


@case("tools")
def _(route):
    message = ask(route, "tools", tools=TOOLS, tool_choice={"type": "auto"})
    equal((kinds(message), message.stop_reason), (["tool_use"], "tool_use"))
    equal((calls(message)[0].name, calls(message)[0].input), ("get_weather", ARGUMENTS))
    final = ask(route, "tools", after(message, "21 °C, sunny"), tools=TOOLS)
    equal((text(final), final.stop_reason), ("The tool said: 21 °C, sunny", "end_turn"))


@case("tools stream")
def _(route):
    message = stream(route, "tools", tools=TOOLS)
    equal((kinds(message), message.stop_reason, calls(message)[0].input), (["tool_use"], "tool_use", ARGUMENTS))
    equal(text(stream(route, "tools", after(message, "wet"), tools=TOOLS)), "The tool said: wet")


@case("text before a tool")
def _(route):
    for message in both(route, "text-tools", tools=TOOLS):
        equal((kinds(message), text(message), message.stop_reason), (["text", "tool_use"], "Let me look. ", "tool_use"))
        equal(text(ask(route, "text-tools", after(message, "wet"), tools=TOOLS)), "The tool said: wet")


@case("parallel tools")
def _(route):
    message = ask(route, "parallel", tools=TOOLS)
    equal([call.input for call in calls(message)], [ARGUMENTS, OTHER_ARGUMENTS])
    assert calls(message)[0].id != calls(message)[1].id
    history = after(message, "first", "second")
    history[-1]["content"].append({"type": "text", "text": "And now?"})
    equal(text(ask(route, "parallel", history, tools=TOOLS)), "The tool said: first | second")


@case("parallel tools stream")
def _(route):
    message = stream(route, "parallel", tools=TOOLS)
    equal([(call.name, call.input) for call in calls(message)], [("get_weather", ARGUMENTS), ("get_other_weather", OTHER_ARGUMENTS)])
    equal(text(stream(route, "parallel", after(message, "ok", "ok"), tools=TOOLS)), "The tool said: ok | ok")


@case("no parallel tools", on=NO_PARALLEL)
def _(route):
    choice = {"type": "auto", "disable_parallel_tool_use": True}
    equal(len(calls(ask(route, "parallel", tools=TOOLS, tool_choice=choice))), 1)


@case("named tool choice")
def _(route):
    choice = {"type": "tool", "name": "get_other_weather"}
    equal(calls(ask(route, "tools", tools=TOOLS, tool_choice=choice))[0].name, "get_other_weather")
    equal(calls(ask(route, "tools", tools=TOOLS, tool_choice={"type": "any"}))[0].name, "get_weather")


@case("tool without arguments")
def _(route):
    for message in both(route, "noargs", tools=TOOLS):
        equal(calls(message)[0].input, {})
        equal(text(ask(route, "noargs", after(message, "ok"), tools=TOOLS)), "The tool said: ok")


@case("thinking")
def _(route):
    for message in both(route, "thinking", thinking=THINKING):
        # Gemini signs its text too; the signature comes as a thought of its own.
        signed = ["thinking"] if route.upstream == "gemini" else []
        expected = (["thinking", "text", *signed], THOUGHT, HELLO)
        equal((kinds(message), message.content[0].thinking, text(message)), expected)
        counts(message.usage, output=20)


@case("thinking tool loop")
def _(route):
    for message in both(route, "thinking-tools", tools=TOOLS, thinking=THINKING):
        equal(kinds(message), ["thinking", "tool_use"])
        final = ask(route, "thinking-tools", after(message, "wet"), tools=TOOLS, thinking=THINKING)
        equal(text(final), "The tool said: wet")


@case("thinking tool loop, text omitted", on=("claude",))
def _(route):
    thinking = THINKING | {"display": "omitted"}
    for message in both(route, "thinking-tools", tools=TOOLS, thinking=thinking):
        equal((kinds(message), message.content[0].thinking), (["thinking", "tool_use"], ""))
        final = ask(route, "thinking-tools", after(message, "wet"), tools=TOOLS, thinking=thinking)
        equal(text(final), "The tool said: wet")


@case("redacted thinking tool loop", on=("claude",))
def _(route):
    for message in both(route, "redacted", tools=TOOLS, thinking=THINKING):
        equal(kinds(message), ["redacted_thinking", "tool_use"])
        equal(text(ask(route, "redacted", after(message, "wet"), tools=TOOLS, thinking=THINKING)), "The tool said: wet")


@case("image")
def _(route):
    content = [IMAGE, {"type": "text", "text": "What is this?"}]
    equal(json.loads(text(ask(route, "image", [{"role": "user", "content": content}]))), SEEN)


@case("image in a tool result")
def _(route):
    message = ask(route, "tool-image", tools=TOOLS)
    history = after(message, [{"type": "text", "text": "a picture"}, IMAGE])
    equal(json.loads(text(ask(route, "tool-image", history, tools=TOOLS))), SEEN)


@case("length and stop")
def _(route):
    equal({message.stop_reason for message in both(route, "length", max_tokens=5)}, {"max_tokens"})
    for message in both(route, "stop", stop_sequences=["FIN"]):
        # A Chat upstream does not tell a stop sequence from an end.
        if route.upstream == "claude":
            equal((message.stop_reason, message.stop_sequence), ("stop_sequence", "FIN"))
        else:
            equal(message.stop_reason, "end_turn")


@case("refusal")
def _(route):
    for message in both(route, "refusal"):
        equal(message.stop_reason, "refusal")
        # Gemini says first that it has blocked the prompt.
        assert text(message).endswith("I cannot help with that."), text(message)


@case("cache counts")
def _(route):
    prompt, read, written, output = CACHE[route.upstream]
    for message in both(route, "usage-cache"):
        counts(message.usage, given=prompt - read - written, output=output)
        equal((message.usage.cache_read_input_tokens, message.usage.cache_creation_input_tokens), (read, written))


@case("structured output")
def _(route):
    config = {"format": {"type": "json_schema", "schema": SCHEMA}}
    received = json.loads(text(ask(route, "json", output_config=config)))
    equal(schema_of(route, received), SCHEMA)


@case("big event")
def _(route):
    equal(len(text(stream(route, "big"))), 5 * 1024 * 1024)


@cases([(name, name.replace(" ", "-")) for name in ["crlf", "comments", "one byte", "gzip"]])
def _(route, name):
    equal([text(message) for message in both(route, name)], [HELLO, HELLO])


@cases([("late usage", "late-usage"), ("usage everywhere", "usage-everywhere")])
def _(route, name):
    message = stream(route, name)
    equal((text(message), message.stop_reason), (HELLO, "end_turn"))
    counts(message.usage)


@cases([("no terminal event", "no-done"), ("json for a stream", "json-for-stream"), ("stream for json", "sse-for-plain"),
        ("empty tool_calls", "tool-calls-empty-array")], on=("chat",), direct=False)
def _(route, name):
    for message in both(route, name):
        equal((kinds(message), text(message), message.stop_reason), (["text"], HELLO, "end_turn"))
        counts(message.usage)


@cases([(name, name.replace(" ", "-")) for name in ["name repeats", "late id", "whole call", "missing index"]], on=("chat",), direct=False)
def _(route, name):
    message = stream(route, name, tools=TOOLS)
    equal((kinds(message), calls(message)[0].input, message.stop_reason), (["tool_use"], ARGUMENTS, "tool_use"))
    equal(text(ask(route, name, after(message, "ok"), tools=TOOLS)), "The tool said: ok")


@case("interleaved", on=("chat",), direct=False)
def _(route):
    equal([call.input for call in calls(stream(route, "interleaved", tools=TOOLS))], [ARGUMENTS, OTHER_ARGUMENTS])


@case("reasoning field", on=("chat",), direct=False)
def _(route):
    message = stream(route, "reasoning-field", thinking=THINKING)
    equal((kinds(message), message.content[0].thinking, text(message)), (["thinking", "text"], THOUGHT, HELLO))


@cases([
    ("error 400", "400", 400, anthropic.BadRequestError, "invalid_request_error"),
    ("error 401", "401", 401, anthropic.AuthenticationError, "authentication_error"),
    ("error 403", "403", 403, anthropic.PermissionDeniedError, "permission_error"),
    ("error 404", "404", 404, anthropic.NotFoundError, "not_found_error"),
    ("error 429", "429", 429, anthropic.RateLimitError, "rate_limit_error"),
    ("error 500", "500", 500, anthropic.InternalServerError, "api_error"),
    ("error 503", "503", None, anthropic.InternalServerError, "overloaded_error"),
    ("error 529", "529", None, anthropic.InternalServerError, "overloaded_error"),
    ("html 502", "html-502", None, anthropic.InternalServerError, None),
])
def _(route, name, status, kind, word):
    for stream in [False, True]:
        call = lambda: route.client.messages.create(model=route.model(name), messages=[USER], max_tokens=9, stream=stream)
        error = raises(kind, call)
        assert status in (None, error.status_code), error.status_code
        if status == 429:
            equal(error.response.headers.get("retry-after"), "7")
        if word:
            equal((error.body["type"], error.body["error"]["type"]), ("error", word))
            assert error.body["error"]["message"]


@case("unknown model")
def _(route):
    raises(anthropic.NotFoundError, lambda: route.client.messages.create(model="no-such-model", messages=[USER], max_tokens=9))


@case("wrong key", direct=False)
def _(route):
    stranger = route.client.with_options(api_key="wrong")
    call = lambda: stranger.messages.create(model=route.model("text"), messages=[USER], max_tokens=9)
    equal(raises(anthropic.AuthenticationError, call).body["type"], "error")


@cases([("cut stream", "cut"), ("error in stream", "error-in-stream"), ("error first", "error-first")])
def _(route, name):
    request = {"model": route.model(name), "messages": [USER], "max_tokens": 9}
    raises(Exception, lambda: list(route.client.messages.create(**request, stream=True)))
    raises(Exception, lambda: ask(route, name))


@cases([("clean cut", "cut-clean"), ("no finish reason", "no-finish"), ("cut tool call", "cut-tools")], direct=False)
def _(route, name):
    request = {"model": route.model(name), "messages": [USER], "max_tokens": 9, "tools": TOOLS}
    raises(Exception, lambda: list(route.client.messages.create(**request, stream=True)))


@cases([("html 200", "html"), ("empty 200", "empty")], on=("chat",), direct=False)
def _(route, name):
    request = {"model": route.model(name), "messages": [USER], "max_tokens": 9}
    raises(Exception, lambda: list(route.client.messages.create(**request, stream=True)))
    raises(Exception, lambda: ask(route, name))


@case("count tokens")
def _(route):
    count = route.client.messages.count_tokens
    model = route.model("text")
    short = count(model=model, messages=[USER]).input_tokens
    long = count(model=model, messages=[USER], system="Be brief. " * 20, tools=TOOLS).input_tokens
    assert 0 < short < long - 40, (short, long)


@case("models")
def _(route):
    models = [model.id for model in route.client.models.list(limit=1000)]
    assert route.model("text") in models and route.model("tools") in models, models[:5]


run(CLIENT)
