// The client keys, what each may do, and what was used with it. A key itself is shown once, by whoever made it.

import { ask, get, send } from '../api.js'
import { h, replace } from '../dom.js'
import { feed, watch } from '../feed.js'
import { UNKNOWN, cost, count, moment, until } from '../format.js'
import { attempt, badge, button, confirm, copyable, empty, field, head, panel, redraw, select, sheet, table, trouble } from '../ui.js'

export const title = 'Keys'

/** Milliseconds after which the use is asked for again. */
const AGAIN = 15_000
const RANGES = [
  ['24h', 'Last 24 hours'],
  ['7d', 'Last 7 days'],
  ['30d', 'Last 30 days'],
  ['', 'Ever'],
]

export function show(place) {
  const over = new AbortController()
  const { signal } = over
  const view = { keys: undefined, used: undefined, drawn: '', config: feed.config }
  const range = select(RANGES, '30d', { 'aria-label': 'Use in', onchange: () => use().catch(tell) })
  const said = h('div', null)
  const list = h('div', null)
  place.append(
    head(
      title,
      range,
      button('New key', () => create(load)),
    ),
    said,
    list,
  )

  async function load() {
    view.keys = (await get('keys', {}, { signal })).keys
    draw()
    await use()
  }

  async function use() {
    view.used = await get('usage/summary', { by: 'key', since: range.value }, { signal })
    replace(said)
    draw()
  }

  const tell = (error) => error.name === 'AbortError' || replace(said, trouble(error))

  function draw() {
    const { keys, used } = view
    if (!keys) return
    const now = JSON.stringify([keys, used?.groups, keys.map((key) => standing(key)[0])])
    if (now === view.drawn) return
    view.drawn = now
    redraw(
      list,
      panel('Client keys', keys.length > 0 ? table(columns(used, load), keys, { caption: 'Client keys', stacks: true }) : empty(NOBODY)),
      others(keys, used),
    )
  }

  const again = () => load().catch(tell)
  const clock = setInterval(() => document.hidden || again(), AGAIN)
  const unwatch = watch(() => {
    if (feed.config === view.config) return
    view.config = feed.config
    again()
  })
  again()
  return () => {
    over.abort()
    clearInterval(clock)
    unwatch()
  }
}

const NOBODY = 'No client keys, so only programs on the machine of the gateway may call. Make one for each person and program.'

function standing({ disabled, expires }) {
  if (disabled) return ['disabled', 'quiet']
  if (!expires) return ['good', 'good']
  return new Date(expires) <= Date.now() ? ['expired', 'bad'] : [`ends ${until(expires).replace(/(\d+ (d|h)) .*/, '$1')}`, 'warn']
}

function columns(used, done) {
  const of = (key) =>
    used && (used.groups.find((group) => group.name === key.id) ?? { requests: 0, failed: 0, tokens: 0, cost_nanodollars: 0 })
  return [
    { title: 'Name', cell: (key) => key.name ?? UNKNOWN },
    { title: 'Id', cell: (key) => id(key.id) },
    {
      title: 'State',
      cell: (key) => h('div', null, badge(...standing(key)), key.expires && h('small', { class: 'hint' }, moment(key.expires))),
    },
    { title: 'Models', cell: (key) => (key.models.length > 0 ? h('code', null, key.models.join(', ')) : 'all') },
    ...figures(of),
    { title: 'Change', cell: (key) => actions(key, done) },
  ]
}

const id = (text) => h('code', { class: 'whole' }, text ?? UNKNOWN)

const figures = (of) => [
  { title: 'Requests', number: true, cell: (row) => count(of(row)?.requests) },
  { title: 'Failed', number: true, cell: (row) => count(of(row)?.failed) },
  { title: 'Tokens', number: true, cell: (row) => count(of(row)?.tokens) },
  { title: 'Cost', number: true, cell: (row) => (of(row) ? cost(of(row)) : UNKNOWN) },
]

/** Keys that are no more, and requests without one. */
function others(keys, used) {
  const listed = new Set(keys.map((key) => key.id))
  const rest = (used?.groups ?? []).filter((group) => !listed.has(group.name)).slice(0, 100)
  if (rest.length === 0) return null
  const name = (group) => group.of ?? (group.name === undefined ? 'without a key' : UNKNOWN)
  const shown = [{ title: 'Name', cell: name }, { title: 'Id', cell: (group) => id(group.name) }, ...figures((group) => group)]
  return panel(
    'Use by others',
    h('p', { class: 'faint' }, 'Keys that are no more, and requests without one.'),
    table(shown, rest, { caption: 'Use by others', stacks: true }),
  )
}

function actions(key, done) {
  const named = key.name ? `${key.name} (${key.id})` : key.id
  const path = `keys/${encodeURIComponent(key.id)}`
  const rotate = async () => {
    const text = `${named} gets another key, which is shown once. Whoever uses the old one is refused from then on.`
    if (!(await confirm('Rotate a key', text, 'Rotate'))) return
    await attempt(async () => reveal(await send('POST', `${path}/rotate`), key.name))
    await done().catch(() => {})
  }
  const revoke = async () => {
    const text = `${named} is deleted. Whoever uses it is refused from then on. What was used with it stays in the ledger.`
    if (!(await confirm('Revoke a key', text, 'Revoke'))) return
    await attempt(() => ask(path, { method: 'DELETE' }), 'Revoked.')
    await done().catch(() => {})
  }
  const one = (text, action) =>
    button(text, action, { class: 'quiet', 'aria-label': `${text} ${named}`, data: { keep: `${text} ${key.id}` } })
  return h('div', { class: 'actions' }, one('Change…', () => change(key, done)), one('Rotate…', rotate), one('Revoke…', revoke))
}

/** The fields that say whose a key is and what it may do; `wanted` tells what they say. */
function limits({ name = '', models = [], expires } = {}) {
  const whose = h('input', { autocomplete: 'off', placeholder: 'ann, or ci', autofocus: true, value: name })
  const which = h('input', { autocomplete: 'off', spellcheck: 'false', placeholder: 'claude-*, gpt-5*', value: models.join(', ') })
  const end = h('input', { type: 'datetime-local', value: expires ? local(expires) : '' })
  return {
    fields: [
      field('Name', whose, 'Whose it is; shown with every request. May be empty.'),
      field('Models', which, 'Patterns with commas between, of which * stands for anything. Empty: all models.'),
      field('Expires', end, 'From then on it is refused. Empty: never.'),
    ],
    wanted: () => ({
      name: whose.value.trim(),
      models: which.value.split(/[\s,]+/).filter(Boolean),
      expires: end.value ? new Date(end.value).toISOString() : '',
    }),
  }
}

/** An instant as the browser's field for times has it. */
function local(instant) {
  const then = new Date(instant)
  return new Date(then - then.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

/** A window with those fields and a button; `go` does what is wanted, and what it throws is shown. */
function form(title, text, key, extra, go) {
  sheet(title, (body, close) => {
    const { fields, wanted } = limits(key)
    const said = h('div', null)
    const submit = async (event) => {
      event.preventDefault()
      const pressed = event.submitter
      pressed.disabled = true
      try {
        await go(wanted(), close)
      } catch (error) {
        replace(said, trouble(error))
        pressed.disabled = false
      }
    }
    const ends = h('div', { class: 'actions' }, h('button', { type: 'submit' }, text), button('Cancel', close, { class: 'quiet' }))
    replace(body, h('form', { class: 'steps', onsubmit: submit }, fields, extra, said, ends))
  })
}

/** A form for a new key. */
function create(done) {
  form('New client key', 'Make the key', undefined, null, async (wanted, close) => {
    const made = await send('POST', 'keys', wanted)
    close()
    reveal(made, wanted.name)
    done().catch(() => {})
  })
}

/** A form for what a key may do. */
function change(key, done) {
  const refused = h('input', { type: 'checkbox', checked: key.disabled })
  const label = h('label', { class: 'check' }, refused, ' Refuse whoever uses it, until this is taken back')
  const was = limits(key).wanted()
  form('Change a client key', 'Change it', key, label, async (wanted, close) => {
    const same = (field) => JSON.stringify(wanted[field]) === JSON.stringify(was[field])
    const other = Object.fromEntries(Object.entries(wanted).filter(([field]) => !same(field)))
    if (refused.checked !== key.disabled) other.disabled = refused.checked
    if (Object.keys(other).length > 0) await ask(`keys/${encodeURIComponent(key.id)}`, { method: 'PATCH', json: other })
    close()
    done().catch(() => {})
  })
}

/** Shows a key, once. */
function reveal({ id, key, warnings }, name) {
  sheet('A new client key', (body, close) => {
    const text = copyable(key, 'Copy the key')
    text.querySelector('button').autofocus = true
    replace(
      body,
      h('dl', null, name && [h('dt', null, 'Name'), h('dd', null, name)], h('dt', null, 'Id'), h('dd', null, h('code', null, id))),
      h('p', { class: 'secret' }, text),
      h('p', { class: 'warn' }, 'It is shown only now and cannot be asked for again: copy it, then close.'),
      warnings?.map((warning) => h('p', { class: 'warn' }, warning)),
      h('div', { class: 'actions' }, button('Close', close, { class: 'quiet' })),
    )
  })
}
