"""The official openai SDK's Responses API and legacy completions, on models of every upstream."""

import json

import openai
from harness import (
    ARGUMENTS, BROKEN, BROKEN_STREAMS, ERRORS, HELLO, NO_ANSWER, NO_SWITCH, OTHER_ARGUMENTS, PARAMETERS, PIXEL, REFUSAL,
    SAME_BYTES, SCHEMA, SEEN, SETTINGS, THOUGHT, TOOL_IMAGES, UNICODE, WRAPPED, cached, case, cases, equal, raises, refusal, run, schema_seen,
)

CLIENT = openai.OpenAI(base_url=f"{SETTINGS['base']}/v1", api_key=SETTINGS["key"], max_retries=0, timeout=20)
TOOLS = [
    {"type": "function", "name": name, "description": "The weather.", "parameters": PARAMETERS, "strict": False}
    for name in ["get_weather", "get_other_weather"]
]
IMAGE = {"type": "input_image", "detail": "auto", "image_url": f"data:image/png;base64,{PIXEL}"}
REASONING = {"reasoning": {"effort": "high", "summary": "auto"}, "include": ["reasoning.encrypted_content"], "store": False}


def ask(route, name, given="hi", **options):
    answer = route.client.responses.create(model=route.model(name), input=given, **options)
    equal(answer.object, "response")
    equal(answer.model, route.model(name))
    return answer


def streamed(route, name, given="hi", **options):
    """The final answer of a stream whose events are numbered without a gap."""
    with route.client.responses.stream(model=route.model(name), input=given, **options) as stream:
        events = list(stream)
    numbers = [event.sequence_number for event in events]
    equal(numbers, list(range(len(numbers))))
    assert events[-1].type in ("response.completed", "response.incomplete"), events[-1]
    return events[-1].response


def both(route, name, given="hi", **options):
    """The answer, plain and streamed."""
    return [ask(route, name, given, **options), streamed(route, name, given, **options)]


def calls(answer):
    return [item for item in answer.output if item.type in ("function_call", "custom_tool_call")]


def going_on(given, answer, outputs):
    """The whole conversation once more, as clients that keep it themselves send it."""
    said = [item.model_dump(exclude_none=True, exclude={"status", "parsed_arguments"}) for item in answer.output]
    results = [
        {"type": f"{call.type}_output", "call_id": call.call_id, "output": output}
        for call, output in zip(calls(answer), outputs)
    ]
    return [{"role": "user", "content": given}, *said, *results]


@case("text")
def _(route):
    for answer in both(route, "text"):
        equal(answer.output_text, HELLO)
        equal(answer.status, "completed")


@case("unicode")
def _(route):
    for answer in both(route, "unicode"):
        equal(answer.output_text, UNICODE)


@case("tools")
def _(route):
    for answer in both(route, "tools", tools=TOOLS):
        [call] = calls(answer)
        equal(json.loads(call.arguments), ARGUMENTS)
        equal(ask(route, "tools", going_on("hi", answer, ["sunny"]), tools=TOOLS).output_text, "The tool said: sunny")


@case("parallel tools")
def _(route):
    for answer in both(route, "parallel", tools=TOOLS):
        equal([json.loads(call.arguments) for call in calls(answer)], [ARGUMENTS, OTHER_ARGUMENTS])
        answer = ask(route, "parallel", going_on("hi", answer, ["one", "two"]), tools=TOOLS)
        equal(answer.output_text, "The tool said: one | two")


@case("no parallel tools", without={"gemini": NO_SWITCH})
def _(route):
    for answer in both(route, "parallel", tools=TOOLS, parallel_tool_calls=False):
        equal(len(calls(answer)), 1)


@case("named tool choice")
def _(route):
    for answer in both(route, "tools", tools=TOOLS, tool_choice={"type": "function", "name": "get_other_weather"}):
        equal([call.name for call in calls(answer)], ["get_other_weather"])


@case("custom tool")
def _(route):
    tools = [{"type": "custom", "name": "note", "description": "Writes down any text."}]
    for answer in both(route, "tools", tools=tools):
        [call] = calls(answer)
        equal((call.type, call.name, json.loads(call.input)), ("custom_tool_call", "note", ARGUMENTS))
        equal(ask(route, "tools", going_on("hi", answer, ["noted"]), tools=tools).output_text, "The tool said: noted")


@case("image")
def _(route):
    content = [{"type": "input_text", "text": "What is this?"}, IMAGE]
    for answer in both(route, "image", [{"role": "user", "content": content}]):
        equal(json.loads(answer.output_text), SEEN)


@cases(TOOL_IMAGES)
def _(route, name):
    history = going_on("hi", ask(route, name, tools=TOOLS), [[{"type": "input_text", "text": "a picture"}, IMAGE]])
    for answer in both(route, name, history, tools=TOOLS):
        equal(json.loads(answer.output_text), SEEN)


@case("goes on from a response", without={"responses": "the provider keeps these conversations, and the scripted one keeps none"}, direct=False)
def _(route):
    for first in both(route, "tools", tools=TOOLS):
        [call] = calls(first)
        output = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}
        answer = ask(route, "tools", [output], previous_response_id=first.id, tools=TOOLS)
        equal(answer.output_text, "The tool said: sunny")
        route.client.responses.delete(first.id)
        raises(openai.NotFoundError, lambda: ask(route, "text", "?", previous_response_id=first.id))


@case("thinking")
def _(route):
    for answer in both(route, "thinking", **REASONING):
        thoughts = [item for item in answer.output if item.type == "reasoning"]
        equal("".join(part.text for thought in thoughts for part in thought.summary), THOUGHT)
        equal(answer.output_text, HELLO)


@case("thinking tool loop")
def _(route):
    for answer in both(route, "thinking-tools", tools=TOOLS, **REASONING):
        equal([item.type for item in answer.output], ["reasoning", "function_call"])
        final = ask(route, "thinking-tools", going_on("hi", answer, ["wet"]), tools=TOOLS, **REASONING)
        equal(final.output_text, "The tool said: wet")


@case("length")
def _(route):
    for answer in both(route, "length"):
        equal((answer.status, answer.incomplete_details.reason), ("incomplete", "max_output_tokens"))


@case("tokens are counted", direct=False)
def _(route):
    assert route.client.responses.input_tokens.count(model=route.model("text"), input="Hello").input_tokens > 0


@case("refusal")
def _(route):
    for answer in both(route, "refusal"):
        [part] = answer.output[0].content
        if route.upstream == "claude":
            # Claude says why in plain text.
            equal((part.type, part.text), ("output_text", REFUSAL))
        else:
            equal((part.type, part.refusal), ("refusal", refusal(route.upstream)))
        ended = ("completed", None) if route.upstream in ("chat", "responses") else ("incomplete", "content_filter")
        equal((answer.status, answer.incomplete_details and answer.incomplete_details.reason), ended)


@case("cache counts")
def _(route):
    fresh, read, written, output = cached(route.upstream)
    for usage in [answer.usage for answer in both(route, "usage-cache")]:
        equal((usage.input_tokens, usage.output_tokens), (fresh + read + written, output))
        equal(usage.input_tokens_details.cached_tokens, read)


@case("structured output")
def _(route):
    wanted = {"format": {"type": "json_schema", "name": "city", "schema": SCHEMA, "strict": True}}
    for answer in both(route, "json", text=wanted):
        equal(schema_seen(route.upstream, answer.output_text), SCHEMA)


@cases(WRAPPED)
def _(route, name):
    equal([answer.output_text for answer in both(route, name)], [HELLO, HELLO])


@case("silence")
def _(route):
    equal(streamed(route, "late").output_text, HELLO)


@cases(ERRORS)
def _(route, name, status, kind, _word):
    for stream in [False, True]:
        call = lambda: route.client.responses.create(model=route.model(name), input="hi", stream=stream)
        error = raises(getattr(openai, kind), call)
        assert status in (None, error.status_code), error.status_code
        if status == 429:
            equal(error.response.headers.get("retry-after"), "7")
        if name != "html-502":
            assert isinstance(error.body, dict) and error.body["message"] and error.body["type"], error.body


def fails(route, name, **options):
    """A stream that raises, or whose last event tells of a failure."""
    kinds = []
    try:
        for event in route.client.responses.create(model=route.model(name), input="hi", stream=True, **options):
            kinds.append(event.type)
    except Exception:
        kinds.append("raised")
    assert "response.completed" not in kinds and kinds[-1] in ("response.failed", "error", "raised"), kinds


@cases(BROKEN)
def _(route, name):
    fails(route, name)
    raises(Exception, lambda: ask(route, name))


@cases(BROKEN_STREAMS, direct=False)
def _(route, name):
    fails(route, name, tools=TOOLS)


@cases(NO_ANSWER, without={"responses": SAME_BYTES}, direct=False)
def _(route, name):
    fails(route, name)
    raises(Exception, lambda: ask(route, name))


@case("a connection for a whole conversation", direct=False)
def _(route):
    with route.client.responses.connect() as connection:
        def turn(name, given, **options):
            connection.response.create(model=route.model(name), input=given, store=False, tools=TOOLS, **options)
            for event in connection:
                if event.type in ("response.completed", "error"):
                    return event

        first = turn("tools", "hi").response
        [call] = calls(first)
        output = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}
        equal(turn("tools", [output], previous_response_id=first.id).response.output_text, "The tool said: sunny")
        equal(turn("400", "hi").status, 400)
        equal(turn("text", "hi").response.output_text, HELLO)


@case("legacy completions", direct=False)
def _(route):
    model = route.model("text")
    answer = route.client.completions.create(model=model, prompt="Say hello. ", echo=True)
    equal(answer.choices[0].text, f"Say hello. {HELLO}")
    chunks = route.client.completions.create(model=model, prompt="Say hello.", stream=True)
    equal("".join(chunk.choices[0].text for chunk in chunks if chunk.choices), HELLO)


@case("embeddings", without=dict.fromkeys(["claude", "responses"], "this provider has no embeddings"), direct=False)
def _(route):
    answer = route.client.embeddings.create(model=route.model("text"), input=["one", "two"])
    equal([item.index for item in answer.data], [0, 1])
    assert all(isinstance(number, float) for item in answer.data for number in item.embedding)


run(CLIENT)
