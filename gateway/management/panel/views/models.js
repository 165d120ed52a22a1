// Models: what clients can ask for, who serves it, what it costs, and whether somebody would answer now.

import { get } from '../api.js'
import { h, replace } from '../dom.js'
import { count, moment, price, UNKNOWN, until } from '../format.js'
import { live } from '../live.js'
import { addressed, badge, button, copyable, empty, field, head, matches, panel, table, trouble } from '../ui.js'
import { standing } from '../words.js'
import { candidates } from './why.js'

export const title = 'Models'

/** Rows that are shown at a time; the filter finds the others. */
const SHOWN = 300
/** Milliseconds after which the gateway is asked again. */
const ASKED = 10_000

export function show(place, tail) {
  let answer = { models: [], other_names: [] }
  const list = live(COLUMNS, {
    caption: 'Models',
    key: (model) => model.id,
    stamp: (model) => JSON.stringify(model),
    open: (model) => open(model.id),
    none: 'No model is called like that.',
  })
  const search = h('input', { type: 'search', 'aria-label': 'Filter', placeholder: 'Filter: name, provider, account …' })
  list.node.hidden = true
  const said = h('p', { class: 'faint', role: 'status' }, 'Asking…')
  const others = h('div')
  const left = new AbortController()
  let window

  const draw = () => {
    const words = search.value.trim()
    const found = answer.models.filter((model) =>
      matches(`${model.id} ${model.providers.join(' ')} ${model.servers.map((one) => one.credential).join(' ')}`, words),
    )
    list.node.hidden = false
    list.update(found.slice(0, SHOWN))
    const cut = found.length > SHOWN ? `; the first ${SHOWN} are shown, the filter finds the others` : ''
    const text = `${found.length} of ${answer.models.length} models${cut}`
    if (said.textContent !== text) replace(said, text)
  }
  const ask = async () => {
    try {
      answer = await get('models', {}, { signal: left.signal })
      replace(others, otherNames(answer.other_names))
      draw()
    } catch (error) {
      if (!left.signal.aborted) replace(said, h('span', { class: 'bad' }, error.message))
    }
  }
  const open = (name) => {
    const find = () => answer.models.find((model) => model.id === name)
    window = addressed('models', name, 'Model', (body) => tell(body, name, find))
  }

  search.addEventListener('input', draw)
  place.append(head(title), h('div', { class: 'tools' }, search), said, list.node, others, question(open))
  const asked = ask()
  if (tail) asked.then(() => left.signal.aborted || open(tail))
  const asking = setInterval(ask, ASKED)
  return () => {
    left.abort()
    clearInterval(asking)
    window?.close()
  }
}

/** Who would answer for a name, whether it is listed or not. */
function question(open) {
  const name = h('input', { type: 'text', required: true, autocomplete: 'off', spellcheck: 'false' })
  const ask = (event) => {
    event.preventDefault()
    open(name.value.trim())
  }
  return panel(
    'Who would answer?',
    h('form', { class: 'line', onsubmit: ask }, field('Name of a model', name), button('Show', null, { type: 'submit' })),
  )
}

function otherNames(others) {
  if (others.length === 0) return null
  const line = ({ provider, patterns }) => [
    h('dt', null, provider),
    h(
      'dd',
      null,
      patterns.map((one, index) => [index > 0 && ', ', h('code', null, one)]),
    ),
  ]
  return panel(
    'Other names',
    h('p', { class: 'faint' }, 'These providers take names beside those on their lists; * stands for anything.'),
    h('dl', null, others.map(line)),
  )
}

function health(model) {
  const ready = model.servers.filter((server) => server.state === 'ready').length
  const all = model.servers.length
  return badge(`${ready} of ${all}${model.more_servers > 0 ? '+' : ''} ready`, ready === 0 ? 'bad' : ready < all ? 'warn' : 'good')
}

const COLUMNS = [
  { title: 'Model', cell: (model) => model.id, sort: (model) => model.id },
  { title: 'Providers', cell: (model) => model.providers.join(', '), sort: (model) => model.providers.join(', '), wide: true },
  { title: 'Health', cell: health, sort: (model) => model.servers.filter((server) => server.state === 'ready').length },
  { title: 'In $/M', cell: (model) => price(model.price?.input), sort: (model) => model.price?.input, number: true, wide: true },
  { title: 'Out $/M', cell: (model) => price(model.price?.output), sort: (model) => model.price?.output, number: true, wide: true },
  {
    title: 'Cached $/M',
    cell: (model) => price(model.price?.cache_read),
    sort: (model) => model.price?.cache_read,
    number: true,
    wide: true,
  },
  { title: 'Context', cell: (model) => count(model.context_window), sort: (model) => model.context_window, number: true, wide: true },
  { title: 'Largest answer', cell: (model) => count(model.max_output), sort: (model) => model.max_output, number: true, wide: true },
]

/** A model with those who serve it, and who would be asked next. */
function tell(body, name, find) {
  const servers = h('div', { class: 'body bare' })
  const decision = h('section', null, h('h3', null, 'Who would be asked now'), empty('Asking…'))
  replace(body, copyable(name), servers, decision)
  const left = new AbortController()
  const ask = async () => {
    const model = find()
    replace(servers, model ? serving(model) : empty('No list has this name.'))
    try {
      replace(decision, h('h3', null, 'Who would be asked now'), decided(await get('route', { model: name }, { signal: left.signal })))
    } catch (error) {
      if (!left.signal.aborted) replace(decision, h('h3', null, 'Who would be asked now'), trouble(error))
    }
  }
  ask()
  return () => left.abort()
}

function serving(model) {
  const columns = [
    { title: 'Account', cell: (server) => server.credential },
    { title: 'As', cell: (server) => server.model, wide: true },
    { title: 'State', cell: (server) => standing(server.state) },
    { title: 'Why', cell: (server) => [server.reason ?? UNKNOWN, server.next_try && `, tried again ${until(server.next_try)}`] },
  ]
  const facts = [
    ['Providers', model.providers.join(', ') || UNKNOWN],
    ['Price', prices(model.price)],
    ['Context', model.context_window === undefined ? UNKNOWN : `${model.context_window.toLocaleString()} tokens`],
    ['Largest answer', model.max_output === undefined ? UNKNOWN : `${model.max_output.toLocaleString()} tokens`],
  ]
  return [
    h(
      'dl',
      null,
      facts.map(([term, what]) => [h('dt', null, term), h('dd', null, what)]),
    ),
    h('section', null, h('h3', null, 'Accounts that serve it'), table(columns, model.servers, { caption: 'Accounts that serve it' })),
    model.more_servers > 0 && h('p', { class: 'faint' }, `And ${model.more_servers} more.`),
  ]
}

function prices(known) {
  if (!known) return 'not known'
  const cached = known.cache_read === undefined ? '' : `, ${price(known.cache_read)} from a cache`
  return `${price(known.input)} in, ${price(known.output)} out${cached}; for a million tokens`
}

function decided(decision) {
  const chosen = decision.chosen ? [h('strong', null, decision.chosen), `: ${decision.why}`] : `Nobody: ${decision.why}`
  return [
    h('p', null, chosen, h('small', null, ` (${decision.strategy})`), decision.retry_at && `; tried again at ${moment(decision.retry_at)}`),
    candidates(decision.candidates, 0, { tried: 'first', reserve: 'in reserve' }),
  ]
}
