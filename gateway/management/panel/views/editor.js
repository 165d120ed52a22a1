// A place to write a file in: lines have numbers, and those with a mistake a mark.

import { h, replace } from '../dom.js'

/** Height of a line in pixels, as in style.css. */
const LINE = 20
const INDENT = '  '

/**
 * An editor. `props` are those of its `textarea`. Answers with `node`, `area`, and
 * `fill(text)`; `mark(problems)`, each with `line` and `message`; `go(line, column)`, both from 1 on.
 */
export function editor(props) {
  const area = h('textarea', { wrap: 'off', spellcheck: 'false', autocomplete: 'off', autocapitalize: 'off', ...props })
  const numbers = h('pre', null)
  const marks = h('div', { class: 'marks' })
  const node = h(
    'div',
    { class: 'editor' },
    h('div', { class: 'numbers', 'aria-hidden': 'true' }, numbers),
    h('div', { class: 'paper' }, h('div', { class: 'under', 'aria-hidden': 'true' }, marks), area),
  )
  let marked = new Map()
  let lines = 0

  const scroll = () => {
    const style = `translateY(${-area.scrollTop}px)`
    numbers.style.setProperty('transform', style)
    marks.style.setProperty('transform', style)
  }
  const number = () => {
    lines = count(area.value)
    const texts = Array.from({ length: lines }, (_, index) => (marked.has(index + 1) ? `! ${index + 1}` : String(index + 1)))
    replace(numbers, texts.join('\n'))
    scroll()
  }
  const mark = (problems) => {
    marked = new Map(problems.filter(({ line }) => line > 0).map(({ line, message }) => [line, message]))
    replace(
      marks,
      [...marked.keys()].map((line) => h('div', { class: 'mark', style: { top: `${(line - 1) * LINE}px` } })),
    )
    number()
  }
  area.addEventListener('scroll', scroll)
  area.addEventListener('input', () => {
    if (count(area.value) === lines) return
    // Marks would stand at other lines than those that were meant.
    if (marked.size > 0) mark([])
    else number()
  })
  area.addEventListener('keydown', strokes(area))
  const fill = (text) => {
    const { scrollTop, selectionStart } = area
    area.value = text
    area.setSelectionRange(selectionStart, selectionStart)
    area.scrollTop = scrollTop
    number()
  }
  return { node, area, fill, mark, go: (line, column) => go(area, line, column) }
}

function count(text) {
  let lines = 1
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines += 1
  return lines
}

/** Puts the cursor at a place; columns are counted in characters. */
function go(area, line, column) {
  const lines = area.value.split('\n')
  const row = Math.min(Math.max(line, 1), lines.length)
  const before = lines.slice(0, row - 1).reduce((sum, text) => sum + text.length + 1, 0)
  const within = [...lines[row - 1]].slice(0, Math.max(column - 1, 0)).join('').length
  area.focus()
  area.setSelectionRange(before + within, before + within)
  area.scrollTop = (row - 1) * LINE - area.clientHeight / 3
  area.scrollLeft = 0
}

/** Tab indents, Shift+Tab does the opposite; after Esc both leave, so that nobody is caught here. */
function strokes(area) {
  let leaves = false
  return (event) => {
    if (event.key === 'Escape') {
      leaves = true
      return
    }
    const bare = !event.ctrlKey && !event.metaKey && !event.altKey
    if (event.key === 'Tab' && bare && !leaves) {
      event.preventDefault()
      if (event.shiftKey) reindent(area, (text) => text.replace(/^ {1,2}/, ''))
      else if (area.selectionStart === area.selectionEnd) insert(area, INDENT)
      else reindent(area, (text) => (text ? INDENT + text : text))
    }
    if (event.key !== 'Shift') leaves = false
  }
}

/** Changes every line of the selection. */
function reindent(area, change) {
  const { value, selectionStart, selectionEnd } = area
  const from = value.lastIndexOf('\n', selectionStart - 1) + 1
  const last = selectionEnd > selectionStart && value[selectionEnd - 1] === '\n' ? selectionEnd - 1 : selectionEnd
  const end = value.indexOf('\n', last)
  const to = end < 0 ? value.length : end
  const old = value.slice(from, to)
  const text = old.split('\n').map(change).join('\n')
  if (text === old) return
  area.setSelectionRange(from, to)
  insert(area, text)
  if (selectionStart === selectionEnd) {
    const place = Math.max(from, selectionStart + text.length - old.length)
    area.setSelectionRange(place, place)
  } else area.setSelectionRange(from, from + text.length)
}

/** Writes as if somebody typed it, so that it can be undone. */
function insert(area, text) {
  const done = text ? document.execCommand('insertText', false, text) : document.execCommand('delete')
  if (done) return
  area.setRangeText(text, area.selectionStart, area.selectionEnd, 'end')
  area.dispatchEvent(new Event('input', { bubbles: true }))
}
