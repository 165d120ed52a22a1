// Usage: what was used and what it cost, over time and by whom; out as a file, and in again.

import { ask, get } from '../api.js'
import { bars, ranks } from '../chart.js'
import { h, replace } from '../dom.js'
import { bytes, cost, count, day, dollars, duration, zone } from '../format.js'
import { live } from '../live.js'
import { begin, csv, series } from '../sums.js'
import { attempt, button, download, empty, field, head, panel, sheet, stat, trouble } from '../ui.js'

export const title = 'Usage'

/** Groups in the table, and in the chart of the largest; all of them are in the CSV. */
const LISTED = 200
const RANKED = 12
/** Milliseconds after which the ledger is asked again. */
const ASKED = 15_000
/** Up to so many hours, the chart over time shows hours. */
const HOURS = 72
/** Larger files are refused by the gateway. */
const LARGEST = 64 * 1024 * 1024

const RANGES = { '24h': '24 hours', '7d': '7 days', '30d': '30 days', month: 'This month', dates: 'From … to …' }
const GROUPS = { model: 'Model', key: 'Key', provider: 'Provider', credential: 'Account', hour: 'Hour', day: 'Day' }
const MEASURES = {
  cost: { name: 'Cost', of: (sums) => sums.cost_nanodollars, format: dollars, parts: { cost: (sums) => sums.cost_nanodollars } },
  tokens: {
    name: 'Tokens',
    of: (sums) => sums.tokens,
    format: count,
    parts: {
      'new input': (sums) => sums.input,
      'from a cache': (sums) => sums.cache_read,
      'written to a cache': (sums) => sums.cache_write,
      output: (sums) => sums.output,
      thinking: (sums) => sums.reasoning,
    },
  },
  requests: {
    name: 'Requests',
    of: (sums) => sums.requests,
    format: count,
    parts: {
      good: (sums) => sums.requests - sums.failed - sums.aborted,
      left: (sums) => sums.aborted,
      failed: (sums) => sums.failed,
    },
  },
}

/** What was chosen stays chosen while one looks at other views. */
const chosen = { range: '7d', from: '', to: '', by: 'model', measure: 'cost' }

export function show(place) {
  const results = h('div')
  const said = h('div', { role: 'status' })
  const list = live(COLUMNS, {
    caption: 'Usage',
    key: (group) => JSON.stringify([chosen.by, group.of, group.name]),
    stamp: JSON.stringify,
    none: 'Nothing was used in this time.',
  })
  const top = {
    stats: h('div', { class: 'grid stats' }),
    time: panel('Over time'),
    ranks: panel('The most'),
    more: h('p', { class: 'faint' }),
  }
  results.append(top.stats, top.time, top.ranks, h('section', { class: 'panel' }, h('h2', null, 'Sums'), list.node, top.more))
  const left = new AbortController()
  let summary = null
  let asked = 0

  const draw = (answer) => {
    summary = answer.groups
    replace(top.stats, totals(summary.total))
    replace(top.time, h('h2', null, 'Over time'), overTime(answer.time))
    top.ranks.hidden = isTime(chosen.by)
    replace(top.ranks, h('h2', null, 'The most'), largest(summary))
    const groups = isTime(chosen.by) ? [...summary.groups].reverse() : summary.groups
    list.update(groups.slice(0, LISTED))
    replace(top.more, groups.length > LISTED ? `And ${groups.length - LISTED} more: all are in the CSV.` : '')
  }
  const load = async () => {
    const turn = ++asked
    try {
      const answer = await read(left.signal)
      if (turn !== asked) return
      replace(said, notes(answer.groups))
      draw(answer)
    } catch (error) {
      if (turn === asked && !left.signal.aborted) replace(said, trouble(error))
    }
  }

  const write = () => summary && download(`usage-by-${summary.by}.csv`, 'text/csv', csv(summary.groups))
  const actions = [
    button('CSV', write, { class: 'quiet', title: 'The sums of this page' }),
    button('Export', exporting, { class: 'quiet', title: 'Every request of this time, as JSON for usage import' }),
    button('Import …', () => importing(load), { class: 'quiet' }),
  ]
  place.append(head(title, actions), controls(load), said, results)
  load()
  const asking = setInterval(load, ASKED)
  return () => {
    left.abort()
    clearInterval(asking)
  }
}

const isTime = (by) => by === 'hour' || by === 'day'

/** What is asked, as the gateway takes it. The last of the chosen days counts too. */
function range() {
  const now = new Date()
  if (chosen.range === 'month') return { since: day(new Date(now.getFullYear(), now.getMonth(), 1)), zone: zone() }
  if (chosen.range !== 'dates') return { since: chosen.range, zone: zone() }
  const after = chosen.to && new Date(`${chosen.to}T00:00`)
  if (after) after.setDate(after.getDate() + 1)
  return { since: chosen.from, until: after && day(after), zone: zone() }
}

/** Hours that the range has, about. */
function hours() {
  if (chosen.range === '24h') return 24
  const { since, until } = range()
  if (!since || (chosen.range !== 'month' && chosen.range !== 'dates')) return Infinity
  return ((until ? begin(until, 'day') : Date.now()) - begin(since, 'day')) / 3_600_000
}

/** The sums by what was chosen, and those over time. */
async function read(signal) {
  const query = range()
  const by = isTime(chosen.by) ? chosen.by : hours() <= HOURS ? 'hour' : 'day'
  const sums = (by) => get('usage/summary', { ...query, by }, { signal })
  const [groups, time] = await Promise.all([sums(chosen.by), by === chosen.by ? null : sums(by)])
  return { groups, time: time ?? groups }
}

function controls(load) {
  const select = (name, options) => {
    const input = h(
      'select',
      null,
      Object.entries(options).map(([value, text]) => h('option', { value }, text)),
    )
    input.value = chosen[name]
    input.addEventListener('change', () => change(name, input.value))
    return input
  }
  const date = (name) => h('input', { type: 'date', value: chosen[name], onchange: (event) => change(name, event.target.value) })
  const dates = h('div', { class: 'line' }, field('From', date('from')), field('To', date('to')))
  const change = (name, value) => {
    chosen[name] = value
    dates.hidden = chosen.range !== 'dates'
    load()
  }
  dates.hidden = chosen.range !== 'dates'
  const names = Object.fromEntries(Object.entries(MEASURES).map(([value, measure]) => [value, measure.name]))
  return h(
    'div',
    { class: 'line tools' },
    field('Time', select('range', RANGES)),
    dates,
    field('By', select('by', GROUPS)),
    field('Show', select('measure', names)),
  )
}

/** What one has to know to read the sums rightly. */
function notes({ total, ledger }) {
  const said = []
  if (!ledger.recording) said.push('Requests are not written down; usage-statistics-enabled in the configuration turns that on.')
  if (ledger.lost > 0) said.push(`${count(ledger.lost)} requests could not be written down: ${ledger.last_error ?? 'see the log'}.`)
  if (total.unpriced > 0) said.push(`${count(total.unpriced)} requests have no price, and are not in the cost.`)
  if (total.estimated > 0) said.push(`The cost of ${count(total.estimated)} requests is an estimate.`)
  if (total.uncounted > 0) said.push(`Of ${count(total.uncounted)} requests no token count is known.`)
  return said.length > 0 && h('p', { class: 'faint' }, said.join(' '))
}

function totals(sums) {
  const mean = (sum, of) => (of > 0 ? duration(sum / of) : duration(undefined))
  const card = (...figure) => h('div', { class: 'panel' }, stat(...figure))
  return [
    card('Requests', count(sums.requests), `${count(sums.failed)} failed, ${count(sums.aborted)} left by the client`),
    card(
      'Tokens',
      count(sums.tokens),
      `${count(sums.input)} new in, ${count(sums.cache_read)} cached, ${count(sums.output + sums.reasoning)} out`,
    ),
    card('Cost', cost(sums), 'by the price list'),
    card('Latency', mean(sums.latency_ms, sums.requests), `first byte ${mean(sums.first_byte_ms, sums.first_bytes)}, on average`),
    card('Data', bytes(sums.bytes_out), `out; ${bytes(sums.bytes_in)} in`),
  ]
}

function overTime(summary) {
  const measure = MEASURES[chosen.measure]
  const points = series(summary)
  if (points.length === 0) return empty('Nothing was used in this time.')
  const groups = points.map((point) => ({ ...label(point.name, summary.by), parts: Object.values(measure.parts).map((of) => of(point)) }))
  return bars(groups, Object.keys(measure.parts), `${measure.name} by ${summary.by}`, measure.format)
}

/** The name of an hour or a day, and the shorter one that stands below a chart. */
function label(name, by) {
  const at = begin(name, by)
  const date = { day: 'numeric', month: 'short' }
  if (by === 'day')
    return { name: at.toLocaleDateString(undefined, { weekday: 'short', ...date }), tick: at.toLocaleDateString(undefined, date) }
  const clock = at.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', hour12: false })
  const week = at.toLocaleDateString(undefined, { weekday: 'short' })
  return { name: `${week} ${at.toLocaleDateString(undefined, date)} ${clock}`, tick: hours() <= 24 ? clock : `${week} ${clock}` }
}

/** What a group is called: of keys the names of their owners, which may be the same for several. */
function called(group) {
  if (group.name === undefined) return '(none)'
  if (isTime(chosen.by)) return label(group.name, chosen.by).name
  return group.of && chosen.by === 'key' ? `${group.of} · ${group.name}` : group.name
}

function largest({ groups }) {
  const measure = MEASURES[chosen.measure]
  const all = groups.map((group) => ({ name: called(group), value: measure.of(group) }))
  const most = all.filter((group) => group.value > 0).sort((one, other) => other.value - one.value)
  if (most.length === 0) return empty('Nothing was used in this time.')
  return ranks(most.slice(0, RANKED), `${measure.name} by ${GROUPS[chosen.by].toLowerCase()}`, measure.format)
}

const sum = (title, of, more) => ({ title, cell: (group) => count(of(group)), sort: of, number: true, ...more })

const COLUMNS = [
  { title: 'Name', cell: called, sort: (group) => group.name ?? '' },
  sum('Requests', (group) => group.requests),
  {
    ...sum('Failed', (group) => group.failed, { wide: true }),
    cell: (group) => h('span', { class: group.failed > 0 && 'bad' }, count(group.failed)),
  },
  sum('New in', (group) => group.input, { wide: true }),
  sum('Cached', (group) => group.cache_read, { wide: true }),
  sum('Out', (group) => group.output + group.reasoning, { wide: true }),
  sum('Tokens', (group) => group.tokens, { wide: true }),
  {
    title: 'Latency',
    cell: (group) => duration(group.latency_ms / group.requests),
    sort: (group) => group.latency_ms / group.requests,
    number: true,
    wider: true,
  },
  { title: 'Cost', cell: cost, sort: (group) => (group.unpriced === group.requests ? undefined : group.cost_nanodollars), number: true },
]

function exporting() {
  const fetched = async () => (await ask('usage/export', { query: range() })).blob()
  return attempt(async () => download('usage.json', 'application/json', await fetched()))
}

/** Takes over a file that `usage export` has written. */
function importing(done) {
  sheet('Import usage', (body) => {
    const file = h('input', { type: 'file', accept: '.json,.jsonl,application/json', required: true })
    const said = h('div', { role: 'status' })
    const go = h('button', { type: 'submit' }, 'Import')
    const send = async (event) => {
      event.preventDefault()
      go.disabled = true
      replace(said, empty('Reading…'))
      replace(said, await outcome(file.files[0]))
      go.disabled = false
      done()
    }
    const hint = 'What “Export” or modelgate usage export has written, here or at another gateway. What is known already is skipped.'
    replace(body, h('form', { class: 'body bare', onsubmit: send }, field('File', file, hint), h('div', { class: 'actions' }, go), said))
  })
}

async function outcome(file) {
  if (file.size > LARGEST) return trouble(`${file.name} has more than 64 MB; export a shorter time.`)
  try {
    const done = await (await ask('usage/import', { method: 'POST', text: file })).json()
    const now = `the ledger has ${count(done.total_requests)} now, ${count(done.failed_requests)} of them failures`
    return h('p', { class: 'good' }, `${count(done.added)} requests were added, ${count(done.skipped)} were known; ${now}.`)
  } catch (error) {
    return trouble(error)
  }
}
