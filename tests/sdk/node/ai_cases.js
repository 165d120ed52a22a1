// Vercel's AI SDK with its own providers for OpenAI (Chat and Responses), Anthropic and Google, on models of every upstream.

import assert from "node:assert/strict";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import { APICallError, Output, generateText, isStepCount, jsonSchema, streamText, tool } from "ai";
import {
  ARGUMENTS, BROKEN, BROKEN_STREAMS, ERRORS, HELLO, NO_ANSWER, OTHER_ARGUMENTS, PARAMETERS, PIXEL, SAME_BYTES, SCHEMA, SEEN,
  SETTINGS, THOUGHT, UNICODE, WRAPPED, add, cached, equal, only, raises, refusal, run, schemaSeen, table,
} from "./harness.js";

// It does not know our models, and says so of each.
globalThis.AI_SDK_LOG_WARNINGS = false;
const { base, key: apiKey, dialect: client } = SETTINGS;
const openai = createOpenAI({ baseURL: `${base}/v1`, apiKey });
const models = {
  chat: (name) => openai.chat(name),
  claude: createAnthropic({ baseURL: `${base}/v1`, apiKey }),
  gemini: createGoogleGenerativeAI({ baseURL: `${base}/v1beta`, apiKey }),
  responses: (name) => openai.responses(name),
};
const TOOLS = Object.fromEntries(["get_weather", "get_other_weather"].map((name) => [
  name, tool({ description: "The weather.", inputSchema: jsonSchema(PARAMETERS) }),
]));
const USER = { role: "user", content: "hi" };
// How much to think, in the words of each provider.
const THINKING = {
  claude: { anthropic: { thinking: { type: "enabled", budgetTokens: 2048 } } },
  gemini: { google: { thinkingConfig: { includeThoughts: true, thinkingBudget: 2048 } } },
  // Of names it does not know the provider believes that they do not think.
  responses: {
    openai: {
      forceReasoning: true, reasoningEffort: "low", reasoningSummary: "auto", store: false, include: ["reasoning.encrypted_content"],
    },
  },
};

function options(route, name, more) {
  return { model: models[client](route.model(name)), messages: [USER], maxRetries: 0, ...more };
}

async function ask(route, name, more = {}) {
  return await generateText(options(route, name, more));
}

/** The same of a stream; a failure inside of it is thrown. */
async function stream(route, name, more = {}) {
  let failure;
  const result = streamText(options(route, name, { ...more, onError: ({ error }) => (failure = error) }));
  let text = "";
  for await (const part of result.fullStream) {
    if (part.type === "error") failure = part.error;
    if (part.type === "text-delta") text += part.text;
  }
  if (failure) throw failure;
  const answer = {
    text: await result.text, reasoningText: await result.reasoningText, toolCalls: await result.toolCalls,
    finishReason: await result.finishReason, usage: await result.usage, response: await result.response,
  };
  equal(answer.text, text);
  return answer;
}

const both = async (route, name, more) => [await ask(route, name, more), await stream(route, name, more)];

/** The conversation so far, with one result per call. */
function after(answer, ...outputs) {
  const content = outputs.map((output, index) => {
    const { toolCallId, toolName } = answer.toolCalls[index];
    const value = typeof output === "string" ? { type: "text", value: output } : output;
    return { type: "tool-result", toolCallId, toolName, output: value };
  });
  return [USER, ...answer.response.messages, { role: "tool", content }];
}

add("text", async (route) => {
  for (const answer of await both(route, "text", { instructions: "Be brief." })) {
    equal([answer.text, answer.finishReason], [HELLO, "stop"]);
    equal([answer.usage.inputTokens, answer.usage.outputTokens], [13, 7]);
  }
});

add("unicode", async (route) => {
  for (const answer of await both(route, "unicode")) equal(answer.text, UNICODE);
});

/** The provider for Google packs a result together with the name of its tool. */
function saysResults(answer, ...results) {
  const packed = results.map((content, index) => JSON.stringify({ name: Object.keys(TOOLS)[index], content }));
  equal(answer.text, `The tool said: ${(client === "gemini" ? packed : results).join(" | ")}`);
}

add("tools", async (route) => {
  for (const answer of await both(route, "tools", { tools: TOOLS })) {
    equal([answer.finishReason, answer.toolCalls.map((call) => call.input)], ["tool-calls", [ARGUMENTS]]);
    for (const final of await both(route, "tools", { messages: after(answer, "sunny"), tools: TOOLS })) {
      saysResults(final, "sunny");
    }
  }
});

add("parallel tools", async (route) => {
  for (const answer of await both(route, "parallel", { tools: TOOLS })) {
    equal(answer.toolCalls.map((call) => call.input), [ARGUMENTS, OTHER_ARGUMENTS]);
    saysResults(await ask(route, "parallel", { messages: after(answer, "one", "two"), tools: TOOLS }), "one", "two");
  }
});

add("named tool choice", async (route) => {
  const toolChoice = { type: "tool", toolName: "get_other_weather" };
  for (const answer of await both(route, "tools", { tools: TOOLS, toolChoice })) {
    equal(answer.toolCalls.map((call) => call.toolName), ["get_other_weather"]);
  }
});

add("tool without arguments", async (route) => {
  for (const answer of await both(route, "noargs", { tools: TOOLS })) equal(answer.toolCalls.map((call) => call.input), [{}]);
});

add("the SDK's own tool loop", async (route) => {
  const get_weather = tool({ ...TOOLS.get_weather, execute: ({ city, days }) => `${city}, ${days}` });
  const wishes = [THINKING[client]];
  // Unless it is told otherwise it takes answers of this dialect for stored, and names what they were instead of sending it.
  if (client === "responses") wishes.push({ openai: { forceReasoning: true, reasoningEffort: "low", reasoningSummary: "auto" } });
  for (const providerOptions of wishes) {
    const more = { tools: { get_weather }, stopWhen: isStepCount(3), providerOptions };
    for (const answer of await both(route, "thinking-tools", more)) saysResults(answer, "Zürich, 3");
  }
});

add("image", async (route) => {
  const content = [{ type: "text", text: "What is this?" }, { type: "file", data: PIXEL, mediaType: "image/png" }];
  for (const answer of await both(route, "image", { messages: [{ role: "user", content }] })) equal(JSON.parse(answer.text), SEEN);
});

add("image in a tool result", async (route) => {
  const name = "gemini-3-flash-tool-image";
  const answer = await ask(route, name, { tools: TOOLS });
  // Without the text the provider for Google writes no result at all for models whose names it does not know.
  const image = { type: "file", data: { type: "data", data: PIXEL }, mediaType: "image/png" };
  const value = [{ type: "text", text: "a picture" }, image];
  const messages = after(answer, { type: "content", value });
  for (const final of await both(route, name, { messages, tools: TOOLS })) equal(JSON.parse(final.text), SEEN);
}, { without: client === "chat" ? only([], "Vercel's provider for Chat writes an image in a result as text") : {} });

const thinks = { without: client === "chat" ? only([], "Vercel's provider for Chat does not read what a model thinks") : {} };

add("thinking", async (route) => {
  for (const answer of await both(route, "thinking", { providerOptions: THINKING[client] })) {
    equal([answer.text, answer.reasoningText], [HELLO, THOUGHT]);
  }
}, thinks);

add("thinking tool loop", async (route) => {
  const more = { tools: TOOLS, providerOptions: THINKING[client] };
  for (const answer of await both(route, "thinking-tools", more)) {
    equal(answer.reasoningText, THOUGHT);
    saysResults(await ask(route, "thinking-tools", { ...more, messages: after(answer, "wet") }), "wet");
  }
}, thinks);

add("length", async (route) => {
  for (const answer of await both(route, "length")) equal(answer.finishReason, "length");
});

add("refusal", async (route) => {
  for (const answer of await both(route, "refusal")) {
    equal(answer.finishReason, "content-filter");
    // A blocked prompt has no text in Google's own words.
    equal(answer.text, client === "gemini" && route.upstream === "gemini" ? "" : refusal(route));
  }
});

add("cache counts", async (route) => {
  const [fresh, read, written, output] = cached(route);
  for (const { usage } of await both(route, "usage-cache")) {
    equal([usage.inputTokens, usage.inputTokenDetails.cacheReadTokens, usage.outputTokens], [fresh + read + written, read, output]);
  }
});

add("structured output", async (route) => {
  const output = Output.object({ schema: jsonSchema(SCHEMA) });
  // The upstream answers with what it was asked for, which is no city.
  const providerOptions = { anthropic: { structuredOutputMode: "outputFormat" } };
  for (const answer of await both(route, "json", { output, providerOptions })) {
    const asked = schemaSeen(route, answer.text);
    equal([asked.type, Object.keys(asked.properties)], ["object", ["city"]]);
  }
});

table(WRAPPED, async (route, name) => {
  for (const answer of await both(route, name)) equal(answer.text, HELLO);
});

add("silence", async (route) => equal((await stream(route, "late")).text, HELLO));

table(ERRORS, async (route, name, status) => {
  // Google itself says 400 of a wrong key.
  const expected = SETTINGS.direct && client === "gemini" && status === 401 ? 400 : status;
  for (const way of [ask, stream]) {
    const error = await raises(APICallError, () => way(route, name));
    if (status) equal(error.statusCode, expected);
  }
});

async function fails(route, name) {
  await raises(Object, () => stream(route, name));
  await raises(Object, () => ask(route, name));
}

table(BROKEN, fails, { direct: false });
table(BROKEN_STREAMS, (route, name) => raises(Object, () => stream(route, name, { tools: TOOLS })), { direct: false });
table(NO_ANSWER, fails, { without: { [client]: SAME_BYTES }, direct: false });

await run();
