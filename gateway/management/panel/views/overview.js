// What happens now, and whether anything is wrong.

import { get } from '../api.js'
import { spark } from '../chart.js'
import { h, replace } from '../dom.js'
import { feed, SECONDS, watchCalmly } from '../feed.js'
import { clock, cost, count, day, dollars, duration, percent, rate, span, UNKNOWN, until, zone } from '../format.js'
import { live } from '../live.js'
import { badge, button, head, panel, stat } from '../ui.js'
import { client, standing, STATES } from '../words.js'

export const title = 'Overview'

/** Seconds that a live figure is about. */
const LATELY = 10
/** Milliseconds after which the ledger is asked again. */
const ASKED = 15_000
/** The time that the graphs are about. */
const MINUTES = `${SECONDS / 60} min`
/** Mistakes of a configuration that are listed. */
const PROBLEMS = 5
/** Rows of a list; the view of its own has the others. */
const LISTED = 30

export function show(place) {
  const spent = { summary: null, trouble: null }
  const cards = h('div', { class: 'grid cards' })
  const alerts = h('div', { role: 'alert' })
  const open = openRequests()
  const accounts = accountsNow()
  place.append(head(title), alerts, cards, h('div', { class: 'pair' }, open.node, accounts.node))
  let said = ''
  const draw = () => {
    const wrong = troubles(spent)
    const words = JSON.stringify(wrong)
    // What is said already is not said again every second.
    if (words !== said)
      replace(
        alerts,
        wrong.map((one) => alarm(one, draw)),
      )
    said = words
    replace(cards, figures(spent.summary))
    open.update()
    accounts.update()
  }
  const left = new AbortController()
  const ask = async () => {
    const now = new Date()
    const since = day(new Date(now.getFullYear(), now.getMonth(), 1))
    try {
      spent.summary = await get('usage/summary', { by: 'day', since, zone: zone() }, { signal: left.signal })
      spent.trouble = null
    } catch (error) {
      spent.trouble = error.message
    }
    if (!left.signal.aborted) draw()
  }
  ask()
  const asking = setInterval(ask, ASKED)
  const unwatch = watchCalmly(draw)
  return () => {
    left.abort()
    clearInterval(asking)
    unwatch()
  }
}

/** The figures with their lines, the same as on the dashboard in a terminal. */
function figures(summary) {
  const [failed, ended] = [total((second) => second.failed), total((second) => second.requests)]
  return [
    flow('Requests/s', (second) => second.started),
    flow('Tokens/s', (second) => second.tokens),
    card(
      'Cost today',
      ...spending(summary),
      lately((second) => second.cost, 1),
      dollars,
    ),
    timing('Latency', (second) => second.latencies),
    timing('First byte', (second) => second.firstBytes),
    card(
      'Errors',
      ended ? percent((failed / ended) * 100) : UNKNOWN,
      `${count(failed)} of ${count(ended)} in ${MINUTES}`,
      lately((second) => second.failed, 1),
      count,
      failed > 0,
    ),
  ]
}

function card(name, value, below, values, format, bad) {
  const line = spark(values, `${name} in the last ${MINUTES}`, format)
  return h('section', { class: bad ? 'panel bad-figure' : 'panel' }, stat(name, value, below), line)
}

function flow(name, of) {
  const values = lately(of)
  return card(name, rate(values.at(-1)), `${count(Math.round(total(of)))} in ${MINUTES}`, values, rate)
}

function timing(name, of) {
  const all = feed.seconds.flatMap(of)
  const at = (part) => duration(percentile(all, part))
  const values = windows().map((seconds) => percentile(seconds.flatMap(of), 0.95) ?? null)
  return card(name, `p50 ${at(0.5)}`, `p95 ${at(0.95)}`, values, duration)
}

function spending(summary) {
  if (!summary) return [UNKNOWN, 'not known']
  const today = summary.groups.find((group) => group.name === day(new Date()))
  return [today ? cost(today) : dollars(0), `${cost(summary.total)} this month`]
}

const total = (of) => feed.seconds.reduce((all, second) => all + of(second), 0)

/** For each second of the graph that is over, the last seconds until it. */
function windows(size = LATELY) {
  const over = feed.seconds.slice(0, -1)
  const gap = Array.from({ length: SECONDS - 1 - over.length }, () => [])
  return [...gap, ...over.map((_, index) => over.slice(Math.max(0, index + 1 - size), index + 1))]
}

/** What there was of something in each second, on average over some. */
function lately(of, size = LATELY) {
  return windows(size).map((seconds) => seconds.reduce((all, second) => all + of(second), 0) / size)
}

function percentile(values, part) {
  if (values.length === 0) return undefined
  return [...values].sort((a, b) => a - b)[Math.max(0, Math.ceil(values.length * part) - 1)]
}

/**
 * What somebody should know at once: `{meaning, text, more, view, event}`. Of what was an `event`, nobody tells when it is over, so that
 * it can be put away.
 */
function troubles({ summary, trouble }) {
  const wrong = []
  const say = (meaning, text, { more = [], view = null, event = null } = {}) => wrong.push({ meaning, text, more, view, event })
  if (feed.state !== 'live' && feed.state !== 'connecting') say('bad', `Nothing here is live: ${feed.state}`)
  if (feed.config?.type === 'config_refused') {
    const { time, message, problems = [] } = feed.config
    // A single one is in the message.
    const more = problems.length < 2 ? [] : problems.slice(0, PROBLEMS).map(mistake)
    const text = `At ${clock(time)} the configuration file could not be used; what was in use stays: ${message}`
    say('bad', text, { more, view: 'config', event: 'config' })
  }
  if (trouble) say('bad', `What was used is not known: ${trouble}`)
  else if (summary) ledgerTroubles(summary.ledger, say)
  if (feed.dropped > 0) {
    const text = `${count(feed.dropped)} events did not come because this page was too slow: live figures may be too small.`
    say('warn', text, { event: 'dropped' })
  }
  return wrong
}

const mistake = ({ line, column, message }) => (line ? `Line ${line}, column ${column}: ${message}` : message)

function ledgerTroubles(ledger, say) {
  const why = ledger.last_error ? `: ${ledger.last_error}` : '.'
  if (!ledger.recording) {
    say('warn', 'Requests are not written down; usage-statistics-enabled in the configuration turns that on.', { view: 'config' })
  } else if (!ledger.open) say('bad', `The ledger cannot be written${why}`, { view: 'logs' })
  if (ledger.lost > 0) say('bad', `${count(ledger.lost)} requests could not be written down${why}`, { view: 'logs' })
}

function alarm({ meaning, text, more, view, event }, draw) {
  const away = () => {
    feed[event] = event === 'dropped' ? 0 : undefined
    draw()
  }
  return h(
    'div',
    { class: `alarm ${meaning}` },
    h(
      'p',
      null,
      h('strong', null, meaning === 'bad' ? 'Trouble: ' : 'Note: '),
      text,
      view && [' ', h('a', { href: `#${view}` }, `See ${view}`)],
    ),
    more.length > 0 &&
      h(
        'ul',
        null,
        more.map((one) => h('li', null, one)),
      ),
    event && button('Put away', away, { class: 'quiet' }),
  )
}

/** How fast an answer comes, once it does; `~` where pieces of the stream stand for the tokens that its provider has not told yet. */
function speed({ ms, progress }) {
  if (ms === undefined) return 'waits'
  const seconds = progress ? (progress.ms - ms) / 1000 : 0
  if (!(seconds > 0)) return UNKNOWN
  const told = progress.tokens ?? 0
  return `${told < progress.chunks ? '~' : ''}${rate(Math.max(told, progress.chunks) / seconds)}`
}

/** Requests that are being answered, the oldest first. */
function openRequests() {
  const age = (request) => span((Date.now() - request.seen) / 1000)
  const list = live(
    [
      { title: 'Age', cell: age, tight: true },
      { title: 'Model', cell: (request) => h('a', { href: `#requests/${request.id}` }, request.model) },
      { title: 'Client', cell: client, wide: true },
      { title: 'Account', cell: (request) => request.credential ?? UNKNOWN, wide: true },
      { title: 'Tokens/s', cell: speed, number: true },
    ],
    {
      caption: 'Requests being answered',
      key: (request) => request.id,
      stamp: (request) => age(request) + speed(request),
      none: 'Nothing is being answered right now.',
    },
  )
  const name = h('h2')
  const update = () => {
    replace(name, `Being answered: ${feed.open.size}`)
    list.update([...feed.open.values()].slice(0, LISTED))
  }
  return { node: h('section', { class: 'panel' }, name, list.node), update }
}

/** How many accounts are in which state, and who rests until when. */
function accountsNow() {
  const counts = h('p', { class: 'actions' })
  const wait = (row) => (row.next_try ? until(row.next_try) : UNKNOWN)
  const list = live(
    [
      { title: 'Account', cell: (row) => [row.id, row.model && h('small', null, ` ${row.model}`)] },
      { title: 'State', cell: (row) => standing(row.state) },
      { title: 'Tried again', cell: wait, tight: true },
      { title: 'Why', cell: (row) => h('span', { class: 'brief' }, row.reason ?? UNKNOWN), wide: true },
    ],
    {
      caption: 'Accounts that rest',
      key: (row) => row.key,
      stamp: (row) => row.state + row.reason + wait(row),
      none: 'Every account is ready.',
    },
  )
  const update = () => {
    const accounts = [...feed.accounts.values()]
    replace(
      counts,
      tally(accounts),
      feed.hitRate !== undefined && h('small', null, `${percent(feed.hitRate * 100)} of conversations kept their account`),
    )
    list.update(accounts.flatMap(resting).slice(0, LISTED))
  }
  return { node: panel('Accounts', counts, list.node, h('a', { href: '#accounts' }, 'All accounts')), update }
}

function tally(accounts) {
  const counts = new Map(Object.keys(STATES).map((state) => [state, 0]))
  for (const account of accounts) counts.set(account.state, (counts.get(account.state) ?? 0) + 1)
  const told = [...counts].filter(([state, number]) => number > 0 || state === 'ready')
  const models = accounts.flatMap((account) => account.models).length
  return [
    told.map(([state, number]) => badge(`${number} ${(STATES[state] ?? [state])[0]}`, STATES[state]?.[1])),
    models > 0 && badge(`${models} ${models === 1 ? 'model rests' : 'models rest'}`, 'warn'),
  ]
}

/** An account that rests, or those of its models that do. */
function resting(account) {
  const whole = account.state === 'ready' ? [] : [{ ...account, model: null, key: account.id }]
  return [...whole, ...account.models.map((model) => ({ ...model, id: account.id, key: `${account.id} ${model.model}` }))]
}
