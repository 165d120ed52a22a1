// The log: what was written earlier, what is said now, and the logs of requests that failed.

import { ask, get, send } from '../api.js'
import { h, replace } from '../dom.js'
import { feed, watchCalmly } from '../feed.js'
import { bytes, clock, moment } from '../format.js'
import { attempt, button, confirm, download, empty, head, panel, redraw, select, table, trouble } from '../ui.js'

export const title = 'Logs'

/** Lines on the page. */
const MOST = 600
/** Lines that are asked for at first, and with each wish for earlier ones. */
const STEP = 200
/** The gravest first, as the gateway orders them. */
const LEVELS = ['error', 'warn', 'info', 'debug', 'trace']
const CHOICE = [['', 'All levels'], ['error', 'error'], ...['warn', 'info', 'debug'].map((name) => [name, `${name} and graver`])]
const MEANING = { error: 'bad', warn: 'warn' }
const NOT_TO_FILE = 'logging to file disabled'
/** A line as it stands in the file (`management/logs.rs`). */
const LINE = /^\[([^\]]+)\] \[([^\]]+)\] \[([a-z]+) *\] \[([^\]]+)\] (.*)$/s

export function show(place, tail) {
  const over = new AbortController()
  const { signal } = over
  const view = { earlier: [], limit: STEP, whole: false, cursor: undefined, request: tail, shown: [], until: undefined }
  Object.assign(view, { state: feed.state, dropped: feed.dropped })
  const level = select(CHOICE, '', { 'aria-label': 'Level', onchange: reload })
  const text = h('input', { type: 'search', placeholder: 'With this text', 'aria-label': 'Filter lines by a text', oninput: soon(reload) })
  const pause = button('Pause', turn, { class: 'quiet', 'aria-pressed': 'false' })
  const clear = button('Clear…', () => empties(reload), { class: 'quiet' })
  const said = h('div', null)
  const count = h('p', { class: 'faint' })
  const more = button('Earlier lines', () => ((view.limit = Math.min(view.limit + STEP, MOST)), reload()), { class: 'quiet' })
  const list = h('ol', { class: 'lines', tabindex: 0, 'aria-label': 'Lines of the log' })
  const files = h('div', null)
  place.append(
    head(title, level, text, pause, clear),
    tail ? about(tail) : '',
    said,
    h(
      'section',
      { class: 'panel' },
      h('div', { class: 'head' }, h('h2', null, 'Lines'), h('div', { class: 'actions' }, count, more)),
      list,
    ),
    files,
  )

  /** What the file has, with the filter. */
  async function reload() {
    view.cursor = undefined
    const query = { limit: view.limit, level: level.value, grep: text.value, request: view.request }
    try {
      const told = await get('logs', query, { signal })
      view.earlier = told.lines.slice(-view.limit).map(parsed)
      view.cursor = told['next-cursor']
      view.whole = told.lines.length < view.limit
      replace(said)
    } catch (error) {
      if (error.name === 'AbortError') return
      view.earlier = []
      view.whole = true
      replace(said, error.message === NOT_TO_FILE ? notToFile(reload) : trouble(error))
    }
    draw()
  }

  /** What was missed while the line was lost: that behind the last place. */
  async function catchUp() {
    if (!view.cursor) return
    const query = { cursor: view.cursor, limit: MOST, level: level.value, grep: text.value, request: view.request }
    const told = await get('logs', query, { signal })
    view.earlier = told['cursor-reset'] ? told.lines.map(parsed) : [...view.earlier, ...told.lines.map(parsed)]
    view.earlier.splice(0, view.earlier.length - MOST)
    view.cursor = told['next-cursor'] ?? view.cursor
    draw()
  }

  function turn() {
    view.until = view.until ? undefined : Date.now()
    pause.setAttribute('aria-pressed', String(Boolean(view.until)))
    replace(pause, view.until ? 'Go on' : 'Pause')
    draw()
  }

  const wanted = (line) =>
    (!level.value || LEVELS.indexOf(line.level) <= LEVELS.indexOf(level.value)) &&
    (!text.value || line.whole.includes(text.value)) &&
    (!view.request || line.request_id === view.request)

  function draw() {
    const all = joined(view.earlier, feed.lines.map(told).filter(wanted))
    const lines = view.until ? all.filter((line) => !line.time || Date.parse(line.time) <= view.until) : all
    view.shown = fill(list, view.shown, lines.slice(-MOST))
    more.hidden = view.whole || view.limit >= MOST
    const words = `${view.shown.length} lines; ${view.until ? `paused, ${all.length - lines.length} more` : 'follows'}`
    if (count.textContent !== words) replace(count, words)
  }

  const unwatch = watchCalmly(() => {
    const missed = (feed.state === 'live' && view.state !== 'live') || feed.dropped !== view.dropped
    view.state = feed.state
    view.dropped = feed.dropped
    if (missed) catchUp().catch(() => {})
    draw()
  })
  reload()
  failures(files, signal).catch((error) => error.name === 'AbortError' || replace(files, trouble(error)))
  return () => {
    over.abort()
    unwatch()
  }
}

/** Runs `action` once nobody has called for a moment. */
function soon(action) {
  let timer
  return () => {
    clearTimeout(timer)
    timer = setTimeout(action, 300)
  }
}

const about = (id) =>
  h(
    'p',
    { class: 'actions' },
    'Only what is about the request ',
    h('code', null, id),
    h('a', { href: `#requests/${encodeURIComponent(id)}` }, 'See the request'),
    h('a', { href: '#logs' }, 'All lines'),
  )

/** A line of the file in its parts. What is not one of ours is its text alone. */
function parsed(whole) {
  const parts = LINE.exec(whole)
  if (!parts) return { whole, text: whole }
  const [, time, id, level, target, text] = parts
  return { whole, time, request_id: id.startsWith('-') ? undefined : id, level, target, text }
}

/** A line of the feed as it stands in the file. */
const WRITTEN = new WeakMap()
function told(line) {
  if (!WRITTEN.has(line)) {
    const time = new Date(line.time).toISOString()
    const whole = `[${time}] [${line.request_id ?? '--------'}] [${line.level.padEnd(5)}] [${line.target}] ${line.text}`
    WRITTEN.set(line, { ...line, whole })
  }
  return WRITTEN.get(line)
}

/** Those of the file, and those of the feed that came after them. */
function joined(earlier, now) {
  const last = earlier.findLast((line) => line.time)
  if (!last) return [...earlier, ...now]
  const from = Date.parse(last.time)
  const known = new Set(earlier.slice(-200).map((line) => line.whole))
  return [...earlier, ...now.filter((line) => Date.parse(line.time) >= from && !known.has(line.whole))]
}

/**
 * Puts lines on the page, of which those that are there already, `shown`, stay; answers with those that are there now.
 * Whoever is at the end stays there.
 */
function fill(list, shown, lines) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40
  const fromEnd = list.scrollHeight - list.scrollTop
  const next = lines.map((line) => line.whole)
  const gone = shown.indexOf(next[0])
  if (gone >= 0 && shown.slice(gone).every((whole, index) => whole === next[index])) {
    for (let row = 0; row < gone; row += 1) list.firstElementChild.remove()
    list.append(...lines.slice(shown.length - gone).map(row))
    if (atEnd) list.scrollTop = list.scrollHeight
    return next
  }
  redraw(list, lines.length > 0 ? lines.map(row) : h('li', { class: 'empty' }, 'No lines. They appear here as the gateway writes them.'))
  list.scrollTop = atEnd ? list.scrollHeight : list.scrollHeight - fromEnd
  return next
}

function row(line) {
  const { time, level, target, request_id, text } = line
  const id = request_id && encodeURIComponent(request_id)
  const keep = (link) => ({ keep: `${time} ${id} ${link}` })
  return h(
    'li',
    null,
    time && h('time', { datetime: time, title: moment(time) }, clock(time)),
    level && h('span', { class: `level ${MEANING[level] ?? 'faint'}` }, level),
    target && h('span', { class: 'faint' }, target.replace('modelgate_', '')),
    id && h('a', { href: `#requests/${id}`, title: `Request ${request_id}`, data: keep('why') }, request_id.slice(-8)),
    id && h('a', { href: `#logs/${id}`, 'aria-label': `Only lines of request ${request_id}`, data: keep('only') }, 'only'),
    h('span', { class: 'text' }, text),
  )
}

/** What to do where no file is written. */
function notToFile(reload) {
  const on = async () => {
    if (await attempt(() => send('PUT', 'logging-to-file', { value: true }), 'The log is written to files from now on.')) reload()
  }
  return h(
    'div',
    { class: 'panel' },
    h(
      'p',
      null,
      'The log is not written to files, so lines come here only while this page is open. To keep them, set ',
      h('code', null, 'logging-to-file: true'),
      '.',
    ),
    h('div', { class: 'actions' }, button('Write the log to files', on), h('a', { href: '#config' }, 'Open the configuration')),
  )
}

async function empties(reload) {
  const text = 'Every file of the log is emptied or deleted. The logs of failed requests stay.'
  if (!(await confirm('Clear the log', text, 'Clear'))) return
  const done = await attempt(() => ask('logs', { method: 'DELETE' }), 'The log is empty.')
  if (!done) return
  feed.lines.length = 0
  reload()
}

/** The logs of requests that failed. */
async function failures(place, signal) {
  const { files } = await get('request-error-logs', {}, { signal })
  const save = (name) =>
    attempt(async () => {
      const answer = await ask(`request-error-logs/${encodeURIComponent(name)}`, { signal })
      download(name, 'text/plain', await answer.blob())
    })
  const id = (name) => /-([0-9a-zA-Z]+)\.log$/.exec(name)?.[1]
  const columns = [
    { title: 'File', cell: ({ name }) => h('code', null, name) },
    { title: 'Written', cell: ({ modified }) => moment(modified * 1000) },
    { title: 'Size', number: true, cell: ({ size }) => bytes(size) },
    {
      title: 'Request',
      cell: ({ name }) => id(name) && h('a', { href: `#requests/${id(name)}` }, h('code', { class: 'whole' }, id(name).slice(-8))),
    },
    {
      title: 'Take',
      cell: ({ name }) => button('Download', () => save(name), { class: 'quiet', 'aria-label': `Download ${name}`, data: { keep: name } }),
    },
  ]
  const again = button('Look again', () => failures(place, signal).catch(() => {}), { class: 'quiet', data: { keep: 'again' } })
  const none =
    'None. A request of which the answer of a provider was an error leaves one, with what was asked and answered; secrets are masked.'
  redraw(
    place,
    panel(
      'Logs of failed requests',
      table(columns, files.slice(0, 200), { caption: 'Logs of failed requests', none, stacks: true }),
      h('div', { class: 'actions' }, again),
    ),
  )
}
