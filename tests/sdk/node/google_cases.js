// The official Google Gen AI SDK, on models of every upstream.

import assert from "node:assert/strict";
import { ApiError, GoogleGenAI } from "@google/genai";
import {
  ARGUMENTS, HELLO, OTHER_ARGUMENTS, PARAMETERS, PIXEL, SCHEMA, SEEN, SETTINGS, THOUGHT, UNICODE, add, equal, list, raises, run,
  schemaOf, table,
} from "./harness.js";

const client = new GoogleGenAI({ apiKey: SETTINGS.key, httpOptions: { baseUrl: SETTINGS.base, timeout: 20_000 } });
const TOOLS = [{
  functionDeclarations: ["get_weather", "get_other_weather"].map((name) => ({
    name, description: "The weather.", parametersJsonSchema: PARAMETERS,
  })),
}];
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

add("a tool and its result", async (route) => {
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

add("image", async (route) => {
  const parts = [{ text: "What is this?" }, { inlineData: { mimeType: "image/png", data: PIXEL } }];
  equal(JSON.parse(text(await ask(route, "image", { contents: [{ role: "user", parts }] }))), SEEN);
});

add("image in a tool result", async (route) => {
  const answer = await ask(route, "tool-image", { tools: TOOLS });
  const parts = [{ inlineData: { mimeType: "image/png", data: PIXEL } }];
  const contents = after(answer, { response: {}, parts });
  equal(JSON.parse(text(await ask(route, "tool-image", { contents, tools: TOOLS }))), SEEN);
  // Of Google's own models only the third generation takes one.
}, { on: ["chat", "claude", "responses"] });

// The scripted Responses upstream thinks only when asked for a summary, which Gemini's words cannot say.
add("thinking", async (route) => {
  const thinkingConfig = { includeThoughts: true, thinkingBudget: 2048 };
  for (const answer of await both(route, "thinking", { thinkingConfig })) {
    equal([text(answer, true), text(answer)], [THOUGHT, HELLO]);
  }
}, { on: ["chat", "claude", "gemini"] });

add("length", async (route) => {
  for (const answer of await both(route, "length")) equal(answer.finishReason, "MAX_TOKENS");
});

add("refusal", async (route) => {
  for (const answer of await both(route, "refusal")) {
    const blocked = answer.feedback?.blockReason ?? answer.finishReason;
    assert.ok(["PROHIBITED_CONTENT", "SAFETY", "OTHER", "STOP"].includes(blocked), blocked);
  }
});

add("structured output", async (route) => {
  const config = { responseMimeType: "application/json", responseJsonSchema: SCHEMA };
  equal(schemaOf(route, JSON.parse(text(await ask(route, "json", config)))), SCHEMA);
});

add("tokens are counted", async (route) => {
  const { totalTokens } = await client.models.countTokens({ model: route.model("text"), contents: "Hello" });
  assert.ok(totalTokens > 0);
});

table([["400", 400], ["404", 404], ["429", 429], ["500", 500]], async (route, status) => {
  for (const way of [ask, stream]) equal((await raises(ApiError, () => way(route, String(status)))).status, status);
});

// The SDK takes an error among the events for an answer without candidates.
table([["a cut stream never looks complete", "cut"], ["an error in a stream", "error-in-stream"]], async (route, name) => {
  let answer;
  try {
    answer = await stream(route, name);
  } catch {
    return;
  }
  equal(answer.finishReason, undefined);
}, { direct: false });

await run();
