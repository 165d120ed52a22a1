// Charts as SVG. Each says in words what it shows, and its figures stand in a table for those who cannot see it.

import { h } from './dom.js'

const WIDTH = 600

/**
 * A line of values, the oldest first, in a box of its own.
 * `label` says what it shows; `format` writes a value.
 */
export function spark(values, label, format = String) {
  const height = 40
  const most = Math.max(1e-9, ...values)
  const step = WIDTH / Math.max(1, values.length - 1)
  const points = values.map((value, index) => `${(index * step).toFixed(1)},${(height - (value / most) * (height - 2) - 1).toFixed(1)}`)
  const said = `${label}: ${format(values.at(-1) ?? 0)} now, at most ${format(values.length ? Math.max(...values) : 0)}`
  const box = { viewBox: `0 0 ${WIDTH} ${height}`, preserveAspectRatio: 'none', class: 'spark', role: 'img', 'aria-label': said }
  return h('svg', box, h('polyline', { points: points.join(' ') }))
}

/**
 * Standing bars. `groups`: `{name, parts: [number, …]}`, in order; `parts` are stacked, in the order of `names`.
 * `format` writes a value; `label` says what is shown.
 */
export function bars(groups, names, label, format = String) {
  const height = 180
  const sum = (group) => group.parts.reduce((total, part) => total + part, 0)
  const most = Math.max(1e-9, ...groups.map(sum))
  const width = WIDTH / Math.max(1, groups.length)
  const bar = (group, index) => {
    let top = height
    const rects = group.parts.map((part, kind) => {
      const tall = (part / most) * (height - 4)
      top -= tall
      const place = { x: (index * width + width * 0.1).toFixed(2), y: top.toFixed(2), width: (width * 0.8).toFixed(2), height: tall.toFixed(2) }
      return h('rect', { ...place, class: `part-${kind}` })
    })
    const told = names.map((name, kind) => `${name} ${format(group.parts[kind])}`).join(', ')
    return h('g', null, h('title', null, `${group.name}: ${told}`), rects)
  }
  const box = { viewBox: `0 0 ${WIDTH} ${height}`, preserveAspectRatio: 'none', class: 'bars', role: 'img', 'aria-label': label }
  const ends = groups.length > 0 && [groups[0].name, groups.at(-1).name]
  return h(
    'figure',
    { class: 'chart' },
    h('figcaption', null, label, h('span', { class: 'most' }, `at most ${format(groups.length ? Math.max(...groups.map(sum)) : 0)}`)),
    h('svg', box, groups.map(bar)),
    ends && h('div', { class: 'axis' }, ends.map((end) => h('span', null, end))),
    names.length > 1 && h('ul', { class: 'legend' }, names.map((name, kind) => h('li', { class: `part-${kind}` }, name))),
    figures(groups, names, label, format),
  )
}

/** Lying bars: one line for each group, the longest name on the left. */
export function ranks(groups, label, format = String) {
  const most = Math.max(1e-9, ...groups.map((group) => group.value))
  const line = ({ name, value }) =>
    h('li', null, h('span', { class: 'name' }, name), h('span', { class: 'bar' }, h('span', { style: { width: `${(value / most) * 100}%` } })), h('span', { class: 'number' }, format(value)))
  return h('figure', { class: 'chart' }, h('figcaption', null, label), h('ol', { class: 'ranks' }, groups.map(line)))
}

function figures(groups, names, label, format) {
  const line = (group) => h('tr', null, h('th', { scope: 'row' }, group.name), group.parts.map((part) => h('td', null, format(part))))
  return h(
    'table',
    { class: 'unseen' },
    h('caption', null, label),
    h('thead', null, h('tr', null, h('td', null, ''), names.map((name) => h('th', { scope: 'col' }, name)))),
    h('tbody', null, groups.map(line)),
  )
}
