// The settings that are changed most often: what each does, saved by itself. The same as in `tui/settings.rs`.

import { get, send } from '../api.js'
import { h, replace } from '../dom.js'
import { button, panel, select, toast, trouble } from '../ui.js'

const STRATEGIES = ['round-robin', 'weighted-round-robin', 'fill-first'].map((name) => [name, name])

/** `[path, kind, what it does]`; the kind is `flag`, `number`, `text` or a list of words. */
const SETTINGS = [
  [
    'routing.strategy',
    STRATEGIES,
    'How accounts of the same priority take turns: one after the other, by their weight, or the first until it rests.',
  ],
  ['request-retry', 'number', 'Further rounds over all accounts when a round failed.'],
  ['max-retry-credentials', 'number', 'Accounts that are tried in a round; 0: all that serve the model.'],
  ['max-retry-interval', 'number', 'Seconds that a request waits for an account that rests; 0: the client is told at once.'],
  ['force-model-prefix', 'flag', 'Models of an account with a prefix are served under names with the prefix only.'],
  ['proxy-url', 'text', 'The proxy on the way to providers (http, https, socks5), or direct; empty: what the environment says.'],
  ['debug', 'flag', 'Log why things happen, not only what happens.'],
  ['request-log', 'flag', 'Keep a log of every request, with what was asked and answered; secrets are masked.'],
  ['logging-to-file', 'flag', 'Log to files that are rotated, which Logs and `modelgate logs` read.'],
  ['logs-max-total-size-mb', 'number', 'The oldest log files are deleted beyond this size; 0: never.'],
  ['error-logs-max-files', 'number', 'How many logs of failed requests are kept.'],
  ['usage-statistics-enabled', 'flag', 'Write a row for each request in the ledger.'],
]

/** The form; `change(action)` runs what changes the file. Answers with `node` and `load()`. */
export function settings(change, signal) {
  const rows = SETTINGS.map((setting) => row(setting, change))
  const said = h('div', null)
  const node = panel(
    'Common settings',
    h('p', { class: 'faint' }, 'Each is saved by itself, and counts at once.'),
    said,
    h(
      'div',
      { class: 'settings' },
      rows.map(({ node }) => node),
    ),
  )
  const load = async () => {
    try {
      const config = await get('config', {}, { signal })
      for (const { show, path } of rows) show(path.split('.').reduce((at, key) => at?.[key], config))
      replace(said)
    } catch (error) {
      if (error.name !== 'AbortError') replace(said, trouble(error))
    }
  }
  return { node, load }
}

function row([path, kind, help], change) {
  const id = `setting-${path}`
  const told = { id, 'aria-describedby': `${id}-help` }
  let known
  const put = async (value) => {
    try {
      await change(() => send('PUT', path.replaceAll('.', '/'), { value }))
      known = value
      toast(`${path}: saved.`)
    } catch (error) {
      toast(error.message, 'bad')
      control.show(known)
    }
  }
  const control = kind === 'flag' ? flag(told, put) : Array.isArray(kind) ? words(kind, told, put) : typed(kind, told, path, put)
  const show = (value) => {
    if (value === known) return
    known = value
    control.show(value)
  }
  const node = h(
    'div',
    { class: 'setting' },
    h('label', { for: id }, h('code', null, path)),
    control.node,
    h('small', { id: `${id}-help` }, help),
  )
  return { path, node, show }
}

function flag(told, put) {
  const node = h('input', { type: 'checkbox', ...told, onchange: () => put(node.checked) })
  return { node, show: (value) => (node.checked = value === true) }
}

function words(options, told, put) {
  const node = select(options, null, { ...told, onchange: () => put(node.value) })
  return { node, show: (value) => (node.value = value ?? options[0][0]) }
}

/** A field with a button that saves it, of use once something else stands there. */
function typed(kind, told, path, put) {
  let known = ''
  const numeric = kind === 'number' && { type: 'number', min: 0, step: 1, required: true }
  const input = h('input', {
    autocomplete: 'off',
    spellcheck: 'false',
    ...numeric,
    ...told,
    oninput: () => (save.disabled = input.value === known),
  })
  const save = h('button', { type: 'submit', class: 'quiet', disabled: true, 'aria-label': `Save ${path}` }, 'Save')
  const submit = (event) => {
    event.preventDefault()
    known = input.value
    save.disabled = true
    put(kind === 'number' ? Number(input.value) : input.value.trim())
  }
  const show = (value) => {
    if (input.value === known) input.value = value ?? ''
    known = String(value ?? '')
    save.disabled = input.value === known
  }
  return { node: h('form', { class: 'actions', onsubmit: submit }, input, save), show }
}
