// Requests: those that are being answered, the latest that are over, and older ones a page at a time.

import { get } from '../api.js'
import { h, replace } from '../dom.js'
import { failed, feed, watchCalmly } from '../feed.js'
import { count, dollars, duration, rate, span, UNKNOWN, when } from '../format.js'
import { live } from '../live.js'
import { addressed, button, head, matches, toast } from '../ui.js'
import { client, meaning, status } from '../words.js'
import { tell } from './why.js'

export const title = 'Requests'

/** Rows that are shown at a time. */
const SHOWN = 200
/** Requests that are asked for at a time, and how often for a page that the filter leaves too little of. */
const PAGE = 100
const TURNS = 10

/** What was chosen stays chosen while one looks at other views. */
const chosen = { filter: '', failed: false }

export function show(place, tail) {
  // `held`: the live ones, as they were at a pause; `before`: of an older page, its beginning; `newer`: those of the pages before it.
  const at = { paused: false, held: [], before: null, newer: [], page: null, last: null, asked: 0 }
  let waiting, window
  const open = (row) => (window = addressed('requests', row.id, 'Request', (body) => tell(body, row.id)))
  const none = 'No request here yet; whatever clients ask appears at once.'
  const list = live(COLUMNS, { caption: 'Requests', key: (row) => row.id, stamp, open, none })
  const pause = button('Pause', () => ((at.paused = !at.paused), draw()), { class: 'quiet' })
  const newer = button('Newer', () => turn(at.newer.pop() ?? null), { class: 'quiet' })
  const older = button('Older', () => (at.newer.push(at.before), turn(next())), { class: 'quiet' })
  const said = h('p', { class: 'faint' })

  /** Where the next page begins; of the live one, where what is shown ends. */
  const next = () => (at.page ? at.page.next : at.last?.id)

  /** `again`: only time has passed, in which nothing that is held grows older. */
  function draw(again = false) {
    if (!at.paused) at.held = latest()
    const rows = at.page ? at.page.requests : at.held
    const found = rows.filter(wanted)
    const shown = found.slice(0, SHOWN)
    at.last = found.length > SHOWN ? shown.at(-1) : rows.at(-1)
    if (!again || !at.paused) list.update(shown)
    replace(pause, at.paused ? `Go on${fresh(at.held)}` : 'Pause')
    pause.disabled = at.page !== null
    newer.disabled = at.page === null
    older.disabled = !next()
    const which = at.page ? 'Older requests' : at.paused ? 'Paused' : 'Live'
    replace(said, `${which}: ${shown.length} of ${rows.length} requests${at.last ? `, back to ${when(at.last.time)}` : ''}`)
  }

  /** Goes to the page that begins at `before`; without one, to the live requests. */
  async function turn(before) {
    at.before = before
    const asked = ++at.asked
    try {
      const page = before && (await olderPage(before))
      if (asked === at.asked) at.page = page
    } catch (error) {
      toast(error.message, 'bad')
    }
    if (asked === at.asked) draw()
  }

  const refilter = () => {
    clearTimeout(waiting)
    if (at.page) waiting = setTimeout(() => turn(at.before), 300)
    else draw()
  }
  place.append(head(title), tools(refilter, pause), said, list.node, h('div', { class: 'actions' }, newer, older))
  const unwatch = watchCalmly(() => draw(true))
  if (tail) open({ id: tail })
  return () => {
    unwatch()
    clearTimeout(waiting)
    at.asked += 1
    window?.close()
  }
}

/** What is looked for; `changed` is called when it is something else. */
function tools(changed, pause) {
  const placeholder = 'Filter: model, client, account, status …'
  const search = h('input', { type: 'search', 'aria-label': 'Filter', placeholder, value: chosen.filter })
  const only = h('input', { type: 'checkbox', checked: chosen.failed })
  const take = () => {
    Object.assign(chosen, { filter: search.value, failed: only.checked })
    changed()
  }
  search.addEventListener('input', take)
  only.addEventListener('change', take)
  return h('div', { class: 'tools' }, search, h('label', { class: 'check' }, only, ' Failed only'), pause)
}

/** How many there are beside those that are held. */
function fresh(held) {
  const ids = new Set(held.map((row) => row.id))
  const number = latest().filter((row) => !ids.has(row.id)).length
  return number > 0 ? ` (${number} new)` : ''
}

/** Everything that is known without asking, the latest first: ids are in the order in which requests began. */
function latest() {
  const rows = new Map(feed.ended.map((request) => [request.id, request]))
  for (const request of feed.open.values()) rows.set(request.id, { ...request, first_byte_ms: request.ms, under_way: true })
  return [...rows.values()].sort((one, other) => (one.id < other.id ? 1 : -1))
}

/** A page of those before `before`; pages are added until there is something to see. */
async function olderPage(before) {
  const page = { requests: [], next: before }
  for (let turn = 0; turn < TURNS && page.next; turn += 1) {
    const answer = await get('requests', { before: page.next, limit: PAGE })
    page.requests.push(...answer.requests)
    page.next = answer.next
    if (page.requests.filter(wanted).length >= PAGE / 2) break
  }
  return page
}

function wanted(row) {
  if (chosen.failed && (row.under_way || !failed(row))) return false
  if (!chosen.filter.trim()) return true
  const words = [
    row.id,
    client(row),
    row.dialect,
    row.upstream_dialect,
    row.model,
    row.upstream_model,
    row.credential,
    row.provider,
    status(row),
    row.error,
  ]
  return matches(words.filter(Boolean).join(' '), chosen.filter.trim())
}

function dialects(row) {
  if (!row.upstream_dialect || row.upstream_dialect === row.dialect) return row.dialect || UNKNOWN
  return `${row.dialect} → ${row.upstream_dialect}`
}

function speed(row) {
  const output = row.usage?.output
  // An answer that came in one piece took its whole time.
  const took = row.stream && row.total_ms > row.first_byte_ms ? row.total_ms - row.first_byte_ms : row.total_ms
  return output && took ? (output * 1000) / took : undefined
}

const took = (row) => (row.under_way ? span(millis(row) / 1000) : duration(row.total_ms))

const stamp = (row) => (row.under_way ? `${row.first_byte_ms} ${took(row)}` : 'over')

const millis = (row) => (row.under_way ? Date.now() - row.seen : row.total_ms)

const COLUMNS = [
  { title: 'Time', cell: (row) => when(row.time), sort: (row) => row.id, tight: true },
  { title: 'Client', cell: client, wide: true },
  { title: 'Dialect', cell: dialects, wider: true },
  { title: 'Model', cell: (row) => row.model },
  { title: 'Account', cell: (row) => row.credential ?? UNKNOWN, wide: true },
  { title: 'Status', cell: (row) => h('span', { class: meaning(row) }, status(row)), tight: true },
  { title: 'First', cell: (row) => duration(row.first_byte_ms), sort: (row) => row.first_byte_ms, number: true, wider: true },
  { title: 'Total', cell: took, sort: millis, number: true },
  { title: 'In', cell: (row) => count(row.usage?.input), sort: (row) => row.usage?.input, number: true, wider: true },
  { title: 'Cached', cell: (row) => count(row.usage?.cached), sort: (row) => row.usage?.cached, number: true, wider: true },
  { title: 'Out', cell: (row) => count(row.usage?.output), sort: (row) => row.usage?.output, number: true, wider: true },
  { title: 'Tok/s', cell: (row) => rate(speed(row)), sort: speed, number: true, wider: true },
  { title: 'Cost', cell: (row) => dollars(row.cost?.nanodollars), sort: (row) => row.cost?.nanodollars, number: true, wide: true },
]
