// What became of a request, and why.

import { ask, get } from '../api.js'
import { split } from '../chart.js'
import { h, replace } from '../dom.js'
import { feed, watchCalmly } from '../feed.js'
import { clock, count, dollars, duration, moment, price, span, UNKNOWN } from '../format.js'
import { attempt, badge, button, copyable, download, empty, table, trouble } from '../ui.js'
import { client, meaning, status } from '../words.js'

/** Tells all of a request in `body`, as soon as it is over; answers with what ends it. */
export function tell(body, id) {
  const left = new AbortController()
  let unwatch = () => {}
  const load = async () => {
    try {
      replace(body, story(await get(`requests/${encodeURIComponent(id)}`, {}, { signal: left.signal })))
    } catch (error) {
      if (!left.signal.aborted) replace(body, top(id), trouble(error))
    }
  }
  if (feed.open.has(id)) {
    const unknown = h('p')
    replace(body, top(id), unknown)
    unwatch = watchCalmly(() => {
      const request = feed.open.get(id)
      if (request)
        return replace(unknown, `${request.model}: under way for ${span((Date.now() - request.seen) / 1000)}; all is told once it is over.`)
      queueMicrotask(() => unwatch())
      load()
    })
  } else {
    replace(body, empty('Asking…'))
    load()
  }
  return () => {
    left.abort()
    unwatch()
  }
}

function top(id) {
  const take = () =>
    attempt(async () => {
      const log = await ask(`request-log-by-id/${encodeURIComponent(id)}`)
      download(`request-${id}.log`, 'text/plain', await log.blob())
    })
  const actions = [
    h('a', { href: `#logs/${encodeURIComponent(id)}` }, 'Lines of the log'),
    button('Download its own log', take, { class: 'quiet' }),
  ]
  return h('div', { class: 'actions' }, copyable(id), actions)
}

function story(request) {
  return [
    top(request.id),
    facts(request),
    part('Time', times(request.times)),
    request.candidates.length > 0 &&
      part('Candidates, in the order in which they were considered', candidates(request.candidates, request.more_candidates)),
    request.attempts.length > 0 && part('Attempts', attempts(request.attempts)),
    request.losses.length > 0 && part('Not carried', losses(request.losses)),
    part('Tokens and price', spent(request)),
  ]
}

const part = (name, ...children) => h('section', null, h('h3', null, name), children)

const list = (lines) =>
  h(
    'dl',
    null,
    lines.filter(Boolean).map(([name, value]) => [h('dt', null, name), h('dd', null, value)]),
  )

function facts(request) {
  const { served } = request
  const cut = request.complete
    ? ''
    : request.status === 499
      ? ', because the client left before there was an answer'
      : ', but not to its end'
  return list([
    ['At', moment(request.time)],
    ['By', [client(request), request.client_name && request.client_key && h('small', null, ` key ${request.client_key}`)]],
    ['For', `${request.model}${request.dialect && `, in the dialect ${request.dialect}`}${request.stream ? ', as a stream' : ''}`],
    ['Status', [badge(status(request), meaning(request)), cut]],
    request.error && ['Error', h('span', { class: 'bad' }, request.error)],
    served && ['Answered', `${served.credential} (${served.provider}), as ${served.model}, in the dialect ${served.dialect}`],
    request.affinity && ['Session', session(request.affinity)],
  ])
}

function session({ outcome, credential, source }) {
  const what = { bound: 'stayed with', new: 'new, now bound to', moved: 'moved to' }[outcome] ?? 'bound to'
  return `${what} ${credential ?? 'nobody'} (known by ${source})`
}

function times(times) {
  const own = times.own_us === undefined ? undefined : times.own_us / 1000
  const { queue_ms: waiting, first_byte_ms: first, stream_ms: stream } = times
  const upstream = first === undefined ? undefined : Math.max(0, first - (waiting ?? 0) - (own ?? 0))
  const parts = [
    { name: 'gateway', value: own, told: own === undefined ? '' : `${own.toFixed(2)} ms` },
    { name: 'waiting', value: waiting, told: duration(waiting) },
    { name: 'provider', value: upstream, told: duration(upstream) },
    { name: 'stream', value: stream, told: duration(stream) },
  ]
  return split(parts, `${duration(times.total_ms)} in all${first === undefined ? '' : `, ${duration(first)} to the first byte`}`)
}

const OUTCOMES = { tried: ['tried', 'good'], skipped: ['skipped', 'warn'], reserve: ['not needed', 'quiet'] }

/** Who could answer: those of a request, or of a decision, where `words` says what its outcomes mean. */
export function candidates(considered, more, words = {}) {
  const outcome = (one) => badge(words[one.outcome] ?? OUTCOMES[one.outcome]?.[0] ?? one.outcome, OUTCOMES[one.outcome]?.[1])
  const columns = [
    { title: 'Account', cell: (one) => one.credential },
    { title: 'As', cell: (one) => one.model, wide: true },
    { title: 'Outcome', cell: outcome },
    { title: 'Why', cell: (one) => [one.reason ?? UNKNOWN, one.next_try && `, tried again at ${clock(one.next_try)}`] },
  ]
  return [
    table(columns, considered, { caption: 'Candidates', none: 'Nobody.' }),
    more > 0 && h('p', { class: 'faint' }, `And ${more} more.`),
  ]
}

function attempts(made) {
  const columns = [
    { title: 'Account', cell: (one) => one.credential },
    { title: 'As', cell: (one) => one.model, wide: true },
    { title: 'Status', cell: (one) => h('span', { class: one.kind ? 'bad' : 'good' }, one.status ?? UNKNOWN) },
    { title: 'After', cell: (one) => duration(one.ms), number: true },
    { title: 'What it said', cell: said },
  ]
  return table(columns, made, { caption: 'Attempts' })
}

function said({ kind, message, retry_after_ms: wait }) {
  const words = [kind, message].filter(Boolean).join(': ') || 'answered'
  return wait === undefined ? words : `${words} (asks to wait ${duration(wait)})`
}

function losses(notes) {
  const columns = [
    { title: 'What', cell: (note) => h('code', null, note.path) },
    { title: 'Done', cell: (note) => badge(note.action, 'warn') },
    { title: 'Why', cell: (note) => note.why },
  ]
  return table(columns, notes, { caption: 'Not carried' })
}

function spent({ usage, cost }) {
  const told = (tokens) => (tokens === undefined ? 'not told' : tokens.toLocaleString())
  const cached = usage.cached === undefined ? '' : `, ${told(usage.cached)} of them from a cache`
  const unknown = 'not known: the model has no price, or nobody counted its tokens'
  return [
    list([
      ['In', `${told(usage.input)}${cached}`],
      ['Out', told(usage.output)],
      cost && ['Price', cost.nanodollars === undefined ? unknown : h('strong', null, `${dollars(cost.nanodollars)} (${cost.basis})`)],
    ]),
    cost?.parts?.length > 0 && table(PARTS, cost.parts, { caption: 'How the price is made' }),
  ]
}

const PARTS = [
  { title: 'Tokens', cell: (one) => count(one.tokens), number: true },
  { title: 'Of', cell: (one) => one.what },
  { title: 'Price for a million', cell: (one) => price(one.price), number: true },
  { title: 'Amount', cell: (one) => dollars((one.tokens * one.price) / 1000), number: true },
]
