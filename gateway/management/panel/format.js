// Numbers and times for people. What is not known is a dash, which is not nothing.

export const UNKNOWN = '–'

const known = (value) => value !== null && value !== undefined

/** `950`, `12.3k`, `4.5M`. */
export function count(number) {
  if (!known(number)) return UNKNOWN
  for (const [size, unit] of [[1e9, 'G'], [1e6, 'M'], [1e4, 'k']]) {
    if (number >= size) return `${(number / (unit === 'k' ? 1e3 : size)).toFixed(1)}${unit}`
  }
  return Number.isInteger(number) ? String(number) : number.toFixed(1)
}

/** Billionths of a dollar as dollars: `$0.0042`, `$12.30`. */
export function dollars(nano) {
  if (!known(nano)) return UNKNOWN
  const value = nano / 1e9
  if (value === 0) return '$0'
  if (value < 0.0001) return '<$0.0001'
  return `$${value.toFixed(value < 1 ? 4 : 2)}`
}

/** Millionths of a dollar, which is how prices of a million tokens are told: `$3`, `$0.075`. */
export function price(micro) {
  return known(micro) ? `$${Number((micro / 1e6).toFixed(4))}` : UNKNOWN
}

/** Milliseconds: `80 ms`, `1.25 s`, `3 min 20 s`. */
export function duration(ms) {
  if (!known(ms)) return UNKNOWN
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(2)} s`
  return span(ms / 1000)
}

/** Seconds, in the two largest units: `2 d 4 h`, `3 min 20 s`. */
export function span(seconds) {
  const rest = Math.max(0, Math.round(seconds))
  const units = [['d', 86_400], ['h', 3600], ['min', 60], ['s', 1]]
  const first = units.findIndex(([, size]) => rest >= size)
  if (first < 0) return '0 s'
  const parts = []
  let left = rest
  for (const [unit, size] of units.slice(first, first + 2)) {
    const whole = Math.floor(left / size)
    left -= whole * size
    if (whole > 0) parts.push(`${whole} ${unit}`)
  }
  return parts.join(' ')
}

/** The clock of a moment, here. */
export function clock(time) {
  return known(time) ? new Date(time).toLocaleTimeString(undefined, { hour12: false }) : UNKNOWN
}

/** Date and clock of a moment, here. */
export function moment(time) {
  return known(time) ? new Date(time).toLocaleString(undefined, { hour12: false }) : UNKNOWN
}

/** How long until a moment: `in 3 min 20 s`; `now` once it is there. */
export function until(time) {
  const seconds = (new Date(time) - Date.now()) / 1000
  return seconds > 0 ? `in ${span(seconds)}` : 'now'
}

/** `42 %`. */
export function percent(part) {
  return known(part) ? `${Math.round(part)} %` : UNKNOWN
}

/** `3.4 MB`. */
export function bytes(number) {
  if (!known(number)) return UNKNOWN
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = number
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`
}

/** The clock of a moment today; date and clock of another. */
export function when(time) {
  return known(time) && day(new Date(time)) !== day(new Date()) ? moment(time) : clock(time)
}

/** The date here, as the gateway takes it: `2026-01-02`. */
export function day(date) {
  const two = (number) => String(number).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

/** Whose days are meant, for `zone`; nothing where the browser does not tell. */
export const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone

/** What sums of usage cost: a dash where nothing of it has a price, `~` where not everything is known. */
export function cost(totals) {
  if (totals.requests > 0 && totals.unpriced === totals.requests) return UNKNOWN
  return `${totals.estimated > 0 || totals.unpriced > 0 ? '~' : ''}${dollars(totals.cost_nanodollars)}`
}

/** Something for each second: `0`, `0.4`, `12`. */
export function rate(number) {
  if (!known(number)) return UNKNOWN
  return number < 10 ? String(Number(number.toFixed(1))) : count(Math.round(number))
}
