// What happens at the gateway, as one event after the other tells it. Views read `feed` and are told of every change.

import { follow, get } from './api.js'

/** Requests that are over and remembered here. */
const KEPT_REQUESTS = 500
/** Lines of the log that are remembered here. */
const KEPT_LINES = 2000
/** Seconds of which the graphs tell. */
export const SECONDS = 120
/** What the gateway is asked to tell: all, and lines of the log, which come only where they are named. */
const TYPES = [
  'request_started',
  'request_first_byte',
  'request_progress',
  'request_ended',
  'account_changed',
  'account_removed',
  'config_changed',
  'config_refused',
  'log',
].join(',')

/** How long a request is believed to be open whose end may have been missed, in milliseconds. */
const DOUBT = 300_000

const listeners = new Set()
let scheduled = false
let doubted = 0

export const feed = {
  /** `live`, or why nothing comes. */
  state: 'connecting',
  /** Requests that are being answered, by id: `request_started`, later with what `request_first_byte` tells. */
  open: new Map(),
  /** Requests that are over, the latest first: `RequestSummary`. */
  ended: [],
  /** Every account by id, in the gateway's order. */
  accounts: new Map(),
  /** The share of conversations that found their account still bound, 0 to 1, where it is told. */
  hitRate: undefined,
  /** Lines of the log since this page was opened, the oldest first. */
  lines: [],
  /** One sample a second, the oldest first: `{at, started, requests, failed, tokens, cost, latencies, firstBytes}`. */
  seconds: [],
  /** Events that did not come because this page was too slow. */
  dropped: 0,
  /** The last configuration event, `config_changed` or `config_refused`. */
  config: undefined,
}

/** Calls `listener` after changes, at most once a frame, until the returned function is called. */
export function watch(listener) {
  listeners.add(listener)
  listener()
  return () => listeners.delete(listener)
}

/** The same, at most once a second, for what is dear to draw. Nothing is missed: the clock calls every second. */
export function watchCalmly(listener) {
  let called = -Infinity
  return watch(() => {
    const now = performance.now()
    if (now - called < 900) return
    called = now
    listener()
  })
}

/** Tells the listeners soon. */
export function changed() {
  if (scheduled) return
  scheduled = true
  requestAnimationFrame(() => {
    scheduled = false
    for (const listener of listeners) listener()
  })
}

/** Begins; ends when `signal` is aborted. */
export function start(signal) {
  Object.assign(feed, { state: 'connecting', ended: [], lines: [], seconds: [], dropped: 0, config: undefined })
  feed.open.clear()
  feed.accounts.clear()
  const state = (now) => {
    feed.state = now
    // What happened while nobody listened is not told again.
    if (now === 'live') load(signal).catch(() => {})
    else feed.open.clear()
    changed()
  }
  follow({ types: TYPES }, { told: (event) => take(event), state, signal })
  const clock = setInterval(() => (tick(), giveUp(), changed()), 1000)
  signal.addEventListener('abort', () => clearInterval(clock), { once: true })
}

/** What is true now, and what was before this page was opened. */
async function load(signal) {
  const [accounts, requests] = await Promise.all([
    get('accounts', {}, { signal }),
    get('requests', { limit: 100 }, { signal }),
  ])
  feed.accounts = new Map(accounts.accounts.map((account) => [account.id, account]))
  feed.hitRate = accounts.session_hit_rate
  const known = new Set(feed.ended.map((request) => request.id))
  feed.ended.push(...requests.requests.filter((request) => !known.has(request.id)))
  feed.ended.sort((one, other) => new Date(other.time) - new Date(one.time))
  feed.ended.length = Math.min(feed.ended.length, KEPT_REQUESTS)
  changed()
}

/** Takes an event in. */
export function take(event) {
  switch (event.type) {
    case 'request_started':
      feed.open.set(event.id, { ...event, seen: Date.now() })
      tick().started += 1
      break
    case 'request_first_byte':
      // The beginning may have been before this page was there.
      if (feed.open.has(event.id)) feed.open.set(event.id, { ...feed.open.get(event.id), ...event })
      break
    case 'request_progress':
      if (feed.open.has(event.id)) feed.open.get(event.id).progress = event
      break
    case 'request_ended':
      end(event)
      break
    case 'account_changed':
      feed.accounts.set(event.id, event)
      break
    case 'account_removed':
      feed.accounts.delete(event.id)
      break
    case 'config_changed':
    case 'config_refused':
      feed.config = event
      break
    case 'log':
      feed.lines.push(event)
      if (feed.lines.length > KEPT_LINES) feed.lines.splice(0, KEPT_LINES / 10)
      break
    case 'dropped':
      feed.dropped += event.count
      if (event.of !== 'lines') doubted = Date.now()
      break
    default:
      return
  }
  changed()
}

function end(request) {
  feed.open.delete(request.id)
  // `load` may have been quicker.
  feed.ended = [request, ...feed.ended.filter((other) => other.id !== request.id)]
  feed.ended.length = Math.min(feed.ended.length, KEPT_REQUESTS)
  const second = tick()
  second.requests += 1
  if (failed(request)) second.failed += 1
  second.cost += request.cost?.nanodollars ?? 0
  spread(request)
  second.latencies.push(request.total_ms)
  if (request.first_byte_ms !== undefined) second.firstBytes.push(request.first_byte_ms)
}

/** The tokens of an answer came between its first byte and its end. */
function spread(request) {
  const seconds = Math.max(1, Math.floor((request.total_ms - (request.first_byte_ms ?? 0)) / 1000))
  const share = (request.usage?.output ?? 0) / seconds
  for (const second of feed.seconds.slice(-seconds)) second.tokens += share
}

/** Some ends were missed: what was open then, and is so for long, is over. */
function giveUp() {
  for (const [id, request] of feed.open) {
    if (request.seen < doubted && request.seen < Date.now() - DOUBT) feed.open.delete(id)
  }
}

/** The sample of this second; those in between were empty. */
function tick() {
  const now = Math.floor(Date.now() / 1000)
  const empty = (at) => ({ at, started: 0, requests: 0, failed: 0, tokens: 0, cost: 0, latencies: [], firstBytes: [] })
  const last = feed.seconds.at(-1)?.at ?? now - SECONDS
  for (let at = Math.max(last + 1, now - SECONDS + 1); at <= now; at += 1) feed.seconds.push(empty(at))
  if (feed.seconds.length > SECONDS) feed.seconds.splice(0, feed.seconds.length - SECONDS)
  return feed.seconds.at(-1)
}

/** Whether a request went wrong. One that its client left did not. */
export function failed(request) {
  return (request.status >= 400 && request.status !== 499) || (!request.complete && request.status < 400 && !!request.error)
}
