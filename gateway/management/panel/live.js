// Tables that live: what they show changes, and whoever reads them, or walks through them with the keyboard, keeps the place.

import { h, replace } from './dom.js'
import { button, empty } from './ui.js'

const UP = 'ascending'
const DOWN = 'descending'

/**
 * A table that is told its rows again and again. `columns` as in `table`; `wider` ones are left out earlier than `wide` ones, `tight`
 * ones are never broken, and those with `sort(row)`, a number or a text, can be sorted by. `key(row)` tells rows apart;
 * `stamp(row)` changes when a row has to be drawn again. Answers with `{node, update(rows)}`.
 */
export function live(columns, { caption, key, stamp, open, none = 'Nothing yet.' }) {
  const known = new Map()
  const order = { by: null, way: DOWN }
  let told = []
  const heads = columns.map((column) => heading(column, order, () => draw()))
  const body = h('tbody')
  const nothing = empty(none)
  const scroll = h(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption },
    h(
      'table',
      { class: 'dense' },
      h('caption', null, caption),
      h(
        'thead',
        null,
        h(
          'tr',
          null,
          heads.map((head) => head.node),
        ),
      ),
      body,
    ),
  )

  function draw() {
    const focused = document.activeElement
    for (const head of heads) head.mark()
    const rows = arrange(told, order)
    const keys = new Set(rows.map(key))
    for (const [id, entry] of known) {
      if (keys.has(id)) continue
      entry.node.remove()
      known.delete(id)
    }
    // Rows that stay are not moved where others come in between.
    let place = body.firstChild
    for (const row of rows) {
      const node = current(row)
      if (node === place) place = place.nextSibling
      else body.insertBefore(node, place)
    }
    // A row that was moved has lost the focus.
    if (body.contains(focused) && document.activeElement !== focused) focused.focus({ preventScroll: true })
    nothing.hidden = rows.length > 0
    scroll.hidden = rows.length === 0
  }

  function current(row) {
    const id = key(row)
    const state = stamp(row)
    const entry = known.get(id)
    if (!entry) {
      const fresh = { row, state }
      fresh.node = line(columns, row, open && (() => open(fresh.row)))
      known.set(id, fresh)
      return fresh.node
    }
    entry.row = row
    if (entry.state !== state) {
      entry.state = state
      redraw(entry.node, columns, row, open && (() => open(entry.row)))
    }
    return entry.node
  }

  function update(rows) {
    told = rows
    draw()
  }

  update([])
  return { node: h('div', { class: 'live' }, nothing, scroll), update }
}

function heading(column, order, draw) {
  if (!column.sort) return { node: h('th', { scope: 'col', class: cls(column) }, column.title), mark: () => {} }
  const arrow = h('span', { 'aria-hidden': 'true' })
  const turn = () => {
    order.way = order.by === column && order.way === DOWN ? UP : DOWN
    order.by = column
    draw()
  }
  const node = h('th', { scope: 'col', class: cls(column) }, button([column.title, arrow], turn, { class: 'link sort' }))
  const mark = () => {
    const counts = order.by === column
    node.setAttribute('aria-sort', counts ? order.way : 'none')
    replace(arrow, counts ? (order.way === DOWN ? ' ▼' : ' ▲') : '')
  }
  return { node, mark }
}

/** What is not known comes last, whichever way. */
function arrange(rows, { by, way }) {
  if (!by) return rows
  const unknown = (value) => value === undefined || value === null
  const compare = (one, other) => (typeof one === 'string' ? one.localeCompare(other) : one - other)
  return [...rows].sort((a, b) => {
    const [one, other] = [by.sort(a), by.sort(b)]
    if (unknown(one) || unknown(other)) return unknown(one) - unknown(other)
    return way === UP ? compare(one, other) : compare(other, one)
  })
}

function line(columns, row, open) {
  const onclick = open && ((event) => event.target.closest('button, a, input') || !getSelection().isCollapsed || open())
  return h('tr', { onclick, class: open && 'opens' }, cells(columns, row, open))
}

function redraw(node, columns, row, open) {
  const focused = node.contains(document.activeElement)
  replace(node, cells(columns, row, open))
  if (focused) node.querySelector('button, a')?.focus()
}

function cells(columns, row, open) {
  return columns.map((column, index) => {
    const content = column.cell(row)
    return h('td', { class: cls(column) }, open && index === 0 ? button(content, open, { class: 'link' }) : content)
  })
}

function cls(column) {
  return ['number', 'wide', 'wider', 'tight'].filter((name) => column[name]).join(' ') || null
}
