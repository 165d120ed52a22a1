// What is different between two texts, line by line.

import { h } from '../dom.js'

/** Cells of the table of common lines. What would need more is told as deleted and written anew. */
const MOST_CELLS = 4_000_000
/** Equal lines that are shown around what differs. */
const AROUND = 3
/** Lines that are shown. */
const MOST_LINES = 800

/**
 * The lines of both texts in order: `{sign, text, old, now}`, of which `sign` is `-`, `+` or a space, and `old` and `now` the
 * numbers of the line. `rough` where the texts were too long to look for common lines between the first and the last difference.
 */
export function compare(before, after) {
  const [old, now] = [before.split('\n'), after.split('\n')]
  let head = 0
  while (head < old.length && head < now.length && old[head] === now[head]) head += 1
  let tail = 0
  const least = Math.min(old.length, now.length) - head
  while (tail < least && old[old.length - 1 - tail] === now[now.length - 1 - tail]) tail += 1
  const [gone, come] = [old.slice(head, old.length - tail), now.slice(head, now.length - tail)]
  const rough = gone.length * come.length > MOST_CELLS
  const signs = ' '.repeat(head) + (rough ? '-'.repeat(gone.length) + '+'.repeat(come.length) : middle(gone, come)) + ' '.repeat(tail)
  return { lines: numbered(signs, old, now), rough }
}

/** One sign for each line of the way from one list to the other, by their longest common part. */
function middle(gone, come) {
  const width = come.length + 1
  const common = new Uint32Array((gone.length + 1) * width)
  for (let i = gone.length - 1; i >= 0; i -= 1) {
    for (let j = come.length - 1; j >= 0; j -= 1) {
      const at = i * width + j
      common[at] = gone[i] === come[j] ? common[at + width + 1] + 1 : Math.max(common[at + width], common[at + 1])
    }
  }
  let [i, j, signs] = [0, 0, '']
  while (i < gone.length && j < come.length) {
    const at = i * width + j
    if (gone[i] === come[j]) {
      signs += ' '
      i += 1
      j += 1
    } else if (common[at + width] >= common[at + 1]) {
      signs += '-'
      i += 1
    } else {
      signs += '+'
      j += 1
    }
  }
  return signs + '-'.repeat(gone.length - i) + '+'.repeat(come.length - j)
}

function numbered(signs, before, after) {
  let [old, now] = [0, 0]
  return [...signs].map((sign) => {
    if (sign !== '+') old += 1
    if (sign !== '-') now += 1
    return { sign, text: sign === '-' ? before[old - 1] : after[now - 1], old: sign !== '+' && old, now: sign !== '-' && now }
  })
}

/** The differences, for people. */
export function differences({ lines, rough }) {
  const near = new Set()
  lines.forEach((line, index) => {
    if (line.sign !== ' ') for (let at = index - AROUND; at <= index + AROUND; at += 1) near.add(at)
  })
  const rows = []
  let last = -1
  let shown = 0
  lines.forEach((line, index) => {
    if (!near.has(index) || shown >= MOST_LINES) return
    if (index > last + 1) rows.push(h('li', { class: 'gap' }, equal(index - last - 1)))
    rows.push(row(line))
    last = index
    shown += 1
  })
  const [added, removed] = ['+', '-'].map((sign) => lines.filter((line) => line.sign === sign).length)
  return [
    h('p', null, `${added} lines added, ${removed} removed.`),
    rough &&
      h(
        'p',
        { class: 'faint' },
        'The texts are too long to be compared line by line: what lies between the first and the last difference is told as one.',
      ),
    h('ol', { class: 'diff', tabindex: 0, 'aria-label': 'Differences' }, rows),
    shown < near.size && shown >= MOST_LINES && h('p', { class: 'faint' }, `Only the first ${MOST_LINES} lines are shown.`),
  ]
}

const equal = (number) => (number === 1 ? '1 equal line' : `${number} equal lines`)
const NAMES = { '+': 'added: ', '-': 'removed: ' }
const KINDS = { '+': 'added', '-': 'removed' }

function row({ sign, text, old, now }) {
  const number = (value) => h('span', { class: 'number', 'aria-hidden': 'true' }, value || '')
  const said = NAMES[sign] && h('span', { class: 'unseen' }, NAMES[sign])
  return h('li', { class: KINDS[sign] }, number(old), number(now), h('span', { 'aria-hidden': 'true' }, sign), h('code', null, said, text))
}
