// Charts as SVG. Each says in words what it shows, and its figures stand in a table for those who cannot see it.

import { h } from './dom.js'

const WIDTH = 600
/** Bars that stand side by side; what is more is added up. */
const BARS = 120
/** How wide a bar is at most, of `WIDTH`. */
const WIDEST = 48
/** Names that stand below the bars. */
const TICKS = 6

/**
 * A line of values, the oldest first, in a box of its own; where one is not known (null) there is a gap.
 * `label` says what it shows; `format` writes a value.
 */
export function spark(values, label, format = String) {
  const height = 40
  const told = values.filter((value) => value !== null)
  const most = Math.max(0, ...told)
  const step = WIDTH / Math.max(1, values.length - 1)
  let path = ''
  values.forEach((value, index) => {
    if (value === null) return
    const joined = index > 0 && values[index - 1] !== null
    const y = height - 2 - (most && value / most) * (height - 4)
    // A point that stands alone is seen as a dot.
    path += `${joined ? 'L' : 'M'}${(index * step).toFixed(1)},${y.toFixed(1)}${joined ? '' : 'h0'}`
  })
  const said = told.length ? `${label}: ${format(told.at(-1))} at last, at most ${format(most)}` : `${label}: nothing yet`
  const box = { viewBox: `0 0 ${WIDTH} ${height}`, preserveAspectRatio: 'none', class: 'spark', role: 'img', 'aria-label': said }
  return h('svg', box, h('path', { d: path || 'M0,0' }))
}

/**
 * Standing bars. `groups`: `{name, parts: [number, …]}`, in order; `parts` are stacked, in the order of `names`.
 * `format` writes a value; `label` says what is shown.
 */
export function bars(groups, names, label, format = String) {
  const height = 180
  const shown = merge(groups)
  const most = Math.max(0, ...shown.map(sum))
  const width = WIDTH / Math.max(1, shown.length)
  const wide = Math.min(width * 0.8, WIDEST)
  const bar = (group, index) => {
    let top = height
    const rects = group.parts.map((part, kind) => {
      const tall = most && (part / most) * (height - 4)
      top -= tall
      const place = {
        x: (index * width + (width - wide) / 2).toFixed(2),
        y: top.toFixed(2),
        width: wide.toFixed(2),
        height: tall.toFixed(2),
      }
      return part > 0 && h('rect', { ...place, class: `part-${kind}` })
    })
    const told = names.map((name, kind) => group.parts[kind] > 0 && `${name} ${format(group.parts[kind])}`).filter(Boolean)
    const column = h('rect', { class: 'column', x: (index * width).toFixed(2), y: 0, width: width.toFixed(2), height })
    return h('g', null, h('title', null, `${group.name}: ${told.join(', ') || format(0)}`), column, rects)
  }
  const lines = [0.25, 0.5, 0.75].map((part) => h('line', { x1: 0, x2: WIDTH, y1: height * part, y2: height * part }))
  const box = { viewBox: `0 0 ${WIDTH} ${height}`, preserveAspectRatio: 'none', class: 'bars', role: 'img', 'aria-label': label }
  return h(
    'figure',
    { class: 'chart' },
    h('figcaption', null, label, h('span', { class: 'most' }, `at most ${format(most)}`)),
    h('svg', box, lines, shown.map(bar)),
    h('div', { class: 'axis', 'aria-hidden': 'true' }, ticks(shown)),
    names.length > 1 &&
      h(
        'ul',
        { class: 'legend' },
        names.map((name, kind) => h('li', { class: `part-${kind}` }, name)),
      ),
    figures(shown, names, label, format),
  )
}

const sum = (group) => group.parts.reduce((total, part) => total + part, 0)

/** Neighbours together, until there are few enough. */
function merge(groups) {
  const size = Math.ceil(groups.length / BARS)
  if (size <= 1) return groups
  const merged = []
  for (let from = 0; from < groups.length; from += size) {
    const some = groups.slice(from, from + size)
    const parts = some[0].parts.map((_, kind) => some.reduce((total, group) => total + group.parts[kind], 0))
    merged.push({ name: `${some[0].name} – ${some.at(-1).name}`, tick: some[0].tick, parts })
  }
  return merged
}

/** What stands below: the name of every bar, or of some. */
function ticks(groups) {
  const number = Math.min(groups.length, groups.length > TICKS + 2 ? TICKS : TICKS + 2)
  return Array.from({ length: number }, (_, index) => {
    const at = Math.floor(((index + 0.5) / number) * groups.length)
    return h('span', { style: { left: `${((at + 0.5) / groups.length) * 100}%` } }, groups[at].tick ?? groups[at].name)
  })
}

/** Lying bars: one line for each group, its name on the left. */
export function ranks(groups, label, format = String) {
  const most = Math.max(0, ...groups.map((group) => group.value))
  const line = ({ name, value }) =>
    h(
      'li',
      null,
      h('span', { class: 'name', title: name }, name),
      h('span', { class: 'bar' }, value > 0 && h('span', { style: { width: `${(value / most) * 100}%` } })),
      h('span', { class: 'number' }, format(value)),
    )
  return h('figure', { class: 'chart' }, h('figcaption', null, label), h('ol', { class: 'ranks' }, groups.map(line)))
}

/** One bar, cut into its parts: `{name, value, told}`; `told` is the value in words. What is not known is left out. */
export function split(parts, label) {
  const known = parts.map((part, kind) => ({ ...part, kind })).filter((part) => part.value !== undefined && part.value !== null)
  const total = known.reduce((all, part) => all + part.value, 0)
  const piece = ({ name, value, told, kind }) =>
    value > 0 && h('span', { class: `part-${kind}`, title: `${name}: ${told}`, style: { 'flex-grow': String(value / total) } })
  return h(
    'figure',
    { class: 'chart' },
    h('figcaption', null, label),
    h('div', { class: 'split', 'aria-hidden': 'true' }, known.map(piece)),
    h(
      'ul',
      { class: 'legend' },
      known.map((part) => h('li', { class: `part-${part.kind}` }, `${part.name} ${part.told}`)),
    ),
  )
}

function figures(groups, names, label, format) {
  const line = (group) =>
    h(
      'tr',
      null,
      h('th', { scope: 'row' }, group.name),
      group.parts.map((part) => h('td', null, format(part))),
    )
  const table = h(
    'table',
    null,
    h('caption', null, label),
    h(
      'thead',
      null,
      h(
        'tr',
        null,
        h('td'),
        names.map((name) => h('th', { scope: 'col' }, name)),
      ),
    ),
    h('tbody', null, groups.map(line)),
  )
  // A table cannot be made smaller than what is in it.
  return h('div', { class: 'unseen' }, table)
}
