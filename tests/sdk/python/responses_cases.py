"""The official openai SDK's Responses API and legacy completions, on models of every upstream."""

import json

import openai
from harness import only, ARGUMENTS, HELLO, OTHER_ARGUMENTS, SETTINGS, THOUGHT, UNICODE, case, cases, equal, raises, run

CLIENT = openai.OpenAI(base_url=f"{SETTINGS['base']}/v1", api_key=SETTINGS["key"], max_retries=0, timeout=20)
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, "exact": {"type": "boolean"}}}
TOOLS = [
    {"type": "function", "name": name, "description": "The weather.", "parameters": PARAMETERS, "strict": False}
    for name in ["get_weather", "get_other_weather"]
]


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
    return [item for item in answer.output if item.type == "function_call"]


def going_on(given, answer, outputs):
    """The whole conversation once more, as clients that keep it themselves send it."""
    said = [item.model_dump(exclude_none=True, exclude={"status", "parsed_arguments"}) for item in answer.output]
    results = [
        {"type": "function_call_output", "call_id": call.call_id, "output": output}
        for call, output in zip(calls(answer), outputs)
    ]
    return [{"role": "user", "content": given}, *said, *results]


@case("text")
def text(route):
    for answer in both(route, "text"):
        equal(answer.output_text, HELLO)
        equal(answer.status, "completed")


@case("unicode")
def unicode(route):
    for answer in both(route, "unicode"):
        equal(answer.output_text, UNICODE)


@case("a tool and its result")
def tool(route):
    for answer in both(route, "tools", tools=TOOLS):
        [call] = calls(answer)
        equal(json.loads(call.arguments), ARGUMENTS)
        equal(ask(route, "tools", going_on("hi", answer, ["sunny"]), tools=TOOLS).output_text, "The tool said: sunny")


@case("parallel tools")
def parallel(route):
    for answer in both(route, "parallel", tools=TOOLS):
        equal([json.loads(call.arguments) for call in calls(answer)], [ARGUMENTS, OTHER_ARGUMENTS])
        answer = ask(route, "parallel", going_on("hi", answer, ["one", "two"]), tools=TOOLS)
        equal(answer.output_text, "The tool said: one | two")


@case("goes on from a response", without={"responses": "TODO"}, direct=False)
def previous(route):
    for first in both(route, "tools", tools=TOOLS):
        [call] = calls(first)
        output = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}
        answer = ask(route, "tools", [output], previous_response_id=first.id, tools=TOOLS)
        equal(answer.output_text, "The tool said: sunny")
        route.client.responses.delete(first.id)
        raises(openai.NotFoundError, lambda: ask(route, "text", "?", previous_response_id=first.id))


@case("thinking", without={"gemini": "TODO"})
def thinking(route):
    options = {"reasoning": {"effort": "high", "summary": "auto"}, "include": ["reasoning.encrypted_content"], "store": False}
    for answer in both(route, "thinking", **options):
        thoughts = [item for item in answer.output if item.type == "reasoning"]
        equal("".join(part.text for thought in thoughts for part in thought.summary), THOUGHT)
        equal(answer.output_text, HELLO)


@case("length")
def length(route):
    for answer in both(route, "length"):
        equal((answer.status, answer.incomplete_details.reason), ("incomplete", "max_output_tokens"))


@case("tokens are counted", direct=False)
def count(route):
    assert route.client.responses.input_tokens.count(model=route.model("text"), input="Hello").input_tokens > 0


@cases(
    [
        ("400", "400", openai.BadRequestError), ("401", "401", openai.AuthenticationError), ("404", "404", openai.NotFoundError),
        ("429", "429", openai.RateLimitError), ("500", "500", openai.InternalServerError),
    ],
)
def refused(route, name, kind):
    for stream in [False, True]:
        raises(kind, lambda: route.client.responses.create(model=route.model(name), input="hi", stream=stream))


@case("a cut stream never looks complete")
def cut(route):
    kinds = []
    try:
        for event in route.client.responses.create(model=route.model("cut"), input="hi", stream=True):
            kinds.append(event.type)
    except openai.APIError:
        kinds.append("raised")
    assert "response.completed" not in kinds and kinds[-1] in ("response.failed", "error", "raised"), kinds


@case("legacy completions", direct=False)
def completions(route):
    model = route.model("text")
    answer = route.client.completions.create(model=model, prompt="Say hello. ", echo=True)
    equal(answer.choices[0].text, f"Say hello. {HELLO}")
    chunks = route.client.completions.create(model=model, prompt="Say hello.", stream=True)
    equal("".join(chunk.choices[0].text for chunk in chunks if chunk.choices), HELLO)


@case("embeddings", without=only("gemini", because="TODO"), direct=False)
def embeddings(route):
    answer = route.client.embeddings.create(model=route.model("text"), input=["one", "two"])
    equal([item.index for item in answer.data], [0, 1])
    assert all(isinstance(number, float) for item in answer.data for number in item.embedding)


run(CLIENT)
