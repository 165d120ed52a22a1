"""The official anthropic SDK's client: how to ask, how to stream, and what to read of a message."""

import anthropic
from harness import PARAMETERS, SETTINGS, equal

CLIENT = anthropic.Anthropic(base_url=SETTINGS["base"], api_key=SETTINGS["key"], max_retries=0, timeout=20)
USER = {"role": "user", "content": "hi"}
TOOLS = [
    {"name": name, "description": "The weather.", "input_schema": PARAMETERS} for name in ["get_weather", "get_other_weather"]
]


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
