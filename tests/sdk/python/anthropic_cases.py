"""The official anthropic SDK, on models of every upstream."""

import json

import anthropic
from anthropic_client import CLIENT, TOOLS, USER, after, ask, both, calls, counts, kinds, stream, text
from harness import (
    ARGUMENTS, BROKEN, BROKEN_STREAMS, CHAT_ODDITY, ERRORS, HELLO, NO_ANSWER, NO_SWITCH, OTHER_ARGUMENTS, PIXEL, SAME_BYTES,
    SCHEMA, SEEN, THOUGHT, TOOL_IMAGES, UNICODE, WRAPPED, cached, case, cases, equal, only, raises, refusal, run, schema_seen,
)

IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}
THINKING = {"type": "enabled", "budget_tokens": 1024}
CLAUDE_STATE = "only Claude hides its thinking behind a signature"


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


@case("no parallel tools", without={"gemini": NO_SWITCH})
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


@case("the SDK's own tool loop")
def _(route):
    @anthropic.beta_tool
    def get_weather(city: str, days: int, exact: bool) -> str:
        """The weather."""
        return f"{city}, {days}, {exact}"

    for thinking in [{"type": "disabled"}, THINKING]:
        options = {"max_tokens": 4096, "messages": [USER], "tools": [get_weather], "thinking": thinking}
        runner = route.client.beta.messages.tool_runner(model=route.model("thinking-tools"), **options)
        equal(text(runner.until_done()), "The tool said: Zürich, 3, True")


@case("thinking")
def _(route):
    for message in both(route, "thinking", thinking=THINKING):
        # Google's state comes behind the text, where no block may be.
        equal((kinds(message), message.content[0].thinking, text(message)), (["thinking", "text"], THOUGHT, HELLO))
        counts(message.usage, output=20)


@case("thinking tool loop")
def _(route):
    for message in both(route, "thinking-tools", tools=TOOLS, thinking=THINKING):
        equal(kinds(message), ["thinking", "tool_use"])
        final = ask(route, "thinking-tools", after(message, "wet"), tools=TOOLS, thinking=THINKING)
        equal(text(final), "The tool said: wet")


@case("thinking tool loop, text omitted", without=only("claude", because=CLAUDE_STATE))
def _(route):
    thinking = THINKING | {"display": "omitted"}
    for message in both(route, "thinking-tools", tools=TOOLS, thinking=thinking):
        equal((kinds(message), message.content[0].thinking), (["thinking", "tool_use"], ""))
        final = ask(route, "thinking-tools", after(message, "wet"), tools=TOOLS, thinking=thinking)
        equal(text(final), "The tool said: wet")


@case("redacted thinking tool loop", without=only("claude", because=CLAUDE_STATE))
def _(route):
    for message in both(route, "redacted", tools=TOOLS, thinking=THINKING):
        equal(kinds(message), ["redacted_thinking", "tool_use"])
        equal(text(ask(route, "redacted", after(message, "wet"), tools=TOOLS, thinking=THINKING)), "The tool said: wet")


@case("image")
def _(route):
    content = [IMAGE, {"type": "text", "text": "What is this?"}]
    equal(json.loads(text(ask(route, "image", [{"role": "user", "content": content}]))), SEEN)


@cases(TOOL_IMAGES)
def _(route, name):
    message = ask(route, name, tools=TOOLS)
    history = after(message, [{"type": "text", "text": "a picture"}, IMAGE])
    for message in [ask(route, name, history, tools=TOOLS), stream(route, name, history, tools=TOOLS)]:
        equal(json.loads(text(message)), SEEN)


@case("length")
def _(route):
    equal({message.stop_reason for message in both(route, "length", max_tokens=5)}, {"max_tokens"})


@case("stop")
def _(route):
    for message in both(route, "stop", stop_sequences=["FIN"]):
        # The others do not tell a stop sequence from an end.
        if route.upstream == "claude":
            equal((message.stop_reason, message.stop_sequence), ("stop_sequence", "FIN"))
        else:
            equal(message.stop_reason, "end_turn")


@case("refusal")
def _(route):
    for message in both(route, "refusal"):
        equal((text(message), message.stop_reason), (refusal(route.upstream), "refusal"))


@case("cache counts")
def _(route):
    fresh, read, written, output = cached(route.upstream)
    for message in both(route, "usage-cache"):
        counts(message.usage, given=fresh, output=output)
        equal((message.usage.cache_read_input_tokens, message.usage.cache_creation_input_tokens), (read, written))


@case("structured output")
def _(route):
    for message in both(route, "json", output_config={"format": {"type": "json_schema", "schema": SCHEMA}}):
        equal(schema_seen(route.upstream, text(message)), SCHEMA)


@case("big event")
def _(route):
    equal(len(text(stream(route, "big"))), 5 * 1024 * 1024)


@cases(WRAPPED)
def _(route, name):
    equal([text(message) for message in both(route, name)], [HELLO, HELLO])


@cases([("late usage", "late-usage"), ("usage everywhere", "usage-everywhere")])
def _(route, name):
    message = stream(route, name)
    equal((text(message), message.stop_reason), (HELLO, "end_turn"))
    counts(message.usage)


@cases([("no terminal event", "no-done"), ("json for a stream", "json-for-stream"), ("stream for json", "sse-for-plain")],
       without={"claude": SAME_BYTES}, direct=False)
@cases([("empty tool_calls", "tool-calls-empty-array")], without=only("chat", because=CHAT_ODDITY), direct=False)
def _(route, name):
    for message in both(route, name):
        equal((kinds(message), text(message), message.stop_reason), (["text"], HELLO, "end_turn"))
        counts(message.usage)


@cases([(name, name.replace(" ", "-")) for name in ["name repeats", "late id", "whole call", "missing index"]], without=only("chat", because=CHAT_ODDITY), direct=False)
def _(route, name):
    message = stream(route, name, tools=TOOLS)
    equal((kinds(message), calls(message)[0].input, message.stop_reason), (["tool_use"], ARGUMENTS, "tool_use"))
    equal(text(ask(route, name, after(message, "ok"), tools=TOOLS)), "The tool said: ok")


@case("interleaved", without=only("chat", because=CHAT_ODDITY), direct=False)
def _(route):
    equal([call.input for call in calls(stream(route, "interleaved", tools=TOOLS))], [ARGUMENTS, OTHER_ARGUMENTS])


@case("reasoning field", without=only("chat", because=CHAT_ODDITY), direct=False)
def _(route):
    message = stream(route, "reasoning-field", thinking=THINKING)
    equal((kinds(message), message.content[0].thinking, text(message)), (["thinking", "text"], THOUGHT, HELLO))


@case("silence")
def _(route):
    request = {"model": route.model("late"), "messages": [USER], "max_tokens": 9}
    with route.client.messages.stream(**request) as helper:
        equal(helper.get_final_text(), HELLO)


@cases(ERRORS)
def _(route, name, status, kind, word):
    for stream in [False, True]:
        call = lambda: route.client.messages.create(model=route.model(name), messages=[USER], max_tokens=9, stream=stream)
        error = raises(getattr(anthropic, kind), call)
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


@cases(BROKEN)
def _(route, name):
    request = {"model": route.model(name), "messages": [USER], "max_tokens": 9}
    raises(Exception, lambda: list(route.client.messages.create(**request, stream=True)))
    raises(Exception, lambda: ask(route, name))


@cases(BROKEN_STREAMS, direct=False)
def _(route, name):
    request = {"model": route.model(name), "messages": [USER], "max_tokens": 9, "tools": TOOLS}
    raises(Exception, lambda: list(route.client.messages.create(**request, stream=True)))


@cases(NO_ANSWER, without={"claude": SAME_BYTES}, direct=False)
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
