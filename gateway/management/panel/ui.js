// What every view is made of.

import { h, replace } from './dom.js'

/** A word in a colour with a meaning: `good`, `warn`, `bad` or `quiet`. The word says it too. */
export const badge = (text, meaning = 'quiet') => h('span', { class: `badge ${meaning}` }, text)

/** A figure with its name, and maybe a line below it. */
export const stat = (name, value, below) =>
  h('div', { class: 'stat' }, h('span', { class: 'name' }, name), h('strong', null, value), below && h('small', null, below))

/** The top of a view: its title and what can be done. */
export const head = (title, ...actions) =>
  h('header', { class: 'head' }, h('h1', null, title), h('div', { class: 'actions' }, actions))

/** A part of a view with a title of its own. */
export const panel = (title, ...children) => h('section', { class: 'panel' }, h('h2', null, title), children)

/** What stands where there is nothing, and what to do about it. */
export const empty = (text) => h('p', { class: 'empty' }, text)

/** Something that went wrong. */
export const trouble = (error) => h('p', { class: 'trouble', role: 'alert' }, error.message ?? error)

export const button = (text, onclick, props = {}) => h('button', { type: 'button', onclick, ...props }, text)

/** A field with its label above it. `hint` is said below. */
export function field(label, input, hint) {
  return h('label', { class: 'field' }, h('span', null, label), input, hint && h('small', null, hint))
}

/** How much of something is used, 0 to 100. */
export function meter(used, label) {
  const meaning = used >= 90 ? 'bad' : used >= 70 ? 'warn' : 'good'
  const bar = h('span', { class: meaning, style: { width: `${Math.min(100, Math.max(0, used))}%` } })
  const said = { role: 'meter', 'aria-valuenow': Math.round(used), 'aria-valuemin': 0, 'aria-valuemax': 100, 'aria-label': label }
  return h('span', { class: 'meter', ...said }, bar)
}

/**
 * A table. `columns`: `{title, cell(row), number, wide, sort(row)}`; `wide` ones are left out on narrow screens. With `open`, rows can be clicked
 * and, by the button in their first cell, reached with the keyboard. One that `stacks` has its cells below each other on narrow screens.
 */
export function table(columns, rows, { caption, open, stacks, none = 'Nothing yet.' } = {}) {
  if (rows.length === 0) return empty(none)
  const cls = (column) => [column.number && 'number', column.wide && 'wide'].filter(Boolean).join(' ') || null
  const cell = (column, index, row) => {
    const content = column.cell(row)
    const opener = open && index === 0
    return h('td', { class: cls(column), data: stacks && { title: column.title } }, opener ? button(content, () => open(row), { class: 'link' }) : content)
  }
  const line = (row) => {
    const onclick = open && ((event) => event.target.closest('button, a, input') || open(row))
    return h('tr', { onclick, class: open && 'opens' }, columns.map((column, index) => cell(column, index, row)))
  }
  return h(
    'div',
    { class: stacks ? 'scroll stacks' : 'scroll', tabindex: 0, role: 'region', 'aria-label': caption },
    h(
      'table',
      null,
      h('caption', null, caption),
      h('thead', null, h('tr', null, columns.map((column) => h('th', { scope: 'col', class: cls(column) }, column.title)))),
      h('tbody', null, rows.map(line)),
    ),
  )
}

/** Says shortly what has happened; `bad` stays longer. */
export function toast(text, meaning = 'good') {
  // What is behind a window above the page is neither seen nor read out.
  const place = [...document.querySelectorAll('dialog[open] > .toasts')].at(-1) ?? document.querySelector('#toasts')
  const note = h('div', { class: `toast ${meaning}` }, text)
  place.append(note)
  setTimeout(() => note.remove(), meaning === 'bad' ? 12_000 : 5000)
}

/** Runs `action` and says how it ended. Answers whether it was done. */
export async function attempt(action, done) {
  try {
    const result = await action()
    if (done) toast(typeof done === 'function' ? done(result) : done)
    return true
  } catch (error) {
    if (error.name !== 'AbortError') toast(error.message, 'bad')
    return false
  }
}

/** A window above the page. `fill(body, close)` puts its contents in and may answer with what to do when it is closed. */
export function sheet(title, fill) {
  const body = h('div', { class: 'body' })
  const toasts = h('div', { class: 'toasts', role: 'status' })
  const window = h(
    'dialog',
    { class: 'sheet', 'aria-label': title },
    h('header', null, h('h2', null, title), button('Close', () => window.close(), { class: 'quiet' })),
    body,
    toasts,
  )
  document.body.append(window)
  const closed = fill(body, () => window.close())
  window.addEventListener('close', () => {
    document.querySelector('#toasts').append(...toasts.children)
    window.remove()
    if (typeof closed === 'function') closed()
  })
  window.addEventListener('click', (event) => event.target === window && window.close())
  window.showModal()
  return window
}

/** A sheet that stands in the address while it is open, as `#view/name`. */
export function addressed(view, name, title, fill) {
  const address = `#${view}/${encodeURIComponent(name)}`
  // Nobody is told of this change of the address, so that the view behind the sheet stays.
  history.replaceState(null, '', address)
  const window = sheet(title, fill)
  window.addEventListener('close', () => {
    if (location.hash === address) history.replaceState(null, '', `#${view}`)
  })
  return window
}

/** Whether a text has all the words of a filter. */
export function matches(text, filter) {
  const lower = text.toLowerCase()
  return filter.toLowerCase().split(/\s+/).every((word) => lower.includes(word))
}

/** Asks before what cannot be undone. */
export function confirm(title, text, yes) {
  return new Promise((resolve) => {
    let sure = false
    sheet(title, (body, close) => {
      const go = () => ((sure = true), close())
      const actions = [button('Cancel', close, { class: 'quiet' }), button(yes, go, { class: 'danger' })]
      replace(body, h('p', null, text), h('div', { class: 'actions' }, actions))
      return () => resolve(sure)
    })
  })
}

/** A text that can be taken along with one press. */
export function copyable(text, label = 'Copy') {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      toast('Copied.')
    } catch {
      // Pages that did not come over TLS or from this machine may not.
      getSelection().selectAllChildren(code)
      toast('Press Ctrl+C: this browser lets no page copy here.', 'warn')
    }
  }
  const code = h('code', null, text)
  return h('span', { class: 'copyable' }, code, button(label, copy, { class: 'quiet' }))
}

/** Downloads `content` as a file. */
export function download(name, type, content) {
  const url = URL.createObjectURL(new Blob([content], { type }))
  const link = h('a', { href: url, download: name })
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 1000)
}

/** Puts `children` in the place of whatever `node` holds; what has the focus and a `data-keep` keeps it. */
export function redraw(node, ...children) {
  const held = node.contains(document.activeElement) ? document.activeElement.dataset.keep : undefined
  replace(node, ...children)
  if (held) node.querySelector(`[data-keep="${CSS.escape(held)}"]`)?.focus({ preventScroll: true })
  return node
}

/** A field of a form that chooses one of `options`: `[value, name]`. */
export const select = (options, chosen, props = {}) =>
  h('select', props, options.map(([value, name]) => h('option', { value, selected: value === chosen }, name)))
