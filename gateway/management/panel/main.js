// The page: a login, and behind it the views. Where one is stands behind the `#` of the address.

import { get, key, onLocked } from './api.js'
import { h, replace } from './dom.js'
import { feed, start, watch } from './feed.js'
import { button, field, sheet, trouble } from './ui.js'
import * as accounts from './views/accounts.js'
import * as config from './views/config.js'
import * as keys from './views/keys.js'
import * as logs from './views/logs.js'
import * as models from './views/models.js'
import * as overview from './views/overview.js'
import * as requests from './views/requests.js'
import * as usage from './views/usage.js'

/**
 * A view has a `title` and a function `show(place, tail)`: it fills `place`, and answers with what ends it. `tail` is what stands
 * behind its name in the address: `#requests/0a1b` shows `requests` with `0a1b`.
 */
const VIEWS = { overview, requests, accounts, models, keys, usage, logs, config }
const THEMES = ['auto', 'light', 'dark']
const THEME = 'modelgate-theme'

/** What no header carries is no key. */
const KEY = /^[\x20-\x7e]+$/

let running = new AbortController()
let leave = () => {}

function login(refusal) {
  key.forget()
  running.abort()
  leave()
  leave = () => {}
  for (const window of document.querySelectorAll('dialog')) window.close()
  document.title = 'modelgate'
  const input = h('input', { type: 'password', autocomplete: 'off', required: true, autofocus: true })
  const said = h('div', null, refusal && trouble(refusal))
  const enter = async (event) => {
    event.preventDefault()
    const text = input.value.trim()
    try {
      if (!KEY.test(text)) throw new Error('No management key looks like this: it has letters, digits and signs of ASCII.')
      await get('accounts', {}, { key: text })
    } catch (error) {
      replace(said, trouble(error))
      input.select()
      return
    }
    key.set(text)
    open()
  }
  const form = h(
    'form',
    { class: 'login', onsubmit: enter },
    h('h1', null, 'modelgate'),
    field('Management key', input, 'Kept in this tab only. On the machine of the gateway, modelgate panel tells one.'),
    said,
    h('button', { type: 'submit' }, 'Open'),
  )
  replace(document.body, h('main', { class: 'door' }, form), toasts())
  input.focus()
}

function open() {
  running = new AbortController()
  start(running.signal)
  const place = h('main', { id: 'view', tabindex: -1 })
  replace(document.body, h('a', { class: 'skip', href: '#view', onclick: skip }, 'Skip to the contents'), navigation(), place, toasts())
  route()
}

const logout = () => leaves(() => login()) && login()

/** Asks the view whether it may be left. One that would lose something says no, and calls `go` once somebody agrees. */
const leaves = (go) => dispatchEvent(new CustomEvent('leaves', { cancelable: true, detail: go }))

function turn(event) {
  const to = location.hash
  if (leaves(() => (location.hash = to))) move()
  else history.replaceState(null, '', event.oldURL)
}

const toasts = () => h('div', { id: 'toasts', class: 'toasts', role: 'status' })

function skip(event) {
  event.preventDefault()
  document.querySelector('#view').focus()
}

function navigation() {
  const state = h('span', { role: 'status' })
  let shown
  const stop = watch(() => {
    // Whoever listens to the page is told of changes only.
    if (shown === feed.state) return
    shown = feed.state
    state.className = `state ${shown === 'live' ? 'good' : 'bad'}`
    replace(state, shown)
  })
  running.signal.addEventListener('abort', stop, { once: true })
  const links = Object.entries(VIEWS).map(([name, view]) => h('a', { href: `#${name}`, data: { view: name } }, view.title))
  const actions = [
    button(`Theme: ${theme()}`, turnTheme, { class: 'quiet' }),
    button('Shortcuts: ?', help, { class: 'quiet' }),
    button('Log out', logout, { class: 'quiet' }),
  ]
  return h('nav', { 'aria-label': 'Views' }, h('strong', null, 'modelgate'), state, h('div', { class: 'links' }, links), h('div', { class: 'actions' }, actions))
}

/** Shows the view of the address. */
function route() {
  const place = document.querySelector('#view')
  if (!place) return
  const { view, tail } = address()
  leave()
  place.replaceChildren()
  for (const link of document.querySelectorAll('nav [data-view]')) {
    if (VIEWS[link.dataset.view] === view) link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
  }
  document.title = `${view.title} – modelgate`
  leave = view.show(place, tail) ?? (() => {})
}

/** The view that the address names, and what stands behind its name. */
function address() {
  const [, name, tail = ''] = location.hash.match(/^#?([^/]*)\/?(.*)$/)
  const view = Object.hasOwn(VIEWS, name) ? VIEWS[name] : overview
  try {
    return { view, tail: decodeURIComponent(tail) }
  } catch {
    return { view, tail }
  }
}

/** The same when somebody went there. What had the focus may be gone. */
function move() {
  route()
  if (document.activeElement === document.body) document.querySelector('#view')?.focus()
}

const theme = () => localStorage.getItem(THEME) ?? THEMES[0]

function turnTheme(event) {
  const next = THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length]
  localStorage.setItem(THEME, next)
  paint()
  replace(event.target, `Theme: ${next}`)
}

function paint() {
  document.documentElement.dataset.theme = theme()
}

function help() {
  const lines = [...Object.values(VIEWS).map((view, index) => [String(index + 1), view.title]), ['/', 'Filter'], ['?', 'These shortcuts'], ['Esc', 'Close']]
  sheet('Shortcuts', (body) => {
    replace(body, h('dl', { class: 'keys' }, lines.map(([stroke, what]) => [h('dt', null, h('kbd', null, stroke)), h('dd', null, what)])))
  })
}

function stroke(event) {
  const typing = event.target.closest?.('input, textarea, select, dialog')
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !document.querySelector('#view')) return
  const view = Object.keys(VIEWS)[Number(event.key) - 1]
  if (view) location.hash = view
  else if (event.key === '?') help()
  else if (event.key === '/') {
    const filter = document.querySelector('#view input[type=search]')
    if (filter) {
      event.preventDefault()
      filter.focus()
    }
  }
}

paint()
// Several questions may be refused at once.
onLocked((refusal) => key.get() && login(refusal))
addEventListener('hashchange', turn)
addEventListener('keydown', stroke)
if (key.get()) open()
else login()
