"""The official openai SDK's Chat API, on models of every upstream."""

import json

import openai
from harness import (
    ARGUMENTS, BROKEN, BROKEN_STREAMS, ERRORS, HELLO, NO_ANSWER, NO_SWITCH, OTHER_ARGUMENTS, PIXEL, REFUSAL, SAME_BYTES,
    SCHEMA, SEEN, THOUGHT, UNICODE, UPSTREAMS, WRAPPED, cached, case, cases, equal, raises, run, schema_seen,
)
from openai_client import CLIENT, TOOLS, USER, Streamed, ask, counts, result


@case("text")
def _(route):
    answer = ask(route, "text", [{"role": "system", "content": "Be brief."}, USER], temperature=0.5, max_completion_tokens=50)
    equal((answer.choices[0].message.content, answer.choices[0].finish_reason), (HELLO, "stop"))
    equal(answer.choices[0].message.role, "assistant")
    counts(answer.usage)


@case("text stream")
def _(route):
    answer = Streamed(route, "text")
    equal((answer.text, answer.finish), (HELLO, "stop"))
    counts(answer.usage)


@case("stream without usage")
def _(route):
    equal(Streamed(route, "text", usage=False).text, HELLO)


@case("unicode")
def _(route):
    equal(ask(route, "unicode").choices[0].message.content, UNICODE)
    equal(Streamed(route, "unicode").text, UNICODE)


@case("tools")
def _(route):
    answer = ask(route, "tools", tools=TOOLS, tool_choice="auto")
    message = answer.choices[0].message
    equal(answer.choices[0].finish_reason, "tool_calls")
    (call,) = message.tool_calls
    equal((call.function.name, json.loads(call.function.arguments)), ("get_weather", ARGUMENTS))
    final = ask(route, "tools", [USER, message, result(call.id, "21 °C, sunny")], tools=TOOLS)
    equal((final.choices[0].message.content, final.choices[0].finish_reason), ("The tool said: 21 °C, sunny", "stop"))


@case("tools stream")
def _(route):
    answer = Streamed(route, "tools", tools=TOOLS)
    equal(answer.finish, "tool_calls")
    equal(json.loads(answer.calls[0]["arguments"]), ARGUMENTS)
    history = [USER, answer.message(), result(answer.calls[0]["id"], "wet")]
    equal(Streamed(route, "tools", history, tools=TOOLS).text, "The tool said: wet")


@case("text before a tool")
def _(route):
    answer = Streamed(route, "text-tools", tools=TOOLS)
    equal((answer.text, answer.calls[0]["name"], answer.finish), ("Let me look. ", "get_weather", "tool_calls"))
    history = [USER, answer.message(), result(answer.calls[0]["id"], "wet")]
    equal(ask(route, "text-tools", history, tools=TOOLS).choices[0].message.content, "The tool said: wet")


@case("parallel tools")
def _(route):
    message = ask(route, "parallel", tools=TOOLS).choices[0].message
    calls = message.tool_calls
    equal([json.loads(call.function.arguments) for call in calls], [ARGUMENTS, OTHER_ARGUMENTS])
    equal([call.function.name for call in calls], ["get_weather", "get_other_weather"])
    assert calls[0].id != calls[1].id
    # Any order of the results is legal in this dialect.
    history = [USER, message, result(calls[1].id, "second"), result(calls[0].id, "first")]
    text = ask(route, "parallel", history, tools=TOOLS).choices[0].message.content
    assert "first" in text and "second" in text, text


@case("parallel tools stream")
def _(route):
    answer = Streamed(route, "parallel", tools=TOOLS)
    equal([json.loads(call["arguments"]) for call in answer.calls.values()], [ARGUMENTS, OTHER_ARGUMENTS])
    history = [USER, answer.message()] + [result(call["id"], "ok") for call in answer.calls.values()]
    equal(Streamed(route, "parallel", history, tools=TOOLS).text, "The tool said: ok | ok")


@case("no parallel tools", without={"gemini": NO_SWITCH})
def _(route):
    equal(len(ask(route, "parallel", tools=TOOLS, parallel_tool_calls=False).choices[0].message.tool_calls), 1)


@case("named tool choice")
def _(route):
    choice = {"type": "function", "function": {"name": "get_other_weather"}}
    (call,) = ask(route, "tools", tools=TOOLS, tool_choice=choice).choices[0].message.tool_calls
    equal(call.function.name, "get_other_weather")


@case("tool without arguments")
def _(route):
    message = ask(route, "noargs", tools=TOOLS).choices[0].message
    streamed = Streamed(route, "noargs", tools=TOOLS).calls[0]["arguments"]
    for arguments in [message.tool_calls[0].function.arguments, streamed]:
        # A Chat upstream's empty text passes untouched.
        assert arguments == "{}" or (route.upstream == "chat" and arguments == ""), arguments
    history = [USER, message, result(message.tool_calls[0].id, "ok")]
    equal(ask(route, "noargs", history, tools=TOOLS).choices[0].message.content, "The tool said: ok")


@case("thinking")
def _(route):
    answer = ask(route, "thinking", reasoning_effort="low")
    equal((answer.choices[0].message.content, answer.choices[0].message.reasoning_content), (HELLO, THOUGHT))
    counts(answer.usage, completion=20)
    # Kiro does not tell how much of it was thought.
    if route.upstream != "kiro":
        equal(answer.usage.completion_tokens_details.reasoning_tokens, 12)
    streamed = Streamed(route, "thinking", reasoning_effort="low")
    equal((streamed.text, streamed.reasoning), (HELLO, THOUGHT))


@case("thinking tool loop")
def _(route):
    message = ask(route, "thinking-tools", tools=TOOLS, reasoning_effort="low").choices[0].message
    equal(message.reasoning_content, THOUGHT)
    history = [USER, message, result(message.tool_calls[0].id, "wet")]
    final = ask(route, "thinking-tools", history, tools=TOOLS, reasoning_effort="low")
    equal(final.choices[0].message.content, "The tool said: wet")


@case("thinking tool loop, reasoning lost")
def _(route):
    answer = Streamed(route, "thinking-tools", tools=TOOLS, reasoning_effort="low")
    history = [USER, answer.message(), result(answer.calls[0]["id"], "wet")]
    equal(Streamed(route, "thinking-tools", history, tools=TOOLS, reasoning_effort="low").text, "The tool said: wet")


@case("image")
def _(route):
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}
    content = [{"type": "text", "text": "What is this?"}, image]
    equal(json.loads(ask(route, "image", [{"role": "user", "content": content}]).choices[0].message.content), SEEN)


@case("image in a tool result", without=dict.fromkeys(UPSTREAMS, "a tool message of Chat holds texts only"))
def _(route):
    raise NotImplementedError


@case("length")
def _(route):
    equal(ask(route, "length", max_completion_tokens=5).choices[0].finish_reason, "length")
    equal(Streamed(route, "length").finish, "length")


@case("stop")
def _(route):
    equal(ask(route, "stop", stop="END").choices[0].finish_reason, "stop")
    equal(ask(route, "stop", stop=["END", "FIN"]).choices[0].finish_reason, "stop")


@case("refusal")
def _(route):
    plain, streamed = ask(route, "refusal").choices[0], Streamed(route, "refusal")
    if route.upstream in ("chat", "responses"):
        equal((plain.message.refusal, plain.finish_reason), (REFUSAL, "stop"))
        equal((streamed.refusal, streamed.finish), (REFUSAL, "stop"))
    else:
        equal((plain.finish_reason, streamed.finish), ("content_filter", "content_filter"))


@case("cache counts")
def _(route):
    fresh, read, written, output = cached(route.upstream)
    for usage in [ask(route, "usage-cache").usage, Streamed(route, "usage-cache").usage]:
        counts(usage, prompt=fresh + read + written, completion=output)
        equal(usage.prompt_tokens_details.cached_tokens, read)


@case("structured output")
def _(route):
    wanted = {"type": "json_schema", "json_schema": {"name": "city", "schema": SCHEMA, "strict": True}}
    equal(schema_seen(route.upstream, ask(route, "json", response_format=wanted).choices[0].message.content), SCHEMA)
    equal(schema_seen(route.upstream, Streamed(route, "json", response_format=wanted).text), SCHEMA)


@case("big event")
def _(route):
    equal(len(Streamed(route, "big").text), 5 * 1024 * 1024)


@cases(WRAPPED)
def _(route, name):
    equal(Streamed(route, name).text, HELLO)
    equal(ask(route, name).choices[0].message.content, HELLO)


@cases([("late usage", "late-usage"), ("usage everywhere", "usage-everywhere"), ("no terminal event", "no-done")], without={"chat": SAME_BYTES}, direct=False)
def _(route, name):
    answer = Streamed(route, name)
    equal((answer.text, answer.finish), (HELLO, "stop"))
    counts(answer.usage)


@cases([("json for a stream", "json-for-stream"), ("stream for json", "sse-for-plain")], without={"chat": SAME_BYTES}, direct=False)
def _(route, name):
    equal(Streamed(route, name).text, HELLO)
    equal(ask(route, name).choices[0].message.content, HELLO)


@case("silence")
def _(route):
    equal(Streamed(route, "late").text, HELLO)


@cases(ERRORS)
def _(route, name, status, kind, _word):
    for stream in [False, True]:
        call = lambda: route.client.chat.completions.create(model=route.model(name), messages=[USER], stream=stream)
        error = raises(getattr(openai, kind), call)
        assert status in (None, error.status_code), error.status_code
        if status == 429:
            equal(error.response.headers.get("retry-after"), "7")
        if name != "html-502":
            assert isinstance(error.body, dict) and error.body["message"] and error.body["type"], error.body


@case("unknown model")
def _(route):
    raises(openai.NotFoundError, lambda: route.client.chat.completions.create(model="no-such-model", messages=[USER]))


@case("wrong key", direct=False)
def _(route):
    stranger = route.client.with_options(api_key="wrong")
    raises(openai.AuthenticationError, lambda: stranger.chat.completions.create(model=route.model("text"), messages=[USER]))


@cases(BROKEN)
def _(route, name):
    raises(Exception, lambda: Streamed(route, name))
    raises(Exception, lambda: ask(route, name))


@cases(BROKEN_STREAMS, direct=False)
def _(route, name):
    raises(Exception, lambda: Streamed(route, name, tools=TOOLS))


@cases(NO_ANSWER, without={"chat": SAME_BYTES}, direct=False)
def _(route, name):
    raises(Exception, lambda: Streamed(route, name))
    raises(Exception, lambda: ask(route, name))


@case("models")
def _(route):
    models = [model.id for model in route.client.models.list()]
    assert route.model("text") in models and route.model("tools") in models, models[:5]


run(CLIENT)
