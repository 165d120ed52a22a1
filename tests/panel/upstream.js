// A provider of one's own: models that answer, wait or fail, and a login with a code.

import { createServer } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

/** What no page may run, load or be reordered by. */
export const HOSTILE = '<img src=x onerror=alert(1)><script>alert(2)</script>\u202etxt.exe\u202c'
/** The same as it must be read: every character that would not be seen as what it is is written out. */
export const INERT = '<img src=x onerror=alert(1)><script>alert(2)</script>\\u{202e}txt.exe\\u{202c}'
/** Its answer to every question. */
export const ANSWER = 'Hello from the scripted upstream.'
export const USAGE = { prompt_tokens: 1200, completion_tokens: 80, total_tokens: 1280 }
/** Models that answer at once, of which two have a price; one that waits until it is let go, and one that fails. */
export const MODELS = ['claude-sonnet-4-5', 'gpt-5.5', 'swift', 'slow', 'broken']
/** Keys with which every model is like that, for pictures: one that takes its time, one that waits, one that has had enough. */
export const PACED = 'paced-key'
export const SLOW = 'slow-key'
export const TIRED = 'tired-key'

/** Starts it: `url`; `release()` lets `slow` go on; `decide(word)` says how logins stand, `approved`,
 * `pending` or an error; `close()`. */
export async function startUpstream() {
  const waiting = []
  const login = { stands: 'pending' }
  const server = createServer(async (ask, answer) => {
    const body = await read(ask)
    if (ask.url === '/v1/chat/completions') return chat(JSON.parse(body), ask.headers.authorization, answer, waiting)
    if (ask.url === '/device') return json(answer, 200, DEVICE)
    if (ask.url === '/token') return token(answer, login)
    if (ask.url === '/claude') return json(answer, 200, { ...TOKENS, account: ADA })
    if (ask.url === '/profile') return json(answer, 200, { account: ADA })
    return json(answer, 404, { error: { message: `nothing is at ${ask.url}` } })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    release: () => waiting.splice(0).forEach((go) => go()),
    decide: (word) => (login.stands = word),
    close: () => (server.closeAllConnections(), new Promise((resolve) => server.close(resolve))),
  }
}

async function read(ask) {
  let text = ''
  for await (const piece of ask.setEncoding('utf8')) text += piece
  return text
}

function json(answer, status, body) {
  answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

let paces = 0

async function chat(asked, authorization, answer, waiting) {
  const key = authorization.replace('Bearer ', '')
  const { model, stream } = asked
  if (model === 'broken') return json(answer, 500, { error: { message: `${HOSTILE} went wrong`, type: 'server_error' } })
  if (key === TIRED) {
    answer.setHeader('retry-after', '840')
    return json(answer, 429, { error: { message: 'The quota of this hour is used up.', type: 'rate_limit_error' } })
  }
  const pace = key === PACED ? ((paces += 337) % 900) + 150 : 0
  await pause(pace)
  const one = { id: 'chatcmpl-1', created: 1, model }
  if (!stream) {
    const choices = [{ index: 0, message: { role: 'assistant', content: ANSWER }, finish_reason: 'stop' }]
    return json(answer, 200, { ...one, object: 'chat.completion', choices, usage: USAGE })
  }
  const chunk = (delta, finish_reason, more) => {
    const choices = [{ index: 0, delta, finish_reason }]
    answer.write(`data: ${JSON.stringify({ ...one, object: 'chat.completion.chunk', choices, ...more })}\n\n`)
  }
  answer.writeHead(200, { 'content-type': 'text/event-stream' })
  chunk({ role: 'assistant', content: ANSWER }, null)
  await pause(3 * pace)
  if (model === 'slow' || key === SLOW) await new Promise((resolve) => waiting.push(resolve))
  chunk({}, 'stop', { usage: USAGE })
  answer.end('data: [DONE]\n\n')
}

const DEVICE = {
  device_code: 'device-1', user_code: 'AB-CD', verification_uri: 'https://login.example/device',
  verification_uri_complete: 'https://login.example/device?code=AB-CD', expires_in: 600, interval: 1,
}

const TOKENS = { access_token: 'access-0', refresh_token: 'refresh-0', expires_in: 900, token_type: 'Bearer', scope: 'x' }
const ADA = { uuid: 'u-1', email: 'ada@example.com', email_address: 'ada@example.com' }

function token(answer, login) {
  if (login.stands === 'approved') return json(answer, 200, TOKENS)
  return json(answer, 400, { error: login.stands === 'pending' ? 'authorization_pending' : login.stands })
}
