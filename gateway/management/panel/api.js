// `/v0/management`, asked with the key that somebody typed. The key lives in this tab's session storage and nowhere else.

const BASE = new URL('v0/management/', document.baseURI)
const PLACE = 'modelgate-management-key'

/** Why there is no answer. `status` is 0 where the gateway could not be reached; `body` is what it said. */
export class Refusal extends Error {
  constructor(status, body, message) {
    super(message)
    this.status = status
    this.body = body
    /** The mistakes of a configuration: `{line, column, key, message, hint}`. */
    this.problems = body?.problems ?? []
  }
}

export const key = {
  get: () => sessionStorage.getItem(PLACE),
  set: (text) => sessionStorage.setItem(PLACE, text),
  forget: () => sessionStorage.removeItem(PLACE),
}

let locked = () => {}
/** What to do when the key is no longer taken. */
export function onLocked(action) {
  locked = action
}

/**
 * Asks for `path` below the base. `options`: `method`; `query`, an object whose null and empty values are left out; `json` or
 * `text`, the body; `headers`; `signal`; `key`, another key than the kept one.
 * Answers with the response; throws a `Refusal`.
 */
export async function ask(path, options = {}) {
  const url = new URL(path, BASE)
  for (const [name, value] of Object.entries(options.query ?? {})) {
    if (value !== null && value !== undefined && value !== '') url.searchParams.set(name, value)
  }
  const headers = { 'x-management-key': options.key ?? key.get() ?? '', ...options.headers }
  let body = options.text
  if (options.json !== undefined) {
    body = JSON.stringify(options.json)
    headers['content-type'] = 'application/json'
  }
  const init = { method: options.method ?? 'GET', headers, body, signal: options.signal, cache: 'no-store' }
  let response
  try {
    response = await fetch(url, init)
  } catch (error) {
    if (error.name === 'AbortError') throw error
    throw new Refusal(0, null, 'The gateway cannot be reached. Is `modelgate serve` running?')
  }
  if (response.ok) return response
  const refusal = await refused(response)
  if (refusal.status === 401 && options.key === undefined) locked(refusal)
  throw refusal
}

/** The same, for an answer in JSON. */
export async function get(path, query, options = {}) {
  return (await ask(path, { ...options, query })).json()
}

/** Sends `json` with `method`, for an answer in JSON. */
export async function send(method, path, json, options = {}) {
  return (await ask(path, { ...options, method, json })).json()
}

/** The gateway answers in one of two shapes: `{"error":{"message"}}`, or `{"error","message"}`. */
async function refused(response) {
  const text = await response.text()
  let body = null
  try {
    body = JSON.parse(text)
  } catch {
    // Whoever stands between us and the gateway said it.
  }
  const said = body?.error?.message ?? [body?.error, body?.message].filter(Boolean).join(': ')
  return new Refusal(response.status, body, said || `The gateway answers with status ${response.status}.`)
}

/**
 * Reads the events of the gateway until `signal` ends it, and calls `told` with each. Connects again whenever the line is
 * lost, a little later each time; `state` is called with `live` or with why there is nothing.
 */
export async function follow(query, { told, state, signal }) {
  let wait = 500
  while (!signal.aborted) {
    try {
      const response = await ask('events', { query, signal })
      state('live')
      wait = 500
      for await (const event of events(response.body)) told(event)
      state('the line was closed')
    } catch (error) {
      if (signal.aborted || error.status === 401) return
      state(error.message)
    }
    await pause(wait, signal)
    wait = Math.min(wait * 2, 10_000)
  }
}

function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
  })
}

/** The events of a stream: every line of `data` is one, in JSON. */
async function* events(body) {
  let rest = ''
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  for (;;) {
    const { value, done } = await reader.read()
    if (done) return
    const lines = (rest + value).split('\n')
    rest = lines.pop()
    for (const line of lines) {
      if (line.startsWith('data: ')) yield JSON.parse(line.slice(6))
    }
  }
}
