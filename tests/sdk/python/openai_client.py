"""The official openai SDK's client for Chat: how to ask, and how to fold a stream."""

import openai
from harness import PARAMETERS, SETTINGS, equal

CLIENT = openai.OpenAI(base_url=f"{SETTINGS['base']}/v1", api_key=SETTINGS["key"], max_retries=0, timeout=20)
USER = {"role": "user", "content": "hi"}
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
