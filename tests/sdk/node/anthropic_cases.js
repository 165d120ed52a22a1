// The official Anthropic SDK, on models of every upstream.

import assert from "node:assert/strict";
import Anthropic from "@anthropic-ai/sdk";
import { betaTool } from "@anthropic-ai/sdk/helpers/beta/json-schema";
import {
  ARGUMENTS, BROKEN, BROKEN_STREAMS, CHAT_ODDITY, ERRORS, HELLO, NO_ANSWER, NO_SWITCH, OTHER_ARGUMENTS, PARAMETERS, PIXEL,
  SAME_BYTES, SCHEMA, SEEN, SETTINGS, THOUGHT, TOOL_IMAGES, UNICODE, WRAPPED, add, cached, equal, list, only, raises, refusal, run,
  schemaSeen, table,
} from "./harness.js";

const client = new Anthropic({ baseURL: SETTINGS.base, apiKey: SETTINGS.key, maxRetries: 0, timeout: 20_000 });
const USER = { role: "user", content: "hi" };
const TOOLS = ["get_weather", "get_other_weather"].map((name) => ({
  name, description: "The weather.", input_schema: PARAMETERS,
}));
const IMAGE = { type: "image", source: { type: "base64", media_type: "image/png", data: PIXEL } };
const THINKING = { type: "enabled", budget_tokens: 1024 };

function request(route, name, options) {
  return { model: route.model(name), messages: [USER], max_tokens: 4096, ...options };
}

function check(message, model) {
  equal([message.model, message.type, message.role], [model, "message", "assistant"]);
  assert.ok(message.id.startsWith("msg_"), message.id);
  return message;
}

async function ask(route, name, options = {}) {
  return check(await client.messages.create(request(route, name, options)), route.model(name));
}

/** The message as the SDK's own accumulator makes it, with the invariants of the dialect checked on the way. */
async function stream(route, name, options = {}) {
  const helper = client.messages.stream(request(route, name, options));
  const events = (await list(helper)).filter((event) => event.type !== "ping");
  const [start, ...rest] = events;
  const end = rest.pop();
  equal([start.type, end.type], ["message_start", "message_stop"]);
  check(start.message, route.model(name));
  let [open, blocks, stopped] = [null, 0, false];
  for (const event of rest) {
    if (event.type === "content_block_start") {
      assert.ok(open === null && !stopped, "two blocks are open at once");
      equal(event.index, blocks);
      open = blocks++;
    } else if (event.type === "message_delta") {
      equal(open, null);
      stopped ||= event.delta.stop_reason !== null;
    } else {
      equal(event.index, open);
      if (event.type === "content_block_stop") open = null;
    }
  }
  assert.ok(stopped, "no stop reason came");
  return check(await helper.finalMessage(), route.model(name));
}

const both = async (route, name, options) => [await ask(route, name, options), await stream(route, name, options)];
const text = (message) => message.content.filter((block) => block.type === "text").map((block) => block.text).join("");
const kinds = (message) => message.content.map((block) => block.type);
const calls = (message) => message.content.filter((block) => block.type === "tool_use");
const inputs = (message) => calls(message).map((call) => call.input);

function counts(usage, given = 13, output = 7) {
  equal([usage.input_tokens, usage.output_tokens], [given, output]);
}

/** The conversation so far: what the SDK's objects keep, and one result per call. */
function after(message, ...results) {
  const content = results.map((content, index) => ({ type: "tool_result", tool_use_id: calls(message)[index].id, content }));
  return [USER, { role: "assistant", content: message.content }, { role: "user", content }];
}

add("text", async (route) => {
  const message = await ask(route, "text", { system: "Be brief.", max_tokens: 50, stop_sequences: ["END"], metadata: { user_id: "someone" } });
  equal([kinds(message), text(message), message.stop_reason], [["text"], HELLO, "end_turn"]);
  counts(message.usage);
});

add("text stream", async (route) => {
  const message = await stream(route, "text");
  equal([kinds(message), text(message), message.stop_reason], [["text"], HELLO, "end_turn"]);
  counts(message.usage);
});

add("unicode", async (route) => equal((await both(route, "unicode")).map(text), [UNICODE, UNICODE]));

table([["tools", ask], ["tools stream", stream]], async (route, way) => {
  const message = await way(route, "tools", { tools: TOOLS, tool_choice: { type: "auto" } });
  equal([kinds(message), inputs(message), message.stop_reason], [["tool_use"], [ARGUMENTS], "tool_use"]);
  const final = await way(route, "tools", { messages: after(message, "21 °C, sunny"), tools: TOOLS });
  equal([text(final), final.stop_reason], ["The tool said: 21 °C, sunny", "end_turn"]);
});

add("text before a tool", async (route) => {
  for (const message of await both(route, "text-tools", { tools: TOOLS })) {
    equal([kinds(message), text(message), message.stop_reason], [["text", "tool_use"], "Let me look. ", "tool_use"]);
    equal(text(await ask(route, "text-tools", { messages: after(message, "wet"), tools: TOOLS })), "The tool said: wet");
  }
});

table([["parallel tools", ask], ["parallel tools stream", stream]], async (route, way) => {
  const message = await way(route, "parallel", { tools: TOOLS });
  equal(inputs(message), [ARGUMENTS, OTHER_ARGUMENTS]);
  assert.notEqual(calls(message)[0].id, calls(message)[1].id);
  const messages = after(message, "first", "second");
  messages[2].content.push({ type: "text", text: "And now?" });
  equal(text(await way(route, "parallel", { messages, tools: TOOLS })), "The tool said: first | second");
});

add("no parallel tools", async (route) => {
  const tool_choice = { type: "auto", disable_parallel_tool_use: true };
  equal(calls(await ask(route, "parallel", { tools: TOOLS, tool_choice })).length, 1);
}, { without: { gemini: NO_SWITCH } });

add("named tool choice", async (route) => {
  const tool_choice = { type: "tool", name: "get_other_weather" };
  equal(calls(await ask(route, "tools", { tools: TOOLS, tool_choice }))[0].name, "get_other_weather");
});

add("tool without arguments", async (route) => {
  for (const message of await both(route, "noargs", { tools: TOOLS })) {
    equal(inputs(message), [{}]);
    equal(text(await ask(route, "noargs", { messages: after(message, "ok"), tools: TOOLS })), "The tool said: ok");
  }
});

add("thinking", async (route) => {
  for (const message of await both(route, "thinking", { thinking: THINKING })) {
    // Google's state comes behind the text, where no block may be.
    equal([kinds(message), message.content[0].thinking, text(message)], [["thinking", "text"], THOUGHT, HELLO]);
    counts(message.usage, 13, 20);
  }
});

async function loop(route, name, thinking, kind) {
  for (const message of await both(route, name, { tools: TOOLS, thinking })) {
    equal(kinds(message), [kind, "tool_use"]);
    const final = await ask(route, name, { messages: after(message, "wet"), tools: TOOLS, thinking });
    equal(text(final), "The tool said: wet");
  }
}

table([["thinking tool loop", "thinking-tools", THINKING, "thinking"]], loop);
table([
  ["thinking tool loop, text omitted", "thinking-tools", { ...THINKING, display: "omitted" }, "thinking"],
  ["redacted thinking tool loop", "redacted", THINKING, "redacted_thinking"],
], loop, { without: only(["claude"], "only Claude hides its thinking behind a signature") });

add("the SDK's own tool loop", async (route) => {
  const tool = betaTool({ name: "get_weather", inputSchema: PARAMETERS, run: ({ city, days }) => `${city}, ${days}` });
  for (const stream of [false, true]) {
    const runner = client.beta.messages.toolRunner(request(route, "thinking-tools", { tools: [tool], thinking: THINKING, stream }));
    equal(text(await runner.runUntilDone()), "The tool said: Zürich, 3");
  }
});

add("image", async (route) => {
  const content = [IMAGE, { type: "text", text: "What is this?" }];
  equal(JSON.parse(text(await ask(route, "image", { messages: [{ role: "user", content }] }))), SEEN);
});

table(TOOL_IMAGES, async (route, name) => {
  const messages = after(await ask(route, name, { tools: TOOLS }), [{ type: "text", text: "a picture" }, IMAGE]);
  for (const message of await both(route, name, { messages, tools: TOOLS })) equal(JSON.parse(text(message)), SEEN);
});

add("length", async (route) => {
  for (const message of await both(route, "length", { max_tokens: 5 })) equal(message.stop_reason, "max_tokens");
});

add("stop", async (route) => {
  for (const message of await both(route, "stop", { stop_sequences: ["FIN"] })) {
    // The others do not tell a stop sequence from an end.
    const expected = route.upstream === "claude" ? ["stop_sequence", "FIN"] : ["end_turn", null];
    equal([message.stop_reason, message.stop_sequence], expected);
  }
});

add("refusal", async (route) => {
  for (const message of await both(route, "refusal")) {
    equal([text(message), message.stop_reason], [refusal(route), "refusal"]);
  }
});

add("cache counts", async (route) => {
  const [fresh, read, written, output] = cached(route);
  for (const { usage } of await both(route, "usage-cache")) {
    counts(usage, fresh, output);
    equal([usage.cache_read_input_tokens, usage.cache_creation_input_tokens], [read, written]);
  }
});

add("structured output", async (route) => {
  const output_config = { format: { type: "json_schema", schema: SCHEMA } };
  for (const message of await both(route, "json", { output_config })) equal(schemaSeen(route, text(message)), SCHEMA);
});

add("big event", async (route) => equal(text(await stream(route, "big")).length, 5 * 1024 * 1024));

async function hello(route, name) {
  for (const message of await both(route, name)) {
    equal([kinds(message), text(message), message.stop_reason], [["text"], HELLO, "end_turn"]);
    counts(message.usage);
  }
}

const translated = { without: { claude: SAME_BYTES }, direct: false };
const oddity = { without: only(["chat"], CHAT_ODDITY), direct: false };
table(WRAPPED, hello);
table([["late usage", "late-usage"], ["usage everywhere", "usage-everywhere"]], hello);
table([
  ["no terminal event", "no-done"],
  ["json for a stream", "json-for-stream"],
  ["stream for json", "sse-for-plain"],
], hello, translated);
table([["empty tool_calls", "tool-calls-empty-array"]], hello, oddity);

table([
  ["name repeats", "name-repeats", [ARGUMENTS]],
  ["late id", "late-id", [ARGUMENTS]],
  ["whole call", "whole-call", [ARGUMENTS]],
  ["missing index", "missing-index", [ARGUMENTS]],
  ["interleaved", "interleaved", [ARGUMENTS, OTHER_ARGUMENTS]],
], async (route, name, expected) => {
  const message = await stream(route, name, { tools: TOOLS });
  equal([inputs(message), message.stop_reason], [expected, "tool_use"]);
}, oddity);

add("reasoning field", async (route) => {
  const message = await stream(route, "reasoning-field", { thinking: THINKING });
  equal([kinds(message), message.content[0].thinking, text(message)], [["thinking", "text"], THOUGHT, HELLO]);
}, oddity);

add("silence", async (route) => equal(text(await stream(route, "late")), HELLO));

table(ERRORS, async (route, name, status, kind, word) => {
  for (const stream of [false, true]) {
    const error = await raises(Anthropic[kind], () => client.messages.create(request(route, name, { stream })));
    if (status) equal(error.status, status);
    if (status === 429) equal(error.headers.get("retry-after"), "7");
    if (word) equal([error.error.type, error.error.error.type], ["error", word]);
  }
});

add("unknown model", (route) =>
  raises(Anthropic.NotFoundError, () => client.messages.create({ ...request(route, "text"), model: "no-such-model" })));

add("wrong key", (route) =>
  raises(Anthropic.AuthenticationError, () => client.withOptions({ apiKey: "wrong" }).messages.create(request(route, "text"))),
{ direct: false });

const raw = async (route, name, options) => list(await client.messages.create(request(route, name, { stream: true, ...options })));

table(BROKEN, async (route, name) => {
  await raises(Error, () => raw(route, name));
  await raises(Error, () => ask(route, name));
});

table(BROKEN_STREAMS, (route, name) => raises(Error, () => raw(route, name, { tools: TOOLS })), { direct: false });

table(NO_ANSWER, async (route, name) => {
  await raises(Error, () => raw(route, name));
  await raises(Error, () => ask(route, name));
}, translated);

add("count tokens", async (route) => {
  const count = async (options) => {
    const { max_tokens, ...body } = request(route, "text", options);
    return (await client.messages.countTokens(body)).input_tokens;
  };
  const [short, long] = [await count({}), await count({ system: "Be brief. ".repeat(20), tools: TOOLS })];
  assert.ok(0 < short && short < long - 40, `${short} ${long}`);
});

add("models", async (route) => {
  const models = (await list(client.models.list({ limit: 1000 }))).map((model) => model.id);
  assert.ok(models.includes(route.model("text")) && models.includes(route.model("tools")), models.slice(0, 5).join());
});

await run();
