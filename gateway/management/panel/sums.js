// Sums of usage, as `usage/summary` tells them: as CSV, and over time without gaps.

import { day } from './format.js'

const NUMBERS = {
  requests: 'requests',
  failed: 'failed',
  aborted: 'aborted',
  uncounted: 'uncounted',
  unpriced: 'unpriced',
  estimated: 'estimated',
  input: 'input_tokens',
  cache_read: 'cache_read_tokens',
  cache_write: 'cache_write_tokens',
  output: 'output_tokens',
  reasoning: 'reasoning_tokens',
  tokens: 'tokens',
  cost_nanodollars: 'cost_nanodollars',
  latency_ms: 'latency_ms',
  first_byte_ms: 'first_byte_ms',
  first_bytes: 'first_bytes',
  bytes_in: 'bytes_in',
  bytes_out: 'bytes_out',
}
/** Sums over nothing. */
const NOTHING = Object.fromEntries(Object.keys(NUMBERS).map((name) => [name, 0]))
/** Hours and days that a series can have. */
const POINTS = 2000
const HOUR = 3_600_000

/** The groups below their headings, as `modelgate usage --csv` writes them. */
export function csv(groups) {
  const lines = [['name', 'of', ...Object.values(NUMBERS)]]
  for (const group of groups) lines.push([cell(group.name ?? ''), cell(group.of ?? ''), ...Object.keys(NUMBERS).map((name) => group[name])])
  return lines.map((line) => `${line.join(',')}\r\n`).join('')
}

/** A cell that no spreadsheet takes for a formula. */
function cell(text) {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** The hours or days of a summary, with those in between in which nothing was used. */
export function series({ by, groups, since, until }) {
  if (groups.length === 0) return []
  const known = new Map(groups.map((group) => [group.name, group]))
  const first = since ?? begin(groups[0].name, by)
  const last = Math.min(Date.now(), until ? new Date(until).getTime() - 1 : Infinity)
  const filled = []
  for (let at = by === 'hour' ? new Date(first) : midnight(new Date(first)); at <= last && filled.length < POINTS; at = next(at, by)) {
    const name = by === 'hour' ? at.toISOString().replace('.000Z', 'Z') : day(at)
    filled.push(known.get(name) ?? { ...NOTHING, name })
  }
  return filled
}

/** When the hour or day of a name begins, here. */
export const begin = (name, by) => new Date(by === 'hour' ? name : `${name}T00:00`)

const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate())

/** Days have 23 to 25 hours. */
const next = (at, by) => (by === 'hour' ? new Date(at.getTime() + HOUR) : new Date(at.getFullYear(), at.getMonth(), at.getDate() + 1))
