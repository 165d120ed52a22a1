"""The official google-genai SDK, on models of every upstream."""

import base64
import json

from google import genai
from google.genai import errors, types
from harness import (
    ARGUMENTS, BROKEN, BROKEN_STREAMS, ERRORS, HELLO, NO_ANSWER, OTHER_ARGUMENTS, PARAMETERS, PIXEL, REFUSAL, SAME_BYTES,
    SCHEMA, SEEN, SETTINGS, THOUGHT, UNICODE, WRAPPED, cached, case, cases, equal, raises, run, schema_seen,
)

CLIENT = genai.Client(
    api_key=SETTINGS["key"], vertexai=False, http_options=types.HttpOptions(base_url=SETTINGS["base"], timeout=20_000)
)
TOOLS = [
    types.Tool(
        function_declarations=[
            types.FunctionDeclaration(name=name, description="The weather.", parameters_json_schema=PARAMETERS)
            for name in ["get_weather", "get_other_weather"]
        ]
    )
]
OPTIONS = {"tools": TOOLS, "automatic_function_calling": types.AutomaticFunctionCallingConfig(disable=True)}
CALLING = types.GenerateContentConfig(**OPTIONS)
THINKING = types.ThinkingConfig(include_thoughts=True, thinking_budget=2048)
BYTES = base64.b64decode(PIXEL)


def ask(route, name, contents="hi", config=None):
    return route.client.models.generate_content(model=route.model(name), contents=contents, config=config)


def streamed(route, name, contents="hi", config=None):
    """The parts of a stream in one content, and its last chunk."""
    chunks = list(route.client.models.generate_content_stream(model=route.model(name), contents=contents, config=config))
    parts = [part for chunk in chunks if chunk.candidates and chunk.candidates[0].content
             for part in chunk.candidates[0].content.parts or []]
    return types.Content(role="model", parts=parts), chunks[-1]


def both(route, name, contents="hi", config=None):
    """The content of the answer and why it ended, plain and streamed."""
    plain = ask(route, name, contents, config)
    content, last = streamed(route, name, contents, config)
    return [(plain.candidates[0].content, plain.candidates[0].finish_reason), (content, last.candidates[0].finish_reason)]


def text_of(content, thought=False):
    return "".join(part.text or "" for part in content.parts if bool(part.thought) == thought)


def calls(content):
    return [part.function_call for part in content.parts if part.function_call]


def going_on(content, outputs, **more):
    results = [
        types.Part(function_response=types.FunctionResponse(id=call.id, name=call.name, response={"output": output}, **more))
        for call, output in zip(calls(content), outputs)
    ]
    user = types.Content(role="user", parts=[types.Part(text="hi")])
    return [user, content, types.Content(role="user", parts=results)]


@case("text")
def _(route):
    for content, finish in both(route, "text"):
        equal(text_of(content), HELLO)
        equal(finish, types.FinishReason.STOP)


@case("unicode")
def _(route):
    for content, _ in both(route, "unicode"):
        equal(text_of(content), UNICODE)


@case("tools")
def _(route):
    for content, _ in both(route, "tools", config=CALLING):
        equal([(call.name, call.args) for call in calls(content)], [("get_weather", ARGUMENTS)])
        equal(ask(route, "tools", going_on(content, ["sunny"]), CALLING).text, "The tool said: sunny")


@case("parallel tools")
def _(route):
    for content, _ in both(route, "parallel", config=CALLING):
        equal([call.args for call in calls(content)], [ARGUMENTS, OTHER_ARGUMENTS])
        equal(ask(route, "parallel", going_on(content, ["one", "two"]), CALLING).text, "The tool said: one | two")


@case("named tool choice")
def _(route):
    calling = types.FunctionCallingConfig(mode="ANY", allowed_function_names=["get_other_weather"])
    config = types.GenerateContentConfig(**OPTIONS, tool_config=types.ToolConfig(function_calling_config=calling))
    for content, _ in both(route, "tools", config=config):
        equal([call.name for call in calls(content)], ["get_other_weather"])


@case("tool without arguments")
def _(route):
    for content, _ in both(route, "noargs", config=CALLING):
        equal([call.args or {} for call in calls(content)], [{}])
        equal(ask(route, "noargs", going_on(content, ["ok"]), CALLING).text, "The tool said: ok")


def get_weather(city: str, days: int, exact: bool) -> str:
    """The weather."""
    return f"{city}, {days}, {exact}"


def own_loop(route, way):
    config = types.GenerateContentConfig(tools=[get_weather], thinking_config=THINKING)
    for name in ["thinking-tools", "gemini-3-flash-thinking-tools"]:
        said = way(route, name, config)
        assert said.startswith("The tool said: ") and "Zürich, 3, True" in said, said


@case("the SDK's own tool loop")
def _(route):
    own_loop(route, lambda route, name, config: ask(route, name, config=config).text)


# In a stream the SDK sends every event back as a content of its own.
@case("the same in a stream", without={"gemini": "the scripted Gemini refuses the empty text of a last event, which Google's SDKs send back"})
def _(route):
    own_loop(route, lambda route, name, config: text_of(streamed(route, name, config=config)[0]))


@case("image")
def _(route):
    parts = [types.Part(text="What is this?"), types.Part.from_bytes(data=BYTES, mime_type="image/png")]
    for content, _ in both(route, "image", parts):
        equal(json.loads(text_of(content)), SEEN)


@case("image in a tool result")
def _(route):
    # Gemini's models of the second generation take none.
    name = "gemini-3-flash-tool-image"
    blob = types.FunctionResponseBlob(mime_type="image/png", data=BYTES)
    content = ask(route, name, config=CALLING).candidates[0].content
    history = going_on(content, ["a picture"], parts=[types.FunctionResponsePart(inline_data=blob)])
    for content, _ in both(route, name, history, CALLING):
        equal(json.loads(text_of(content)), SEEN)


@case("thinking")
def _(route):
    for content, _ in both(route, "thinking", config=types.GenerateContentConfig(thinking_config=THINKING)):
        equal((text_of(content, thought=True), text_of(content)), (THOUGHT, HELLO))


@case("thinking tool loop")
def _(route):
    config = types.GenerateContentConfig(**OPTIONS, thinking_config=THINKING)
    for content, _ in both(route, "thinking-tools", config=config):
        equal(text_of(content, thought=True), THOUGHT)
        equal(ask(route, "thinking-tools", going_on(content, ["wet"]), config).text, "The tool said: wet")


@case("length")
def _(route):
    for _, finish in both(route, "length"):
        equal(finish, types.FinishReason.MAX_TOKENS)


@case("stop")
def _(route):
    for _, finish in both(route, "stop", config=types.GenerateContentConfig(stop_sequences=["FIN"])):
        equal(finish, types.FinishReason.STOP)


@case("refusal")
def _(route):
    content, last = streamed(route, "refusal")
    for answer, parts in [(ask(route, "refusal"), None), (last, content)]:
        if route.upstream == "gemini":
            blocked = answer.prompt_feedback
            equal((blocked.block_reason, blocked.block_reason_message), (types.BlockedReason.PROHIBITED_CONTENT, REFUSAL))
            equal(answer.candidates, None)
        else:
            [candidate] = answer.candidates
            equal((text_of(parts or candidate.content), candidate.finish_reason), (REFUSAL, types.FinishReason.SAFETY))


@case("cache counts")
def _(route):
    fresh, read, written, output = cached(route.upstream)
    for usage in [ask(route, "usage-cache").usage_metadata, streamed(route, "usage-cache")[1].usage_metadata]:
        equal((usage.prompt_token_count, usage.cached_content_token_count), (fresh + read + written, read))
        equal(usage.candidates_token_count + (usage.thoughts_token_count or 0), output)


@case("structured output")
def _(route):
    config = types.GenerateContentConfig(response_mime_type="application/json", response_json_schema=SCHEMA)
    for content, _ in both(route, "json", config=config):
        equal(schema_seen(route.upstream, text_of(content)), SCHEMA)


# Google's SDKs take a comment for an answer; Google sends none, and the gateway lets none through.
@cases([row for row in WRAPPED if row[0] != "comments"])
@cases([row for row in WRAPPED if row[0] == "comments"], direct=False)
def _(route, name):
    equal([text_of(content) for content, _ in both(route, name)], [HELLO, HELLO])


@case("silence")
def _(route):
    equal(text_of(streamed(route, "late")[0]), HELLO)


@cases(ERRORS)
def _(route, name, status, *_):
    # Google itself says 400 of a wrong key.
    status = 400 if SETTINGS["direct"] and status == 401 else status
    for way in [ask, streamed]:
        error = raises(errors.APIError, lambda: way(route, name))
        assert status in (None, error.code), error.code
        if name != "html-502":
            assert error.status and error.message, error


@case("unknown model")
def _(route):
    call = lambda: route.client.models.generate_content(model="no-such-model", contents="hi")
    equal(raises(errors.ClientError, call).code, 404)


@case("wrong key", direct=False)
def _(route):
    options = types.HttpOptions(base_url=SETTINGS["base"], timeout=20_000)
    stranger = genai.Client(api_key="wrong", vertexai=False, http_options=options)
    call = lambda: stranger.models.generate_content(model=route.model("text"), contents="hi")
    raises(errors.ClientError, call)


@cases(BROKEN)
def _(route, name):
    raises(Exception, lambda: streamed(route, name))
    raises(Exception, lambda: ask(route, name))


@cases(BROKEN_STREAMS, direct=False)
def _(route, name):
    raises(Exception, lambda: streamed(route, name, config=CALLING))


@cases(NO_ANSWER, without={"gemini": SAME_BYTES}, direct=False)
def _(route, name):
    raises(Exception, lambda: streamed(route, name))
    raises(Exception, lambda: ask(route, name))


@case("count tokens")
def _(route):
    assert route.client.models.count_tokens(model=route.model("text"), contents="Hello").total_tokens > 0


@case("models", direct=False)
def _(route):
    names = [model.name for model in route.client.models.list()]
    assert f"models/{route.model('text')}" in names, names[:5]
    equal(route.client.models.get(model=route.model("text")).name, f"models/{route.model('text')}")


run(CLIENT)
