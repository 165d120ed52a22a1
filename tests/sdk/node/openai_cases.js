// The official openai SDK's Chat API, on models of every upstream.

import assert from "node:assert/strict";
import OpenAI from "openai";
import {
  ARGUMENTS, BROKEN, BROKEN_STREAMS, ERRORS, HELLO, NO_ANSWER, NO_SWITCH, OTHER_ARGUMENTS, PARAMETERS, PIXEL, REFUSAL,
  SAME_BYTES, SCHEMA, SEEN, SETTINGS, THOUGHT, UNICODE, WRAPPED, add, cached, equal, list, only, raises, run,
  schemaSeen, table,
} from "./harness.js";

const client = new OpenAI({ baseURL: `${SETTINGS.base}/v1`, apiKey: SETTINGS.key, maxRetries: 0, timeout: 20_000 });
const USER = { role: "user", content: "hi" };
const TOOLS = ["get_weather", "get_other_weather"].map((name) => ({
  type: "function",
  function: { name, description: "The weather.", parameters: PARAMETERS },
}));

async function ask(route, name, options = {}) {
  const model = route.model(name);
  const answer = await client.chat.completions.create({ model, messages: [USER], ...options });
  equal([answer.model, answer.object], [model, "chat.completion"]);
  assert.ok(answer.id.startsWith("chatcmpl-"), answer.id);
  return { ...answer.choices[0], usage: answer.usage };
}

/** A stream folded by hand, with the invariants of the dialect checked on the way. */
async function stream(route, name, options = {}) {
  const model = route.model(name);
  const request = { model, messages: [USER], stream: true, stream_options: { include_usage: true }, ...options };
  const chunks = await list(await client.chat.completions.create(request));
  for (const chunk of chunks) {
    equal([chunk.model, chunk.id, chunk.object], [model, chunks[0].id, "chat.completion.chunk"]);
  }
  equal(chunks[0].choices[0].delta.role, "assistant");
  const answer = { content: "", reasoning: "", refusal: "", calls: [], finish_reason: null, usage: null };
  for (const chunk of chunks) {
    if (chunk.usage) {
      assert.ok(request.stream_options && !answer.usage, "usage came unasked or twice");
      equal(chunk.choices, []);
      answer.usage = chunk.usage;
    }
    for (const { delta, finish_reason } of chunk.choices) {
      equal(answer.finish_reason, null);
      answer.content += delta.content ?? "";
      answer.refusal += delta.refusal ?? "";
      answer.reasoning += delta.reasoning_content ?? "";
      for (const part of delta.tool_calls ?? []) addCall(answer.calls, part);
      answer.finish_reason = finish_reason;
    }
  }
  answer.message = { role: "assistant", content: answer.content || null, tool_calls: answer.calls };
  return answer;
}

function addCall(calls, { index, id, type, function: called }) {
  if (calls[index]) {
    assert.ok(!id && !called.name, "id or name repeats");
  } else {
    equal(index, calls.length);
    assert.ok(id && called.name && type === "function");
    calls.push({ id, type, function: { name: called.name, arguments: "" } });
  }
  calls[index].function.arguments += called.arguments ?? "";
}

function counts(usage, prompt = 13, completion = 7) {
  equal([usage.prompt_tokens, usage.completion_tokens, usage.total_tokens], [prompt, completion, prompt + completion]);
}

/** The conversation so far, with one result per call. */
function after(message, ...results) {
  return [USER, message, ...results.map((content, index) => ({ role: "tool", tool_call_id: message.tool_calls[index].id, content }))];
}

const given = (message) => message.tool_calls.map((call) => JSON.parse(call.function.arguments));

add("text", async (route) => {
  const answer = await ask(route, "text", {
    messages: [{ role: "system", content: "Be brief." }, USER], temperature: 0.5, max_completion_tokens: 50,
  });
  equal([answer.message.role, answer.message.content, answer.finish_reason], ["assistant", HELLO, "stop"]);
  counts(answer.usage);
});

add("text stream", async (route) => {
  const answer = await stream(route, "text");
  equal([answer.content, answer.finish_reason], [HELLO, "stop"]);
  counts(answer.usage);
});

add("stream without usage", async (route) => {
  equal((await stream(route, "text", { stream_options: undefined })).content, HELLO);
});

add("unicode", async (route) => {
  equal((await ask(route, "unicode")).message.content, UNICODE);
  equal((await stream(route, "unicode")).content, UNICODE);
});

add("tools", async (route) => {
  const { message, finish_reason } = await ask(route, "tools", { tools: TOOLS, tool_choice: "auto" });
  equal([finish_reason, message.tool_calls[0].function.name, given(message)], ["tool_calls", "get_weather", [ARGUMENTS]]);
  const final = await ask(route, "tools", { messages: after(message, "21 °C, sunny"), tools: TOOLS });
  equal([final.message.content, final.finish_reason], ["The tool said: 21 °C, sunny", "stop"]);
});

add("tools stream", async (route) => {
  const { message, finish_reason } = await stream(route, "tools", { tools: TOOLS });
  equal([finish_reason, given(message)], ["tool_calls", [ARGUMENTS]]);
  equal((await stream(route, "tools", { messages: after(message, "wet"), tools: TOOLS })).content, "The tool said: wet");
});

add("text before a tool", async (route) => {
  const answer = await stream(route, "text-tools", { tools: TOOLS });
  equal([answer.content, given(answer.message), answer.finish_reason], ["Let me look. ", [ARGUMENTS], "tool_calls"]);
  const final = await ask(route, "text-tools", { messages: after(answer.message, "wet"), tools: TOOLS });
  equal(final.message.content, "The tool said: wet");
});

for (const [name, way] of [["parallel tools", ask], ["parallel tools stream", stream]]) {
  add(name, async (route) => {
    const { message } = await way(route, "parallel", { tools: TOOLS });
    equal(given(message), [ARGUMENTS, OTHER_ARGUMENTS]);
    assert.notEqual(message.tool_calls[0].id, message.tool_calls[1].id);
    const final = await ask(route, "parallel", { messages: after(message, "first", "second"), tools: TOOLS });
    equal(final.message.content, "The tool said: first | second");
  });
}

add("no parallel tools", async (route) => {
  const { message } = await ask(route, "parallel", { tools: TOOLS, parallel_tool_calls: false });
  equal(message.tool_calls.length, 1);
}, { without: { gemini: NO_SWITCH } });

add("named tool choice", async (route) => {
  const tool_choice = { type: "function", function: { name: "get_other_weather" } };
  const { message } = await ask(route, "tools", { tools: TOOLS, tool_choice });
  equal(message.tool_calls[0].function.name, "get_other_weather");
});

add("tool without arguments", async (route) => {
  for (const way of [ask, stream]) {
    const { message } = await way(route, "noargs", { tools: TOOLS });
    // A Chat upstream's empty text passes untouched.
    assert.ok((route.upstream === "chat" ? ["{}", ""] : ["{}"]).includes(message.tool_calls[0].function.arguments));
    const final = await ask(route, "noargs", { messages: after(message, "ok"), tools: TOOLS });
    equal(final.message.content, "The tool said: ok");
  }
});

add("thinking", async (route) => {
  const plain = await ask(route, "thinking", { reasoning_effort: "low" });
  equal([plain.message.content, plain.message.reasoning_content], [HELLO, THOUGHT]);
  counts(plain.usage, 13, 20);
  // Kiro does not tell how much of it was thought.
  if (route.upstream !== "kiro") equal(plain.usage.completion_tokens_details.reasoning_tokens, 12);
  const streamed = await stream(route, "thinking", { reasoning_effort: "low" });
  equal([streamed.content, streamed.reasoning], [HELLO, THOUGHT]);
});

table([["thinking tool loop", ask], ["thinking tool loop, reasoning lost", stream]], async (route, way) => {
  const options = { tools: TOOLS, reasoning_effort: "low" };
  const { message } = await way(route, "thinking-tools", options);
  const final = await way(route, "thinking-tools", { messages: after(message, "wet"), ...options });
  equal(final.message.content, "The tool said: wet");
});

add("the SDK's own tool loop", async (route) => {
  const tool = { type: "function", function: { ...TOOLS[0].function, parse: JSON.parse, function: ({ city, days }) => `${city}, ${days}` } };
  for (const stream of [false, true]) {
    const request = { model: route.model("thinking-tools"), messages: [USER], tools: [tool], reasoning_effort: "low", stream };
    equal(await client.chat.completions.runTools(request).finalContent(), "The tool said: Zürich, 3");
  }
});

add("image", async (route) => {
  const image = { type: "image_url", image_url: { url: `data:image/png;base64,${PIXEL}` } };
  const content = [{ type: "text", text: "What is this?" }, image];
  equal(JSON.parse((await ask(route, "image", { messages: [{ role: "user", content }] })).message.content), SEEN);
});

const noImage = only([], "a tool message of Chat holds texts only");
add("image in a tool result", () => assert.fail(), { without: noImage });

add("length", async (route) => {
  equal((await ask(route, "length", { max_completion_tokens: 5 })).finish_reason, "length");
  equal((await stream(route, "length")).finish_reason, "length");
});

add("stop", async (route) => {
  equal((await ask(route, "stop", { stop: "END" })).finish_reason, "stop");
});

add("refusal", async (route) => {
  const [plain, streamed] = [await ask(route, "refusal"), await stream(route, "refusal")];
  const shown = ["chat", "responses"].includes(route.upstream);
  const expected = shown ? "stop" : "content_filter";
  equal([plain.finish_reason, streamed.finish_reason], [expected, expected]);
  if (shown) equal([plain.message.refusal, streamed.refusal], [REFUSAL, REFUSAL]);
});

add("cache counts", async (route) => {
  const [fresh, read, written, output] = cached(route);
  for (const { usage } of [await ask(route, "usage-cache"), await stream(route, "usage-cache")]) {
    counts(usage, fresh + read + written, output);
    equal(usage.prompt_tokens_details.cached_tokens, read);
  }
});

add("structured output", async (route) => {
  const response_format = { type: "json_schema", json_schema: { name: "city", schema: SCHEMA, strict: true } };
  equal(schemaSeen(route, (await ask(route, "json", { response_format })).message.content), SCHEMA);
  equal(schemaSeen(route, (await stream(route, "json", { response_format })).content), SCHEMA);
});

add("big event", async (route) => equal((await stream(route, "big")).content.length, 5 * 1024 * 1024));

async function hello(route, name) {
  equal((await stream(route, name)).content, HELLO);
  equal((await ask(route, name)).message.content, HELLO);
}

table(WRAPPED, hello);
table([["json for a stream", "json-for-stream"], ["stream for json", "sse-for-plain"]], hello, { without: { chat: SAME_BYTES }, direct: false });

table([["late usage", "late-usage"], ["usage everywhere", "usage-everywhere"], ["no terminal event", "no-done"]], async (route, name) => {
  const answer = await stream(route, name);
  equal([answer.content, answer.finish_reason], [HELLO, "stop"]);
  counts(answer.usage);
}, { without: { chat: SAME_BYTES }, direct: false });

add("silence", async (route) => equal((await stream(route, "late")).content, HELLO));

table(ERRORS, async (route, name, status, kind) => {
  for (const stream of [false, true]) {
    const request = { model: route.model(name), messages: [USER], stream };
    const error = await raises(OpenAI[kind], () => client.chat.completions.create(request));
    if (status) equal(error.status, status);
    if (status === 429) equal(error.headers.get("retry-after"), "7");
    if (name !== "html-502") assert.ok(error.error.message && error.type, JSON.stringify(error.error));
  }
});

add("unknown model", (route) =>
  raises(OpenAI.NotFoundError, () => client.chat.completions.create({ model: "no-such-model", messages: [USER] })));

add("wrong key", (route) => {
  const request = { model: route.model("text"), messages: [USER] };
  return raises(OpenAI.AuthenticationError, () => client.withOptions({ apiKey: "wrong" }).chat.completions.create(request));
}, { direct: false });

table(BROKEN, async (route, name) => {
  await raises(Error, () => stream(route, name));
  await raises(Error, () => ask(route, name));
});

table(BROKEN_STREAMS, (route, name) => raises(Error, () => stream(route, name, { tools: TOOLS })), { direct: false });

table(NO_ANSWER, async (route, name) => {
  await raises(Error, () => stream(route, name));
  await raises(Error, () => ask(route, name));
}, { without: { chat: SAME_BYTES }, direct: false });

add("models", async (route) => {
  const models = (await list(client.models.list())).map((model) => model.id);
  assert.ok(models.includes(route.model("text")) && models.includes(route.model("tools")), models.slice(0, 5).join());
});

await run();
