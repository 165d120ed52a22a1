// The table of cases, and what all suites expect of the scripted upstream's answers.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";

export const HELLO = "Hello from the scripted upstream.";
export const THOUGHT = "The user asks; I first think about it – carefully.";
export const UNICODE =
  "Grüße 👩‍👩‍👧‍👦🇨🇭 漢字かな交じり文 שלום \u2028line\u2029paragraph NUL[\0] quote\" back\\slash tab\tnew\nline end";
export const ARGUMENTS = { city: "Zürich", days: 3, exact: true };
export const OTHER_ARGUMENTS = { city: "東京", days: 1, exact: false };
export const PARAMETERS = {
  type: "object",
  properties: { city: { type: "string" }, days: { type: "integer" }, exact: { type: "boolean" } },
};
export const SCHEMA = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};
// Its base64 has both characters that the other alphabet spells differently; Google's SDKs may send that one.
export const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mNgcvgNAAGFAT5h+/yEAAAAAElFTkSuQmCC";
export const SEEN = [
  { media_type: "image/png", sha256: createHash("sha256").update(Buffer.from(PIXEL, "base64")).digest("hex") },
];

export const REFUSAL = "I cannot help with that.";
/** Case, model, status, the word for it in the class names of OpenAI's and Anthropic's SDKs, Anthropic's type of it. */
export const ERRORS = [
  ["error 400", "400", 400, "BadRequestError", "invalid_request_error"],
  ["error 401", "401", 401, "AuthenticationError", "authentication_error"],
  ["error 403", "403", 403, "PermissionDeniedError", "permission_error"],
  ["error 404", "404", 404, "NotFoundError", "not_found_error"],
  ["error 429", "429", 429, "RateLimitError", "rate_limit_error"],
  ["error 500", "500", 500, "InternalServerError", "api_error"],
  ["error 503", "503", undefined, "InternalServerError", "overloaded_error"],
  ["error 529", "529", undefined, "InternalServerError", "overloaded_error"],
  ["html 502", "html-502", undefined, "InternalServerError", undefined],
];
// What must raise whether streamed or not, and what only a stream shows.
export const BROKEN = [["cut stream", "cut"], ["error in stream", "error-in-stream"], ["error first", "error-first"]];
export const BROKEN_STREAMS = [["clean cut", "cut-clean"], ["no finish reason", "no-finish"], ["cut tool call", "cut-tools"]];
export const NO_ANSWER = [["html 200", "html"], ["empty 200", "empty"]];
export const WRAPPED = [["crlf", "crlf"], ["comments", "comments"], ["one byte", "one-byte"], ["gzip", "gzip"]];
export const TOOL_IMAGES = [["image in a tool result", "tool-image"], ["the same, third Gemini", "gemini-3-flash-tool-image"]];

export const SETTINGS = JSON.parse(process.argv[2]);
const CASES = [];

const THIRD = "gemini-3-flash-";
export const UPSTREAMS = ["chat", "claude", "gemini", "responses", "kiro"];
// Why a case has no meaning somewhere.
export const SAME_BYTES = "between a client and an upstream of one dialect the bytes pass as they are";
export const CHAT_ODDITY = "only servers that speak Chat are known for it";
export const NO_SWITCH = "Gemini cannot be told to make one call at a time";
const NO_GATEWAY = "the gateway's own work";

/** For `without`: everywhere but on these upstreams. */
export function only(upstreams, because) {
  return Object.fromEntries(UPSTREAMS.filter((upstream) => !upstreams.includes(upstream)).map((upstream) => [upstream, because]));
}

/**
 * Adds a case; `without` names the upstream dialects that cannot carry it, each with the reason, and `direct` whether it
 * has a meaning without a gateway.
 */
export function add(name, run, { without = {}, direct = true } = {}) {
  CASES.push({ name, run, without, direct });
}

/** Adds one case per row of a table; the function gets the rest of the row. */
export function table(rows, run, options) {
  for (const [name, ...row] of rows) add(name, (route) => run(route, ...row), options);
}

/** The model of a scenario. `gemini-3-flash-` before it means Gemini's third generation, on that upstream only. */
function model({ upstream, prefix }, name) {
  const short = name.replace(THIRD, "");
  const third = name !== short && upstream === "gemini" ? THIRD : "";
  return (SETTINGS.direct ? third + prefix : prefix + third) + short;
}

/** Runs the table on every route and prints one JSON line per result. */
export async function run() {
  for (const [place, { upstream, prefix, cases }] of Object.entries(SETTINGS.routes)) {
    const route = { upstream, model: (name) => model({ upstream, prefix }, name) };
    for (const { name, run, without, direct } of CASES) {
      if (!name.includes(SETTINGS.only) || !(cases ?? [name]).includes(name)) continue;
      const reason = without[upstream] ?? (SETTINGS.direct && !direct && NO_GATEWAY);
      if (reason) {
        console.log(JSON.stringify({ route: place, case: name, left_out: reason }));
        continue;
      }
      let error = null;
      try {
        await run(route);
      } catch (problem) {
        const place = problem.stack?.split("\n").find((line) => line.includes("_cases.js")) ?? "";
        error = `${place.trim()} ${String(problem).slice(0, 600)}`;
      }
      console.log(JSON.stringify({ route: place, case: name, error }));
    }
  }
}

export function equal(found, expected) {
  assert.deepEqual(found, expected);
}

/** The exception `call` must raise; a failed assertion of our own is not it. */
export async function raises(kind, call) {
  let value;
  try {
    value = await call();
  } catch (problem) {
    if (problem instanceof assert.AssertionError || !(problem instanceof kind)) throw problem;
    return problem;
  }
  throw new assert.AssertionError({ message: `nothing was raised; the answer was ${JSON.stringify(value)?.slice(0, 300)}` });
}

export async function list(stream) {
  const items = [];
  for await (const item of stream) items.push(item);
  return items;
}

const SCHEMA_PATHS = {
  chat: ["json_schema", "schema"], claude: ["format", "schema"], gemini: ["responseJsonSchema"], responses: ["schema"],
};

/** The JSON schema in the wishes for an answer's form, as the upstream of this dialect reports them. */
export function schemaSeen({ upstream }, received) {
  return SCHEMA_PATHS[upstream].reduce((value, key) => value?.[key], JSON.parse(received));
}

/** The counts of `usage-cache`: tokens neither read from a cache nor written to it, read, written, given out. */
export function cached({ upstream }) {
  return { chat: [500, 300, 200, 4], claude: [13, 22000, 31, 4], gemini: [70, 30, 0, 70], responses: [500, 300, 200, 4] }[upstream];
}

/** The text of a refusal in an answer. Gemini refuses the prompt, and the gateway says so. */
export function refusal({ upstream }) {
  return upstream === "gemini" ? `The prompt was blocked (PROHIBITED_CONTENT): ${REFUSAL}` : REFUSAL;
}
