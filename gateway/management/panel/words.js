// What requests and accounts are called on screen, in every view alike.

import { failed } from './feed.js'
import { UNKNOWN } from './format.js'
import { badge } from './ui.js'

/** States of accounts: their words, as on the dashboard in a terminal, and what they mean. */
export const STATES = {
  ready: ['ready', 'good'],
  cooling: ['cooling', 'warn'],
  on_trial: ['on trial', 'warn'],
  disabled: ['disabled', 'quiet'],
  log_in_again: ['log in again', 'bad'],
}

/** The word for a state of an account; a later version may say others. */
export const standing = (state) => badge(...(STATES[state] ?? [state, 'quiet']))

/** Whose request it was. */
export const client = (request) => request.client_name ?? request.client_key ?? UNKNOWN

/** Its status: `200`, `200 cut`; `waits` and `answers` while it is under way. */
export function status(request) {
  if (request.under_way) return request.first_byte_ms === undefined ? 'waits' : 'answers'
  // Of what was imported it is not known.
  if (request.status === 0) return UNKNOWN
  if (request.status === 499) return '499 left'
  return `${request.status}${!request.complete && request.status < 400 ? ' cut' : ''}`
}

/** What its status means. */
export function meaning(request) {
  if (request.under_way || request.status === 0) return 'quiet'
  if (request.status === 499) return 'warn'
  if (failed(request)) return 'bad'
  return request.complete ? 'good' : 'warn'
}
