"""The official openai SDK's Chat Completions, on models of every upstream."""

import json

import openai
from harness import (
    ARGUMENTS, CACHE, HELLO, NO_PARALLEL, OTHER_ARGUMENTS, PIXEL, SCHEMA, SEEN, SETTINGS, THOUGHT, UNICODE, case, cases, equal,
    raises, run, schema_of,
)

CLIENT = openai.OpenAI(base_url=f"{SETTINGS['base']}/v1", api_key=SETTINGS["key"], max_retries=0, timeout=20)
USER = {"role": "user", "content": "hi"}
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, "exact": {"type": "boolean"}}}
TOOLS = [
    {"type": "function", "function": {"name": name, "description": "The weather.", "parameters": PARAMETERS}}
    for name in ["get_weather", "get_other_weather"]
]


def ask(route, name, messages=(USER,), **options):
    model = route.model(name)
    answer = route.client.chat.completions.create(model=model, messages=list(messages), **options)
    equal(answer.model, model)
    equal(answer.object, "chat.completion")
    assert answer.id.startswith("chatcmpl-"), answer.id
    return answer


class Streamed:
    """A stream folded by hand, with the invariants of the dialect checked on the way."""

    def __init__(self, route, name, messages=(USER,), usage=True, **options):
        self.text, self.reasoning, self.refusal, self.finish, self.calls, self.usage = "", "", "", None, {}, None
        model = route.model(name)
        if usage:
            options["stream_options"] = {"include_usage": True}
        chunks = list(route.client.chat.completions.create(model=model, messages=list(messages), stream=True, **options))
        equal({chunk.model for chunk in chunks}, {model})
        equal(len({chunk.id for chunk in chunks}), 1)
        equal({chunk.object for chunk in chunks}, {"chat.completion.chunk"})
        equal(chunks[0].choices[0].delta.role, "assistant")
        for chunk in chunks:
            if chunk.usage:
                assert usage and self.usage is None, "usage came unasked or twice"
                equal(chunk.choices, [])
                self.usage = chunk.usage
            for choice in chunk.choices:
                assert self.finish is None, "a choice goes on after its finish reason"
                self.add(choice.delta)
                self.finish = choice.finish_reason

    def add(self, delta):
        self.text += delta.content or ""
        self.refusal += delta.refusal or ""
        self.reasoning += getattr(delta, "reasoning_content", None) or ""
        for part in delta.tool_calls or []:
            if part.index not in self.calls:
                equal(part.index, len(self.calls))
                assert part.id and part.function.name and part.type == "function", part
                self.calls[part.index] = {"id": part.id, "name": part.function.name, "arguments": ""}
            else:
                assert not part.id and not part.function.name, "id or name repeats"
            self.calls[part.index]["arguments"] += part.function.arguments or ""

    def message(self):
        calls = [
            {"id": call["id"], "type": "function", "function": {"name": call["name"], "arguments": call["arguments"]}}
            for call in self.calls.values()
        ]
        return {"role": "assistant", "content": self.text or None, "tool_calls": calls}


def counts(usage, prompt=13, completion=7):
    equal((usage.prompt_tokens, usage.completion_tokens, usage.total_tokens), (prompt, completion, prompt + completion))


def result(call_id, text):
    return {"role": "tool", "tool_call_id": call_id, "content": text}


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


@case("no parallel tools", on=NO_PARALLEL)
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


@case("length and stop")
def _(route):
    equal(ask(route, "length", max_completion_tokens=5).choices[0].finish_reason, "length")
    equal(Streamed(route, "length").finish, "length")
    equal(ask(route, "stop", stop="END").choices[0].finish_reason, "stop")
    equal(ask(route, "stop", stop=["END", "FIN"]).choices[0].finish_reason, "stop")


@case("refusal")
def _(route):
    plain, streamed = ask(route, "refusal").choices[0], Streamed(route, "refusal")
    if route.upstream in ("chat", "responses"):
        equal((plain.message.refusal, plain.finish_reason), ("I cannot help with that.", "stop"))
        equal((streamed.refusal, streamed.finish), ("I cannot help with that.", "stop"))
    else:
        equal((plain.finish_reason, streamed.finish), ("content_filter", "content_filter"))


@case("cache counts")
def _(route):
    prompt, cached, _, completion = CACHE[route.upstream]
    for usage in [ask(route, "usage-cache").usage, Streamed(route, "usage-cache").usage]:
        counts(usage, prompt=prompt, completion=completion)
        equal(usage.prompt_tokens_details.cached_tokens, cached)


@case("structured output")
def _(route):
    wanted = {"type": "json_schema", "json_schema": {"name": "city", "schema": SCHEMA, "strict": True}}
    received = json.loads(ask(route, "json", response_format=wanted).choices[0].message.content)
    equal(schema_of(route, received), SCHEMA)


@case("big event")
def _(route):
    equal(len(Streamed(route, "big").text), 5 * 1024 * 1024)


@cases([(name, name.replace(" ", "-")) for name in ["crlf", "comments", "one byte", "gzip"]])
def _(route, name):
    equal(Streamed(route, name).text, HELLO)
    equal(ask(route, name).choices[0].message.content, HELLO)


@cases([("late usage", "late-usage"), ("usage everywhere", "usage-everywhere"), ("no terminal event", "no-done")], on=("claude",), direct=False)
def _(route, name):
    answer = Streamed(route, name)
    equal((answer.text, answer.finish), (HELLO, "stop"))
    counts(answer.usage)


@cases([("json for a stream", "json-for-stream"), ("stream for json", "sse-for-plain")], on=("claude",), direct=False)
def _(route, name):
    equal(Streamed(route, name).text, HELLO)
    equal(ask(route, name).choices[0].message.content, HELLO)


@cases([
    ("error 400", "400", 400, openai.BadRequestError),
    ("error 401", "401", 401, openai.AuthenticationError),
    ("error 403", "403", 403, openai.PermissionDeniedError),
    ("error 404", "404", 404, openai.NotFoundError),
    ("error 429", "429", 429, openai.RateLimitError),
    ("error 500", "500", 500, openai.InternalServerError),
    ("error 503", "503", None, openai.InternalServerError),
    ("error 529", "529", None, openai.InternalServerError),
    ("html 502", "html-502", None, openai.InternalServerError),
])
def _(route, name, status, kind):
    for stream in [False, True]:
        call = lambda: route.client.chat.completions.create(model=route.model(name), messages=[USER], stream=stream)
        error = raises(kind, call)
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


@cases([("cut stream", "cut"), ("error in stream", "error-in-stream"), ("error first", "error-first")])
def _(route, name):
    raises(Exception, lambda: Streamed(route, name))
    raises(Exception, lambda: ask(route, name))


@cases([("clean cut", "cut-clean"), ("no finish reason", "no-finish"), ("cut tool call", "cut-tools")], direct=False)
def _(route, name):
    raises(Exception, lambda: Streamed(route, name, tools=TOOLS))


@cases([("html 200", "html"), ("empty 200", "empty")], on=("claude",), direct=False)
def _(route, name):
    raises(Exception, lambda: Streamed(route, name))
    raises(Exception, lambda: ask(route, name))


@case("models")
def _(route):
    models = [model.id for model in route.client.models.list()]
    assert route.model("text") in models and route.model("tools") in models, models[:5]


run(CLIENT)
