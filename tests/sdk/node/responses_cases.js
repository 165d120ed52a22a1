// The official openai SDK's Responses API, on models of every upstream.

import assert from "node:assert/strict";
import OpenAI from "openai";
import {
  ARGUMENTS, HELLO, OTHER_ARGUMENTS, PARAMETERS, PIXEL, SCHEMA, SEEN, SETTINGS, THOUGHT, UNICODE, add, equal, list, raises, run,
  schemaOf, table,
} from "./harness.js";

const client = new OpenAI({ baseURL: `${SETTINGS.base}/v1`, apiKey: SETTINGS.key, maxRetries: 0, timeout: 20_000 });
const TOOLS = ["get_weather", "get_other_weather"].map((name) => ({
  type: "function", name, description: "The weather.", parameters: PARAMETERS, strict: false,
}));
const PATCH = { type: "custom", name: "apply_patch", description: "Changes files." };
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
const calls = (answer) => answer.output.filter((item) => item.type === "function_call");

/** The conversation so far, with one result per call. */
function after(answer, ...outputs) {
  const results = calls(answer).map(({ call_id }, index) => ({ type: "function_call_output", call_id, output: outputs[index] }));
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

add("a tool and its result", async (route) => {
  for (const answer of await both(route, "tools", { tools: TOOLS })) {
    equal(calls(answer).map((call) => JSON.parse(call.arguments)), [ARGUMENTS]);
    const input = after(answer, "sunny");
    for (const final of await both(route, "tools", { input, tools: TOOLS })) equal(final.output_text, "The tool said: sunny");
  }
});

add("parallel tools", async (route) => {
  for (const answer of await both(route, "parallel", { tools: TOOLS })) {
    equal(calls(answer).map((call) => JSON.parse(call.arguments)), [ARGUMENTS, OTHER_ARGUMENTS]);
    equal((await ask(route, "parallel", { input: after(answer, "one", "two"), tools: TOOLS })).output_text, "The tool said: one | two");
  }
});

add("image", async (route) => {
  const content = [
    { type: "input_text", text: "What is this?" },
    { type: "input_image", detail: "auto", image_url: `data:image/png;base64,${PIXEL}` },
  ];
  equal(JSON.parse((await ask(route, "image", { input: [{ role: "user", content }] })).output_text), SEEN);
});

add("image in a tool result", async (route) => {
  const answer = await ask(route, "tool-image", { tools: TOOLS });
  const output = [{ type: "input_image", detail: "auto", image_url: `data:image/png;base64,${PIXEL}` }];
  equal(JSON.parse((await ask(route, "tool-image", { input: after(answer, output), tools: TOOLS })).output_text), SEEN);
});

add("custom tool", async (route) => {
  const answer = await ask(route, "tools", { tools: [PATCH] });
  const [call] = answer.output.filter((item) => item.type === "custom_tool_call");
  equal(call.name, "apply_patch");
  const result = { type: "custom_tool_call_output", call_id: call.call_id, output: "done" };
  const final = await ask(route, "tools", { input: [USER, ...answer.output, result], tools: [PATCH] });
  equal(final.output_text, "The tool said: done");
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
  for (const answer of await both(route, "refusal")) {
    const refused = answer.output.flatMap((item) => item.content ?? []).some((part) => part.type === "refusal");
    assert.ok(refused || answer.incomplete_details?.reason === "content_filter", JSON.stringify(answer.output));
  }
});

add("structured output", async (route) => {
  const text = { format: { type: "json_schema", name: "city", schema: SCHEMA, strict: true } };
  equal(schemaOf(route, JSON.parse((await ask(route, "json", { text })).output_text)), SCHEMA);
});

table([
  ["400", OpenAI.BadRequestError], ["401", OpenAI.AuthenticationError], ["404", OpenAI.NotFoundError],
  ["429", OpenAI.RateLimitError], ["500", OpenAI.InternalServerError],
].map(([name, kind]) => [`error ${name}`, name, kind]), async (route, name, kind) => {
  for (const stream of [false, true]) {
    await raises(kind, () => client.responses.create({ model: route.model(name), input: [USER], stream }));
  }
});

table([["cut stream", "cut"], ["error in stream", "error-in-stream"], ["error first", "error-first"]], async (route, name) => {
  await raises(Error, () => stream(route, name));
});

await run();
