"""The official google-genai SDK, on models of every upstream."""

from google import genai
from google.genai import errors, types
from harness import ARGUMENTS, HELLO, OTHER_ARGUMENTS, SETTINGS, THOUGHT, UNICODE, case, cases, equal, raises, run

CLIENT = genai.Client(
    api_key=SETTINGS["key"], vertexai=False, http_options=types.HttpOptions(base_url=SETTINGS["base"], timeout=20_000)
)
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, "exact": {"type": "boolean"}}}
TOOLS = [
    types.Tool(
        function_declarations=[
            types.FunctionDeclaration(name=name, description="The weather.", parameters_json_schema=PARAMETERS)
            for name in ["get_weather", "get_other_weather"]
        ]
    )
]
CALLING = types.GenerateContentConfig(
    tools=TOOLS, automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True)
)


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


def going_on(content, outputs):
    calls = [part.function_call for part in content.parts if part.function_call]
    results = [
        types.Part(function_response=types.FunctionResponse(id=call.id, name=call.name, response={"output": output}))
        for call, output in zip(calls, outputs)
    ]
    user = types.Content(role="user", parts=[types.Part(text="hi")])
    return [user, content, types.Content(role="user", parts=results)]


@case("text")
def text(route):
    for content, finish in both(route, "text"):
        equal(text_of(content), HELLO)
        equal(finish, types.FinishReason.STOP)


@case("unicode")
def unicode(route):
    for content, _ in both(route, "unicode"):
        equal(text_of(content), UNICODE)


@case("a tool and its result")
def tool(route):
    for content, _ in both(route, "tools", config=CALLING):
        [call] = [part.function_call for part in content.parts if part.function_call]
        equal(call.args, ARGUMENTS)
        equal(ask(route, "tools", going_on(content, ["sunny"]), CALLING).text, "The tool said: sunny")


@case("parallel tools")
def parallel(route):
    for content, _ in both(route, "parallel", config=CALLING):
        equal([part.function_call.args for part in content.parts if part.function_call], [ARGUMENTS, OTHER_ARGUMENTS])
        equal(ask(route, "parallel", going_on(content, ["one", "two"]), CALLING).text, "The tool said: one | two")


@case("thinking", without={"responses": "TODO"})
def thinking(route):
    thoughts = types.ThinkingConfig(include_thoughts=True, thinking_budget=2048)
    for content, _ in both(route, "thinking", config=types.GenerateContentConfig(thinking_config=thoughts)):
        equal(text_of(content, thought=True), THOUGHT)
        equal(text_of(content), HELLO)


@case("length")
def length(route):
    for _, finish in both(route, "length"):
        equal(finish, types.FinishReason.MAX_TOKENS)


@case("tokens are counted")
def count(route):
    assert route.client.models.count_tokens(model=route.model("text"), contents="Hello").total_tokens > 0


@case("models are listed", direct=False)
def models(route):
    names = [model.name for model in route.client.models.list()]
    assert f"models/{route.model('text')}" in names, names[:5]
    equal(route.client.models.get(model=route.model("text")).name, f"models/{route.model('text')}")


@cases([("400", 400), ("404", 404), ("429", 429), ("500", 500)])
def refused(route, status):
    equal(raises(errors.APIError, lambda: ask(route, str(status))).code, status)
    equal(raises(errors.APIError, lambda: streamed(route, str(status))).code, status)


@case("a cut stream raises", direct=False)
def cut(route):
    raises(errors.APIError, lambda: streamed(route, "cut"))


run(CLIENT)
