// Accounts: every credential, how it is, and what can be done with it.

import { ask, get, send } from '../api.js'
import { h, replace } from '../dom.js'
import { changed, feed, watchCalmly } from '../feed.js'
import { UNKNOWN, count, moment, percent, until } from '../format.js'
import { attempt, badge, button, confirm, empty, head, matches, meter, redraw, toast } from '../ui.js'
import { STATES, standing } from '../words.js'
import { logIn } from './login.js'

export const title = 'Accounts'

/** Milliseconds after which the counts are asked for: of those the feed does not tell. */
const COUNTS = 10_000
/** Cards on the page; of more, the filter finds the others. */
const MOST = 300

/** Bytes of the largest file that is sent. */
const LARGEST = 1_000_000

export function show(place, tail) {
  /** Cards by the id of their account: `{node, told}`, of which `told` is what they show. */
  const cards = new Map()
  const filter = h('input', { type: 'search', placeholder: 'Filter', 'aria-label': 'Filter accounts', oninput: draw })
  const summary = h('p', { class: 'faint' })
  const list = h('div', { class: 'accounts' })
  place.append(
    head(
      title,
      filter,
      uploader(load),
      button('Log in', () => logIn('', load)),
    ),
    summary,
    list,
  )

  async function load() {
    const told = await get('accounts')
    feed.accounts = new Map(told.accounts.map((account) => [account.id, account]))
    feed.hitRate = told.session_hit_rate
    changed()
    draw()
  }

  function draw() {
    const all = [...feed.accounts.values()]
    const wanted = filter.value.trim()
    const shown = all.filter((account) => matches(words(account), wanted)).slice(0, MOST)
    say(summary, tally(all, shown.length))
    const gone = new Set(cards.keys())
    shown.forEach((account, index) => {
      gone.delete(account.id)
      const node = cardOf(account)
      if (list.children[index] !== node) list.insertBefore(node, list.children[index] ?? null)
    })
    for (const id of gone) {
      cards.get(id).node.remove()
      cards.delete(id)
    }
    list.querySelector(':scope > .empty')?.remove()
    if (shown.length === 0) list.append(empty(nothing(all.length)))
    countDown()
  }

  function cardOf(account) {
    const told = JSON.stringify(account)
    const known = cards.get(account.id)
    if (known?.told === told) return known.node
    const node = known?.node ?? h('article', { class: 'panel account', 'aria-label': account.id, tabindex: -1 })
    const open = node.querySelector('details')?.open ?? account.id === tail
    redraw(
      node,
      card(account, open, (action) => act(account, action)),
    )
    cards.set(account.id, { node, told })
    return node
  }

  async function act(account, action) {
    if (action === 'log-in') return logIn(account.provider, load)
    if (action === 'remove' && !(await sure(account))) return
    const done = await attempt(() => send('POST', `accounts/${encodeURIComponent(account.id)}/${action}`), DONE[action])
    if (done) await load().catch(() => {})
  }

  /** Times that are ahead. */
  function countDown() {
    for (const node of list.querySelectorAll('[data-until]')) say(node, until(node.dataset.until))
  }

  const unwatch = watchCalmly(draw)
  const counts = setInterval(() => document.hidden || load().catch(() => {}), COUNTS)
  load().then(
    () => reveal(cards.get(tail)?.node),
    () => {},
  )
  return () => {
    unwatch()
    clearInterval(counts)
  }
}

const DONE = {
  enable: 'Enabled: requests are sent with it again.',
  disable: 'Disabled: no more requests are sent with it.',
  'clear-cooldown': 'It is tried again at once.',
  refresh: 'Its token was renewed.',
  remove: 'Removed.',
}

const sure = (account) =>
  confirm(
    'Remove an account',
    `${account.id} is forgotten, and its file ${account.file} is deleted. To have it back somebody must log in again.`,
    'Remove',
  )

function say(node, text) {
  if (node.textContent !== text) replace(node, text)
}

function reveal(node) {
  node?.scrollIntoView({ block: 'start' })
  node?.focus({ preventScroll: true })
}

/** What the filter looks at. */
const words = ({ id, provider, kind, email, label, plan, source, state, reason }) =>
  [id, provider, kind, email, label, plan, source, STATES[state]?.[0], reason].filter(Boolean).join(' ')

function tally(all, shown) {
  const ready = all.filter((account) => account.state === 'ready').length
  const of = shown < all.length ? `, ${shown} shown` : ''
  const rate = feed.hitRate === undefined ? '' : `; ${percent(feed.hitRate * 100)} of requests in known conversations found their account`
  return `${all.length} accounts, ${ready} ready${of}${rate}`
}

const nothing = (all) =>
  all > 0 ? 'No account is like that.' : 'No accounts. Log in to one, upload its file, or name keys in the configuration.'

function card(account, open, act) {
  return [
    h('div', { class: 'who' }, h('h2', null, account.id), h('small', null, called(account))),
    h('div', { class: 'standing' }, stands(account), others(account)),
    h('div', { class: 'quotas' }, account.quota.map(quota)),
    h('div', { class: 'counts' }, figure('good', account.succeeded), figure('bad', account.failed)),
    account.reason && h('p', { class: 'reason' }, account.reason),
    h('div', { class: 'actions' }, actions(account, act)),
    more(account, open),
  ]
}

const called = (account) => [account.provider, account.email, account.label, account.plan].filter(Boolean).join(' · ')

/** What is not well beside its state. */
const others = ({ models, model_list: list }) => [
  models.length > 0 && [' ', badge(models.length === 1 ? '1 model in another state' : `${models.length} models in another state`, 'warn')],
  list?.error && [' ', badge('its model list did not come', 'warn')],
]

/** A time that is ahead; whoever shows it counts it down. */
const ahead = (time) => h('time', { datetime: time, title: moment(time), data: { until: time } }, until(time))

function stands({ state, next_try }) {
  return [standing(state), next_try && h('span', null, ' tried again ', ahead(next_try))]
}

function quota(window) {
  const used = window.used_percent
  return h(
    'div',
    { class: 'quota' },
    h('span', { class: 'name' }, window.name),
    meter(used, `${window.name} used`),
    h('span', { class: 'number' }, percent(used)),
    window.resets_at && h('small', null, 'whole again ', ahead(window.resets_at)),
  )
}

const figure = (name, number) => h('span', null, h('strong', { class: 'number' }, count(number)), ` ${name}`)

/** Only what can be done: what stands in the configuration or the environment is changed there. */
function actions(account, act) {
  const one = (action, text, props = {}) => button(text, () => act(action), { class: 'quiet', data: { keep: action }, ...props })
  const rests = ['cooling', 'on_trial'].includes(account.state) || account.models.length > 0
  const file = account.source === 'file'
  const turned = account.state === 'disabled' ? 'enable' : 'disable'
  return [
    file && account.state === 'log_in_again' && one('log-in', 'Log in again', { class: null }),
    rests && one('clear-cooldown', 'Clear cooldown'),
    file && one(turned, turned === 'enable' ? 'Enable' : 'Disable', { data: { keep: 'turn' } }),
    file && account.provider !== 'vertex' && one('refresh', 'Refresh token'),
    file && one('remove', 'Remove…'),
  ]
}

/** Where it was found, and so where it is changed. */
function from(source) {
  if (source === 'config') return ['the configuration; ', h('a', { href: '#config' }, 'change it there')]
  return { environment: 'the environment of the gateway', 'built-in': 'part of the program', file: 'a login' }[source] ?? source
}

/** Everything else about it. */
function more(account, open) {
  const rows = [
    ['From', from(account.source)],
    ['Spoken to as', account.kind],
    ['File', account.file],
    ['Prefix', account.prefix],
    ['Turn', `priority ${account.priority}, weight ${account.weight ?? UNKNOWN}`],
    ['Token', account.token_expires && ['ends ', ahead(account.token_expires), '; it is renewed before']],
    ['Model list', account.model_list && modelList(account.model_list)],
  ]
  return h(
    'details',
    { open },
    h('summary', { data: { keep: 'more' } }, 'Details'),
    h(
      'dl',
      null,
      rows.filter(([, value]) => value).map(([name, value]) => [h('dt', null, name), h('dd', null, value)]),
    ),
    account.models.length > 0 && h('h3', null, 'Models in another state'),
    account.models.length > 0 && h('ul', { class: 'states' }, account.models.slice(0, 100).map(modelState)),
  )
}

const modelState = (model) =>
  h('li', null, h('code', null, model.model), ' ', stands(model), model.reason && h('p', { class: 'reason' }, model.reason))

function modelList({ models, fetched, error }) {
  const came = fetched ? `${models} models, came ${moment(fetched)}` : `${models} models`
  return error ? [`${came}; the last time it did not come: `, h('span', { class: 'warn' }, error)] : came
}

async function upload(file) {
  try {
    if (file.size > LARGEST) throw new Error('this is too large to be the file of an account.')
    const headers = { 'content-type': 'application/json' }
    await ask('auth-files', { method: 'POST', query: { name: file.name }, text: await file.text(), headers })
  } catch (error) {
    throw new Error(`${file.name}: ${error.message}`)
  }
}

/** Takes files of accounts, each by itself, and says of each what became of it. */
function uploader(done) {
  const take = async () => {
    for (const file of input.files) {
      await attempt(() => upload(file), `${file.name} is in use.`)
    }
    input.value = ''
    await done().catch((error) => toast(error.message, 'bad'))
  }
  const input = h('input', { type: 'file', accept: '.json,application/json', multiple: true, hidden: true, onchange: take })
  return [button('Upload a file…', () => input.click(), { class: 'quiet' }), input]
}
