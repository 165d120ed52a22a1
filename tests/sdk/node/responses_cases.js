// The official openai SDK's Responses API, on models of every upstream.

import assert from "node:assert/strict";
import OpenAI from "openai";
import {
  ARGUMENTS, BROKEN, BROKEN_STREAMS, ERRORS, HELLO, NO_ANSWER, NO_SWITCH, OTHER_ARGUMENTS, PARAMETERS, PIXEL, REFUSAL,
  SAME_BYTES, SCHEMA, SEEN, SETTINGS, THOUGHT, TOOL_IMAGES, UNICODE, WRAPPED, add, cached, equal, list, raises, refusal, run,
  schemaSeen, table,
} from "./harness.js";

const client = new OpenAI({ baseURL: `${SETTINGS.base}/v1`, apiKey: SETTINGS.key, maxRetries: 0, timeout: 20_000 });
const TOOLS = ["get_weather", "get_other_weather"].map((name) => ({
  type: "function", name, description: "The weather.", parameters: PARAMETERS, strict: false,
}));
const IMAGE = { type: "input_image", detail: "auto", image_url: `data:image/png;base64,${PIXEL}` };
const USER = { role: "user", content: "hi" };
const THINKING = { reasoning: { effort: "high", summary: "auto" }, include: ["reasoning.encrypted_content"], store: false };

async function ask(route, name, more = {}) {
  const answer = await client.responses.create({ model: route.model(name), input: [USER], ...more });
  equal([answer.object, answer.model], ["response", route.model(name)]);
  return answer;
}

/** The final answer of a stream whose events are numbered without a gap. */
async function stream(route, name, more = {}) {
  const events = await list(await client.responses.create({ model: route.model(name), input: [USER], stream: true, ...more }));
  equal(events.map((event) => event.sequence_number), events.map((_, index) => index));
  const last = events.at(-1);
  if (!["response.completed", "response.incomplete"].includes(last.type)) throw new Error(JSON.stringify(last));
  return { ...last.response, output_text: texts(last.response) };
}

const texts = (answer) =>
  answer.output.flatMap((item) => item.content ?? []).filter((part) => part.type === "output_text").map((part) => part.text).join("");
const both = async (route, name, more) => [await ask(route, name, more), await stream(route, name, more)];
const calls = (answer) => answer.output.filter((item) => ["function_call", "custom_tool_call"].includes(item.type));
const given = (answer) => calls(answer).map((call) => JSON.parse(call.arguments));

/** The conversation so far, with one result per call. */
function after(answer, ...outputs) {
  const results = calls(answer).map(({ type, call_id }, index) => ({ type: `${type}_output`, call_id, output: outputs[index] }));
  return [USER, ...answer.output, ...results];
}

add("text", async (route) => {
  for (const answer of await both(route, "text", { instructions: "Be brief." })) {
    equal([answer.output_text, answer.status], [HELLO, "completed"]);
    equal([answer.usage.input_tokens, answer.usage.output_tokens], [13, 7]);
  }
});

add("unicode", async (route) => {
  for (const answer of await both(route, "unicode")) equal(answer.output_text, UNICODE);
});

add("tools", async (route) => {
  for (const answer of await both(route, "tools", { tools: TOOLS })) {
    equal(given(answer), [ARGUMENTS]);
    const input = after(answer, "sunny");
    for (const final of await both(route, "tools", { input, tools: TOOLS })) equal(final.output_text, "The tool said: sunny");
  }
});

add("parallel tools", async (route) => {
  for (const answer of await both(route, "parallel", { tools: TOOLS })) {
    equal(given(answer), [ARGUMENTS, OTHER_ARGUMENTS]);
    equal((await ask(route, "parallel", { input: after(answer, "one", "two"), tools: TOOLS })).output_text, "The tool said: one | two");
  }
});

add("no parallel tools", async (route) => {
  for (const answer of await both(route, "parallel", { tools: TOOLS, parallel_tool_calls: false })) equal(calls(answer).length, 1);
}, { without: { gemini: NO_SWITCH } });

add("named tool choice", async (route) => {
  const tool_choice = { type: "function", name: "get_other_weather" };
  for (const answer of await both(route, "tools", { tools: TOOLS, tool_choice })) equal(calls(answer)[0].name, "get_other_weather");
});

add("custom tool", async (route) => {
  const tools = [{ type: "custom", name: "note", description: "Writes down any text." }];
  for (const answer of await both(route, "tools", { tools })) {
    const [{ type, name, input }] = calls(answer);
    equal([type, name, JSON.parse(input)], ["custom_tool_call", "note", ARGUMENTS]);
    equal((await ask(route, "tools", { input: after(answer, "noted"), tools })).output_text, "The tool said: noted");
  }
});

add("goes on from a response", async (route) => {
  for (const { id, output } of await both(route, "tools", { tools: TOOLS })) {
    const input = [{ type: "function_call_output", call_id: output[0].call_id, output: "sunny" }];
    const answer = await ask(route, "tools", { input, previous_response_id: id, tools: TOOLS });
    equal(answer.output_text, "The tool said: sunny");
  }
}, { without: { responses: "the provider keeps these conversations, and the scripted one keeps none" }, direct: false });

add("image", async (route) => {
  const input = [{ role: "user", content: [{ type: "input_text", text: "What is this?" }, IMAGE] }];
  for (const answer of await both(route, "image", { input })) equal(JSON.parse(answer.output_text), SEEN);
});

table(TOOL_IMAGES, async (route, name) => {
  const input = after(await ask(route, name, { tools: TOOLS }), [{ type: "input_text", text: "a picture" }, IMAGE]);
  for (const answer of await both(route, name, { input, tools: TOOLS })) equal(JSON.parse(answer.output_text), SEEN);
});

add("thinking", async (route) => {
  for (const answer of await both(route, "thinking", THINKING)) {
    const thoughts = answer.output.filter((item) => item.type === "reasoning");
    equal(thoughts.flatMap((item) => item.summary).map((part) => part.text).join(""), THOUGHT);
    equal(answer.output_text, HELLO);
  }
});

add("thinking tool loop", async (route) => {
  for (const answer of await both(route, "thinking-tools", { tools: TOOLS, ...THINKING })) {
    const final = await ask(route, "thinking-tools", { input: after(answer, "wet"), tools: TOOLS, ...THINKING });
    equal(final.output_text, "The tool said: wet");
  }
});

add("length", async (route) => {
  for (const answer of await both(route, "length")) {
    equal([answer.status, answer.incomplete_details.reason], ["incomplete", "max_output_tokens"]);
  }
});

add("refusal", async (route) => {
  for (const { output, status, incomplete_details } of await both(route, "refusal")) {
    const [{ type, text, refusal: words }] = output[0].content;
    // Claude says why in plain text.
    const expected = route.upstream === "claude" ? ["output_text", REFUSAL, undefined] : ["refusal", undefined, refusal(route)];
    equal([type, text, words], expected);
    const ended = ["chat", "responses"].includes(route.upstream) ? ["completed", undefined] : ["incomplete", "content_filter"];
    equal([status, incomplete_details?.reason], ended);
  }
});

add("cache counts", async (route) => {
  const [fresh, read, written, output] = cached(route);
  for (const { usage } of await both(route, "usage-cache")) {
    equal([usage.input_tokens, usage.input_tokens_details.cached_tokens, usage.output_tokens], [fresh + read + written, read, output]);
  }
});

add("structured output", async (route) => {
  const text = { format: { type: "json_schema", name: "city", schema: SCHEMA, strict: true } };
  for (const answer of await both(route, "json", { text })) equal(schemaSeen(route, answer.output_text), SCHEMA);
});

table(WRAPPED, async (route, name) => {
  for (const answer of await both(route, name)) equal(answer.output_text, HELLO);
});

add("silence", async (route) => equal((await stream(route, "late")).output_text, HELLO));

table(ERRORS, async (route, name, status, kind) => {
  for (const stream of [false, true]) {
    const error = await raises(OpenAI[kind], () => client.responses.create({ model: route.model(name), input: [USER], stream }));
    if (status) equal(error.status, status);
    if (status === 429) equal(error.headers.get("retry-after"), "7");
    if (name !== "html-502") assert.ok(error.error.message && error.type, JSON.stringify(error.error));
  }
});

async function fails(route, name) {
  await raises(Error, () => stream(route, name));
  await raises(Error, () => ask(route, name));
}

table(BROKEN, fails);
table(BROKEN_STREAMS, (route, name) => raises(Error, () => stream(route, name, { tools: TOOLS })), { direct: false });
table(NO_ANSWER, fails, { without: { responses: SAME_BYTES }, direct: false });

await run();
