// Logging in to an account at a provider: begun here, done on its page, and ended when the gateway has the account.

import { ask, get, send } from '../api.js'
import { h, replace } from '../dom.js'
import { feed } from '../feed.js'
import { until } from '../format.js'
import { button, copyable, field, select, sheet, trouble } from '../ui.js'

/** Milliseconds between two questions after a login. */
const PAUSE = 1500

/**
 * The providers. `begins`: what stands before `-auth-url`; `back`: the browser comes back to an address, which can be pasted;
 * `projects`: its accounts have projects; `methods`: `[value, name]`; `file`: the way is a file.
 */
const PROVIDERS = {
  claude: { title: 'Claude', begins: 'anthropic', back: 'claude' },
  codex: { title: 'Codex (ChatGPT)', begins: 'codex', back: 'codex' },
  gemini: { title: 'Gemini CLI (Code Assist)', begins: 'gemini-cli', back: 'gemini', projects: true },
  antigravity: { title: 'Antigravity', begins: 'antigravity', back: 'antigravity', projects: true },
  kiro: {
    title: 'Kiro',
    begins: 'kiro',
    back: 'kiro',
    methods: [
      ['aws', 'AWS Builder ID'],
      ['google', 'Google'],
      ['github', 'GitHub'],
    ],
  },
  iflow: {
    title: 'iFlow',
    begins: 'iflow',
    back: 'iflow',
    methods: [
      ['', 'In the browser'],
      ['cookie', 'With the cookie of its page'],
    ],
  },
  qwen: { title: 'Qwen', begins: 'qwen' },
  'github-copilot': { title: 'GitHub Copilot', begins: 'github' },
  kimi: { title: 'Kimi', begins: 'kimi' },
  xai: { title: 'xAI', begins: 'xai' },
  vertex: { title: 'Vertex AI (service account)', file: true },
}

/** Opens the window of a login; `name` is the provider, if it is known. `done` is called when there is an account. */
export function logIn(name, done) {
  sheet('Log in to an account', (body, close) => {
    const login = {
      body,
      close,
      done,
      name: PROVIDERS[name] ? name : 'claude',
      known: new Set(feed.accounts.keys()),
      over: new AbortController(),
    }
    choose(login)
    return () => {
      login.over.abort()
      cancel(login)
    }
  })
}

/** Calls off what still waits. */
function cancel(login) {
  const { state } = login
  login.state = undefined
  if (state) ask('oauth-session', { method: 'DELETE', query: { state } }).catch(() => {})
}

/** The first step: where, and how. */
function choose(login, refusal) {
  const fields = h('div', { class: 'fields' })
  const said = h('div', null, refusal && trouble(refusal))
  const names = Object.entries(PROVIDERS).map(([name, { title }]) => [name, title])
  const provider = select(names, login.name, { onchange: () => turn(), autofocus: true })
  let read
  const turn = () => {
    login.name = provider.value
    read = ways(fields, PROVIDERS[login.name])
  }
  const submit = async (event) => {
    event.preventDefault()
    const pressed = event.submitter
    pressed.disabled = true
    try {
      await begin(login, read())
    } catch (error) {
      if (error.name === 'AbortError') return
      replace(said, trouble(error))
      pressed.disabled = false
    }
  }
  const actions = h(
    'div',
    { class: 'actions' },
    h('button', { type: 'submit' }, 'Go on'),
    button('Cancel', login.close, { class: 'quiet' }),
  )
  replace(login.body, h('form', { class: 'steps', onsubmit: submit }, field('Provider', provider), fields, said, actions))
  turn()
  provider.focus()
}

/** The fields of a provider; answers with what reads them. */
function ways(place, { methods, projects, file }) {
  const method = methods && select(methods, methods[0][0], { onchange: () => cookieToo() })
  const project = projects && h('input', { autocomplete: 'off' })
  const key = file && h('input', { type: 'file', accept: '.json,application/json', required: true })
  const location = file && h('input', { autocomplete: 'off', placeholder: 'us-central1' })
  const cookie = h('textarea', { rows: 3, autocomplete: 'off', spellcheck: 'false', required: true })
  const label = h('input', { autocomplete: 'off' })
  const cookieField = field(
    'Cookie',
    cookie,
    'The whole value of the `Cookie` header that the browser sends to the page of the platform. It is as good as a password.',
  )
  const cookieToo = () => {
    const wanted = method?.value === 'cookie'
    cookieField.hidden = !wanted
    cookie.disabled = !wanted
  }
  replace(
    place,
    method && field('How', method),
    project && field('Project', project, 'Of Google Cloud; several with commas between. Empty: the one the account has.'),
    key && field('Key file', key, 'Google Cloud gives it for a service account: a file in JSON.'),
    location && field('Location', location, 'Empty: what the file says, else us-central1.'),
    cookieField,
    field('Label', label, 'What people here call the account. May be empty.'),
  )
  cookieToo()
  return () => ({
    method: method?.value,
    project_id: project?.value.trim(),
    key: key?.files[0],
    location: location?.value.trim(),
    cookie: method?.value === 'cookie' ? cookie.value.trim() : undefined,
    label: label.value.trim(),
  })
}

async function begin(login, { method, project_id, key, location, cookie, label }) {
  const { begins } = PROVIDERS[login.name]
  const { signal } = login.over
  if (key) {
    await ask('vertex/import', {
      method: 'POST',
      query: { location, label },
      text: await key.text(),
      headers: { 'content-type': 'application/json' },
      signal,
    })
    return end(login)
  }
  if (cookie !== undefined) {
    await send('POST', `${begins}-auth-url`, { cookie }, { query: { label }, signal }).catch(explained)
    return end(login)
  }
  const told = await get(`${begins}-auth-url`, { is_webui: 'true', method, project_id, label }, { signal })
  login.state = told.state
  login.ends = told.expires_in && new Date(Date.now() + told.expires_in * 1000).toISOString()
  if (told.warning) agree(login, told)
  else go(login, told)
}

function explained(refusal) {
  if (refusal.body?.existing_file) refusal.message = `This cookie is known already: it is that of ${refusal.body.existing_file}.`
  throw refusal
}

/** What the provider says of the use of its accounts by other programs comes before the way there. */
function agree(login, told) {
  const yes = button('I have read this and go on', () => go(login, told))
  replace(
    login.body,
    h('h3', null, `Before you log in to ${PROVIDERS[login.name].title}`),
    h('p', { class: 'terms' }, told.warning),
    h('div', { class: 'actions' }, yes, button('Cancel', login.close, { class: 'quiet' })),
  )
  yes.focus()
}

/** The way there, and what comes back from it. */
function go(login, told) {
  const { title, back } = PROVIDERS[login.name]
  const way = h('div', { class: 'steps' })
  const wait = h('p', { role: 'status', class: 'waiting' }, `Waiting for ${title}…`)
  const pastes = back && !told.user_code
  const { ends } = login
  const lead = (url, code) => {
    if (way.dataset.url === `${url} ${code ?? ''}`) return
    way.dataset.url = `${url} ${code ?? ''}`
    replace(
      way,
      h('p', null, link(url)),
      h('p', null, copyable(url, 'Copy the address')),
      code && h('p', { class: 'code' }, 'Type this code there: ', copyable(code, 'Copy the code')),
      code && ends && h('p', { class: 'faint' }, 'The code expires ', h('time', { data: { ends } }, until(ends))),
    )
  }
  lead(told.url, told.user_code)
  replace(
    login.body,
    h('h3', null, `Log in to ${title}`),
    way,
    pastes && paste(login, told.message),
    wait,
    h('div', { class: 'actions' }, button('Cancel the login', login.close, { class: 'quiet' })),
  )
  way.querySelector('a, button')?.focus()
  follow(login, lead, wait)
}

/** A link in a tab of its own. What is no address of the web is text only. */
function link(url) {
  const web = URL.canParse(url) && ['https:', 'http:'].includes(new URL(url).protocol)
  return web
    ? h('a', { href: url, target: '_blank', rel: 'noopener noreferrer', class: 'button' }, 'Open the page of the provider')
    : 'Open this address:'
}

/** The words of the gateway, which are those of its family, for people. */
const REASONS = {
  'invalid redirect_url': 'There is no code in this. Copy the whole address, with what stands behind the question mark.',
  'code or error is required': 'There is no code in this. Copy the whole address, with what stands behind the question mark.',
  'state is required': 'This is not the whole address: copy it with what stands behind the question mark.',
  'invalid state': 'This is not the address of this login.',
  'provider does not match state': 'This is the address of a login to another provider.',
  'unknown or expired state': 'This login is over, or the address is of another one. Begin again.',
  'oauth flow is not pending': 'The address was taken already.',
}

/** For browsers that do not find their way back to the gateway. */
function paste(login, message) {
  const input = h('input', { autocomplete: 'off', spellcheck: 'false', required: true })
  const said = h('div', null)
  const submit = async (event) => {
    event.preventDefault()
    try {
      await send(
        'POST',
        'oauth-callback',
        { provider: PROVIDERS[login.name].back, redirect_url: input.value.trim() },
        { signal: login.over.signal },
      )
      input.value = ''
      replace(said, h('p', { role: 'status' }, 'Taken. The account is being fetched.'))
    } catch (error) {
      if (error.name !== 'AbortError') replace(said, trouble(REASONS[error.message] ?? error))
    }
  }
  const hint = 'If the browser ends on a page that cannot be opened, copy its whole address from the address bar to here.'
  return h(
    'form',
    { class: 'steps', onsubmit: submit },
    // What follows is for programs.
    message && h('p', { class: 'warn' }, `${message.split('; send ')[0]}.`),
    field('Address the browser ended on', input, hint),
    h('div', { class: 'actions' }, h('button', { type: 'submit', class: 'quiet' }, 'Send the address')),
    said,
  )
}

/** Asks until the login has an end. */
async function follow(login, lead, wait) {
  const { signal } = login.over
  while (login.state && login.body.isConnected) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE))
    for (const node of login.body.querySelectorAll('[data-ends]')) replace(node, until(node.dataset.ends))
    if (signal.aborted || !login.state) return
    let answer
    try {
      answer = await get('get-auth-status', { state: login.state }, { signal })
    } catch (error) {
      if (error.name === 'AbortError') return
      replace(wait, `Asked in vain; it is asked again. ${error.message}`)
      continue
    }
    if (answer.status === 'ok') return end(login)
    if (answer.status === 'error') return fail(login, REASONS[answer.error] ?? answer.error)
    if (answer.status === 'auth_url') lead(answer.url)
    if (answer.status === 'device_code') lead(answer.verification_url, answer.user_code)
    const text = `Waiting for ${PROVIDERS[login.name].title}…`
    if (wait.textContent !== text) replace(wait, text)
  }
}

function fail(login, reason) {
  login.state = undefined
  const again = button('Try again', () => choose(login))
  replace(
    login.body,
    h('h3', null, 'The login did not succeed'),
    trouble(reason || 'The provider did not say why.'),
    h('div', { class: 'actions' }, again, button('Close', login.close, { class: 'quiet' })),
  )
  again.focus()
}

/** There is an account: which one is seen by what is new. */
async function end(login) {
  login.state = undefined
  const title = PROVIDERS[login.name].title
  await Promise.resolve(login.done()).catch(() => {})
  const added = [...feed.accounts.keys()].filter((id) => !login.known.has(id))
  const close = button('Close', login.close)
  const which =
    added.length > 0 ? [h('code', null, added.join(', ')), ' is in use.'] : 'The account was known already; its new login is in use.'
  replace(
    login.body,
    h('h3', { role: 'status', class: 'good' }, `Logged in to ${title}`),
    h('p', null, which),
    h('div', { class: 'actions' }, close),
  )
  close.focus()
}
