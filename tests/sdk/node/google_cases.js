// The official Google Gen AI SDK, on models of every upstream.

import assert from "node:assert/strict";
import { ApiError, GoogleGenAI } from "@google/genai";
import {
  ARGUMENTS, BROKEN, BROKEN_STREAMS, ERRORS, HELLO, NO_ANSWER, OTHER_ARGUMENTS, PARAMETERS, PIXEL, REFUSAL, SAME_BYTES, SCHEMA,
  SEEN, SETTINGS, THOUGHT, UNICODE, WRAPPED, add, cached, equal, list, raises, run, schemaSeen, table,
} from "./harness.js";

const client = new GoogleGenAI({ apiKey: SETTINGS.key, httpOptions: { baseUrl: SETTINGS.base, timeout: 20_000 } });
const TOOLS = [{
  functionDeclarations: ["get_weather", "get_other_weather"].map((name) => ({
    name, description: "The weather.", parametersJsonSchema: PARAMETERS,
  })),
}];
const IMAGE = { inlineData: { mimeType: "image/png", data: PIXEL } };
const THINKING = { includeThoughts: true, thinkingBudget: 2048 };
const USER = { role: "user", parts: [{ text: "hi" }] };

async function ask(route, name, { contents = [USER], ...config } = {}) {
  const answer = await client.models.generateContent({ model: route.model(name), contents, config });
  const { content, finishReason } = answer.candidates?.[0] ?? {};
  return { parts: content?.parts ?? [], finishReason, usage: answer.usageMetadata, feedback: answer.promptFeedback };
}

/** The parts of a stream, and what its last chunk says. */
async function stream(route, name, { contents = [USER], ...config } = {}) {
  const chunks = await list(await client.models.generateContentStream({ model: route.model(name), contents, config }));
  const last = chunks.at(-1);
  return {
    parts: chunks.flatMap((chunk) => chunk.candidates?.[0]?.content?.parts ?? []),
    finishReason: last.candidates?.[0]?.finishReason, usage: last.usageMetadata, feedback: last.promptFeedback,
  };
}

const both = async (route, name, config) => [await ask(route, name, config), await stream(route, name, config)];
const text = (answer, thought = false) =>
  answer.parts.filter((part) => Boolean(part.thought) === thought).map((part) => part.text ?? "").join("");
const calls = (answer) => answer.parts.flatMap((part) => part.functionCall ?? []);

/** The conversation so far, with one result per call. */
function after(answer, ...results) {
  const parts = calls(answer).map(({ id, name }, index) => ({ functionResponse: { id, name, ...results[index] } }));
  return [USER, { role: "model", parts: answer.parts }, { role: "user", parts }];
}

const said = (output) => ({ response: { output } });

add("text", async (route) => {
  for (const answer of await both(route, "text", { systemInstruction: "Be brief." })) {
    equal([text(answer), answer.finishReason], [HELLO, "STOP"]);
    equal([answer.usage.promptTokenCount, answer.usage.candidatesTokenCount], [13, 7]);
  }
});

add("unicode", async (route) => {
  for (const answer of await both(route, "unicode")) equal(text(answer), UNICODE);
});

add("tools", async (route) => {
  for (const answer of await both(route, "tools", { tools: TOOLS })) {
    equal(calls(answer).map((call) => call.args), [ARGUMENTS]);
    const contents = after(answer, said("sunny"));
    for (const final of await both(route, "tools", { contents, tools: TOOLS })) equal(text(final), "The tool said: sunny");
  }
});

add("parallel tools", async (route) => {
  for (const answer of await both(route, "parallel", { tools: TOOLS })) {
    equal(calls(answer).map((call) => call.args), [ARGUMENTS, OTHER_ARGUMENTS]);
    const contents = after(answer, said("one"), said("two"));
    equal(text(await ask(route, "parallel", { contents, tools: TOOLS })), "The tool said: one | two");
  }
});

add("named tool choice", async (route) => {
  const toolConfig = { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["get_other_weather"] } };
  for (const answer of await both(route, "tools", { tools: TOOLS, toolConfig })) {
    equal(calls(answer).map((call) => call.name), ["get_other_weather"]);
  }
});

add("tool without arguments", async (route) => {
  for (const answer of await both(route, "noargs", { tools: TOOLS })) {
    equal(calls(answer).map((call) => call.args ?? {}), [{}]);
    equal(text(await ask(route, "noargs", { contents: after(answer, said("ok")), tools: TOOLS })), "The tool said: ok");
  }
});

async function ownLoop(route, way) {
  const tool = {
    tool: async () => TOOLS[0],
    callTool: async (called) => called.map(({ id, name, args }) => ({ functionResponse: { id, name, ...said(`${args.city}, ${args.days}`) } })),
  };
  for (const name of ["thinking-tools", "gemini-3-flash-thinking-tools"]) {
    equal(text(await way(route, name, { tools: [tool], thinkingConfig: THINKING })), "The tool said: Zürich, 3");
  }
}

add("the SDK's own tool loop", (route) => ownLoop(route, ask));
// In a stream the SDK sends every event back as a content of its own.
const emptyText = "the scripted Gemini refuses the empty text of a last event, which Google's SDKs send back";
add("the same in a stream", (route) => ownLoop(route, stream), { without: { gemini: emptyText } });

add("image", async (route) => {
  const contents = [{ role: "user", parts: [{ text: "What is this?" }, IMAGE] }];
  for (const answer of await both(route, "image", { contents })) equal(JSON.parse(text(answer)), SEEN);
});

add("image in a tool result", async (route) => {
  // Gemini's models of the second generation take none.
  const name = "gemini-3-flash-tool-image";
  const contents = after(await ask(route, name, { tools: TOOLS }), { ...said("a picture"), parts: [IMAGE] });
  for (const answer of await both(route, name, { contents, tools: TOOLS })) equal(JSON.parse(text(answer)), SEEN);
});

add("thinking", async (route) => {
  for (const answer of await both(route, "thinking", { thinkingConfig: THINKING })) {
    equal([text(answer, true), text(answer)], [THOUGHT, HELLO]);
  }
});

add("thinking tool loop", async (route) => {
  const config = { thinkingConfig: THINKING, tools: TOOLS };
  for (const answer of await both(route, "thinking-tools", config)) {
    equal(text(answer, true), THOUGHT);
    equal(text(await ask(route, "thinking-tools", { ...config, contents: after(answer, said("wet")) })), "The tool said: wet");
  }
});

add("length", async (route) => {
  for (const answer of await both(route, "length")) equal(answer.finishReason, "MAX_TOKENS");
});

add("stop", async (route) => {
  for (const answer of await both(route, "stop", { stopSequences: ["FIN"] })) equal(answer.finishReason, "STOP");
});

add("refusal", async (route) => {
  for (const answer of await both(route, "refusal")) {
    if (route.upstream === "gemini") {
      equal([answer.feedback.blockReason, answer.feedback.blockReasonMessage], ["PROHIBITED_CONTENT", REFUSAL]);
      equal([answer.parts, answer.finishReason], [[], undefined]);
    } else {
      equal([text(answer), answer.finishReason], [REFUSAL, "SAFETY"]);
    }
  }
});

add("cache counts", async (route) => {
  const [fresh, read, written, output] = cached(route);
  for (const { usage } of await both(route, "usage-cache")) {
    equal([usage.promptTokenCount, usage.cachedContentTokenCount], [fresh + read + written, read]);
    equal(usage.candidatesTokenCount + (usage.thoughtsTokenCount ?? 0), output);
  }
});

add("structured output", async (route) => {
  const config = { responseMimeType: "application/json", responseJsonSchema: SCHEMA };
  for (const answer of await both(route, "json", config)) equal(schemaSeen(route, text(answer)), SCHEMA);
});

async function hello(route, name) {
  for (const answer of await both(route, name)) equal(text(answer), HELLO);
}

// Google's SDKs take a comment for an answer; Google sends none, and the gateway lets none through.
table(WRAPPED.filter(([name]) => name !== "comments"), hello);
table(WRAPPED.filter(([name]) => name === "comments"), hello, { direct: false });

add("silence", async (route) => equal(text(await stream(route, "late")), HELLO));

table(ERRORS, async (route, name, status) => {
  // Google itself says 400 of a wrong key.
  const expected = SETTINGS.direct && status === 401 ? 400 : status;
  for (const way of [ask, stream]) {
    const error = await raises(ApiError, () => way(route, name));
    if (status) equal(error.status, expected);
  }
});

/** The SDK takes an error among the events for an answer without candidates; that is not an answer that ended. */
async function never(route, name, config) {
  try {
    equal((await stream(route, name, config)).finishReason, undefined);
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
  }
}

async function fails(route, name) {
  await never(route, name);
  await raises(Error, () => ask(route, name));
}

table(BROKEN, fails);
table(BROKEN_STREAMS, (route, name) => never(route, name, { tools: TOOLS }), { direct: false });
table(NO_ANSWER, fails, { without: { gemini: SAME_BYTES }, direct: false });

add("count tokens", async (route) => {
  const { totalTokens } = await client.models.countTokens({ model: route.model("text"), contents: "Hello" });
  assert.ok(totalTokens > 0);
});

add("models", async (route) => {
  const model = await client.models.get({ model: route.model("text") });
  equal(model.name, `models/${route.model("text")}`);
}, { direct: false });

await run();
