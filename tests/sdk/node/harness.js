// The table of cases, and what both SDK suites expect of the scripted upstream's answers.

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
export const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";
/** The tokens of `usage-cache` by upstream: those of the prompt, read from and written to the cache, and of the answer. */
export const CACHE = {
  chat: [1000, 300, 200, 4], claude: [22044, 22000, 31, 4], gemini: [100, 30, 0, 70], responses: [1000, 300, 200, 4],
};
/** Gemini has no switch for it. */
export const NO_PARALLEL = { on: ["chat", "claude", "responses"] };
export const SEEN = [
  { media_type: "image/png", sha256: createHash("sha256").update(Buffer.from(PIXEL, "base64")).digest("hex") },
];

export const SETTINGS = JSON.parse(process.argv[2]);
const ALL = ["chat", "claude", "gemini", "responses"];
const CASES = [];

/** Adds a case; `on` are the upstream dialects it has a meaning for, `direct` whether it does without a gateway. */
export function add(name, run, { on = ALL, direct = true } = {}) {
  CASES.push({ name, run, on, direct });
}

/** Adds one case per row of a table; the function gets the rest of the row. */
export function table(rows, run, options) {
  for (const [name, ...row] of rows) add(name, (route) => run(route, ...row), options);
}

/** Runs the table on every route and prints one JSON line per result. */
export async function run() {
  for (const upstream of SETTINGS.routes) {
    const prefix = SETTINGS.direct ? "up-" : { chat: "c-", claude: "a-", gemini: "g-", responses: "r-" }[upstream];
    const route = { upstream, model: (name) => prefix + name };
    for (const { name, run, on, direct } of CASES) {
      if (!on.includes(upstream) || (SETTINGS.direct && !direct) || !name.includes(SETTINGS.only)) continue;
      let error = null;
      try {
        await run(route);
      } catch (problem) {
        const place = problem.stack?.split("\n").find((line) => line.includes("_cases.js")) ?? "";
        error = `${place.trim()} ${String(problem).slice(0, 600)}`;
      }
      console.log(JSON.stringify({ route: upstream, case: name, error }));
    }
  }
}

/** The schema that the upstream was asked to answer by, in the place its dialect has for it. */
export function schemaOf(route, received) {
  return {
    chat: () => received.json_schema.schema,
    claude: () => received.format.schema,
    gemini: () => received.responseJsonSchema,
    responses: () => received.schema,
  }[route.upstream]();
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
