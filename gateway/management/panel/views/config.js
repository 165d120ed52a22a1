// The configuration file: written here, checked by the gateway, looked over, and saved if nobody else has changed it.

import { ask } from '../api.js'
import { h, replace } from '../dom.js'
import { feed, watch } from '../feed.js'
import { moment } from '../format.js'
import { button, confirm, head, sheet, toast, trouble } from '../ui.js'
import { compare, differences } from './diff.js'
import { editor } from './editor.js'
import { settings } from './settings.js'

export const title = 'Config'

const HINT = 'Tab indents, Shift+Tab does the opposite. Press Esc, then Tab, to leave the editor. Ctrl+S reviews the changes.'

export function show(place) {
  const over = new AbortController()
  const view = new View(over.signal)
  place.append(
    head(title, view.buttons.check, view.buttons.discard, view.buttons.review),
    h(
      'p',
      { class: 'warn' },
      'This file holds keys and other secrets in clear. This page neither keeps nor logs them; mind who sees your screen.',
    ),
    view.notice,
    h(
      'div',
      { class: 'config' },
      h('div', null, view.problems, view.edit.node, view.status, h('p', { class: 'faint', id: 'editor-hint' }, HINT)),
      view.form.node,
    ),
  )
  view.load().catch((error) => view.tell(error))
  view.form.load()
  const unwatch = watch(() => view.heard())
  const unguard = guard(() => view.isChanged())
  return () => {
    over.abort()
    unwatch()
    unguard()
    // The text has secrets.
    view.edit.area.value = ''
  }
}

class View {
  constructor(signal) {
    this.signal = signal
    /** The file as it was read last, what tells it from others, and whether its lines end as on Windows. */
    this.base = { text: '', etag: null, crlf: false }
    /** Whether the file was read. */
    this.ready = false
    this.event = feed.config
    /** Changes of the file that are made here now. */
    this.changing = 0
    const review = () => this.review()
    this.buttons = {
      check: button('Check', () => this.check(), { class: 'quiet', disabled: true }),
      discard: button('Discard changes…', () => this.discard(), { class: 'quiet', disabled: true }),
      review: button('Review changes', review, { disabled: true }),
    }
    this.edit = editor({
      'aria-label': 'Configuration file',
      'aria-describedby': 'editor-hint',
      oninput: () => this.typed(),
      onkeydown: saves(review),
      disabled: true,
    })
    this.status = h('p', { class: 'faint', role: 'status' })
    this.notice = h('div', { role: 'status' })
    this.problems = h('div', null)
    this.form = settings((change) => this.own(() => this.set(change)), signal)
  }

  get text() {
    return this.edit.area.value
  }

  isChanged() {
    return this.ready && this.text !== this.base.text
  }

  async read() {
    const answer = await ask('config.yaml', { signal: this.signal })
    const text = await answer.text()
    // In an editor lines end in one way only.
    return { text: text.replace(/\r\n?/g, '\n'), etag: answer.headers.get('etag'), crlf: text.includes('\r\n') }
  }

  /** Shows the file as it is now. */
  async load() {
    this.renew(await this.read())
  }

  /** What is written is compared with this from now on. */
  take(file) {
    this.base = file
    this.ready = true
    this.edit.area.disabled = false
    this.buttons.check.disabled = false
  }

  typed() {
    const changed = this.isChanged()
    this.buttons.review.disabled = !changed
    this.buttons.discard.disabled = !changed
    const words = changed ? 'Changed, and not saved.' : 'As it is in the file.'
    if (this.status.textContent !== words) replace(this.status, words)
    this.problems.querySelector('.stale')?.toggleAttribute('hidden', this.text === this.checked)
  }

  tell(error) {
    if (error.name !== 'AbortError') replace(this.notice, trouble(error))
  }

  /** Asks the gateway what it would say of the text; whether it would take it. */
  async check(quiet) {
    this.checked = this.text
    try {
      const answer = await this.put(this.text, { query: { 'dry-run': 'true' } })
      this.say([], answer.warnings)
      if (!quiet)
        toast(answer.warnings?.length ? 'It can be used, with warnings.' : 'It can be used.', answer.warnings?.length ? 'warn' : 'good')
      return answer
    } catch (error) {
      this.refused(error)
      return null
    }
  }

  async put(text, options) {
    const body = this.base.crlf ? text.replaceAll('\n', '\r\n') : text
    const headers = { 'content-type': 'application/yaml', ...options.headers }
    return (await ask('config.yaml', { signal: this.signal, method: 'PUT', text: body, ...options, headers })).json()
  }

  refused(error) {
    if (error.name === 'AbortError') return
    if (error.problems.length === 0) return this.tell(error)
    this.say(error.problems)
    this.problems.querySelector('button')?.focus()
  }

  /** Lists mistakes, and marks them at their lines. */
  say(problems, warnings = []) {
    replace(this.notice)
    this.edit.mark(problems)
    const stale = h('p', { class: 'stale faint', hidden: true }, 'The text was changed since; check it again.')
    const one = ({ line, column, key, message, hint }) =>
      h(
        'li',
        null,
        line > 0 && button(`line ${line}, column ${column}`, () => this.edit.go(line, column), { class: 'link' }),
        key && [' ', h('code', null, key)],
        `: ${message}`,
        hint && h('small', { class: 'hint' }, hint),
      )
    replace(
      this.problems,
      problems.length > 0 &&
        h(
          'section',
          { class: 'panel', role: 'alert' },
          h('h2', { class: 'bad' }, problems.length === 1 ? 'A mistake' : `${problems.length} mistakes`),
          stale,
          h('ul', null, problems.slice(0, 100).map(one)),
        ),
      warnings.length > 0 &&
        h(
          'section',
          { class: 'panel' },
          h('h2', { class: 'warn' }, 'Warnings'),
          h(
            'ul',
            null,
            warnings.slice(0, 100).map((warning) => h('li', null, this.placed(warning))),
          ),
        ),
    )
  }

  /** A warning, which begins with its place: `config.yaml:9:1: …`. */
  placed(warning) {
    const [, line, column, text] = /^\S+:(\d+):(\d+): (.*)$/s.exec(warning) ?? []
    return text
      ? [button(`line ${line}, column ${column}`, () => this.edit.go(Number(line), Number(column)), { class: 'link' }), `: ${text}`]
      : warning
  }

  /** Shows what would be different, and saves it if it is meant. */
  async review() {
    if (!this.isChanged()) return
    const text = this.text
    const checked = await this.check(true)
    if (!checked) return
    sheet('Review changes', (body, close) => {
      const said = h('div', null)
      const save = async (event) => {
        event.target.disabled = true
        try {
          await this.own(() => this.save(text))
          close()
        } catch (error) {
          if (error.status === 412) return (close(), this.meanwhile())
          if (error.problems?.length > 0) return (close(), this.refused(error))
          replace(said, trouble(error))
          event.target.disabled = false
        }
      }
      replace(
        body,
        checked.warnings?.map((warning) => h('p', { class: 'warn' }, `Warning: ${warning}`)),
        differences(compare(this.base.text, text)),
        said,
        h('div', { class: 'actions' }, button('Save', save), button('Go on editing', close, { class: 'quiet' })),
      )
    })
  }

  async save(text) {
    const headers = this.base.etag ? { 'if-match': this.base.etag } : {}
    const answer = await this.put(text, { headers })
    toast('Saved, and in use.')
    // Keys that stood there in clear may be hashed now.
    await this.load()
    this.form.load()
    this.say([], answer.warnings)
    this.restart(answer)
  }

  restart({ needs_restart: keys = [] }) {
    if (keys.length === 0) return
    replace(this.notice, h('p', { class: 'panel warn' }, `Counts only after a restart of the gateway: ${keys.join(', ')}.`))
  }

  /** Changes the file; what the feed tells meanwhile is no news. */
  async own(change) {
    this.changing += 1
    try {
      return await change()
    } finally {
      this.changing -= 1
    }
  }

  /** Sets a setting of the form, which changes the file. */
  async set(change) {
    const answer = await change()
    const file = await this.read()
    if (!this.isChanged()) this.renew(file)
    else if (file.etag !== this.base.etag) this.meanwhile(file)
    for (const warning of answer.warnings ?? []) toast(warning, 'warn')
    this.restart(answer)
  }

  /** The file as it is now, where nothing was written here. */
  renew(file) {
    this.take(file)
    this.edit.fill(file.text)
    this.say([])
    this.typed()
  }

  /** Somebody has changed the file: shown as it is now, where nothing was written here. */
  async heard() {
    if (feed.config === this.event || !this.ready || this.changing > 0) return
    this.event = feed.config
    try {
      const file = await this.read()
      if (file.etag !== this.base.etag && this.isChanged()) this.meanwhile(file)
      else if (file.etag !== this.base.etag) {
        this.renew(file)
        replace(this.notice, h('p', { class: 'faint' }, 'The file was changed meanwhile; this is how it is now.'))
      }
      this.form.load()
      if (this.event?.type === 'config_refused' && !this.isChanged()) this.unusable(this.event)
    } catch (error) {
      this.tell(error)
    }
  }

  unusable({ time, message, problems }) {
    this.checked = this.text
    this.say(problems ?? [])
    replace(
      this.notice,
      h('p', { class: 'panel bad' }, `The file cannot be used (${moment(time)}): ${message}. What was in use before stays in use.`),
    )
  }

  /** Somebody has changed the file while something was written here. */
  async meanwhile(known) {
    const mine = this.text
    const keep = async () => {
      this.take(known ?? (await this.read()))
      this.typed()
      replace(
        this.notice,
        h(
          'p',
          { class: 'panel' },
          'Your text is compared with the file as it is now. What others wrote and your text lacks is shown as removed.',
        ),
      )
    }
    const theirs = async () => {
      await this.load()
      const back = () => {
        this.edit.fill(mine)
        this.typed()
        replace(this.notice)
      }
      replace(
        this.notice,
        h(
          'div',
          { class: 'panel' },
          h('p', null, 'This is the file as it is now. Your text is kept as long as this view is open.'),
          button('Put my text back', back, { class: 'quiet' }),
        ),
      )
    }
    const run = (action) => () => action().catch((error) => this.tell(error))
    const actions = [
      button('Keep my text, compare again', run(keep)),
      button('Load the file as it is now', run(theirs), { class: 'quiet' }),
    ]
    replace(
      this.notice,
      h(
        'div',
        { class: 'panel' },
        h('p', { class: 'warn' }, 'The file was changed by somebody else meanwhile. Your text is still here, and not saved.'),
        h('div', { class: 'actions' }, actions),
      ),
    )
    // Whoever is writing goes on.
    if (!known) actions[0].focus()
  }

  async discard() {
    if (!(await confirm('Discard changes', 'What you wrote is gone, and the file is shown as it is.', 'Discard'))) return
    this.load().catch((error) => this.tell(error))
  }
}

/** Ctrl+S, or what it is on a Mac. */
const saves = (action) => (event) => {
  if (event.key !== 's' || !(event.ctrlKey || event.metaKey)) return
  event.preventDefault()
  action()
}

/** Asks before changes are left behind: by another view, by logging out, or with the page. Answers with what ends that. */
function guard(changed) {
  let sure = false
  const leaves = async (event) => {
    if (sure || !changed()) return
    event.preventDefault()
    if (document.querySelector('dialog[aria-label="Leave without saving?"]')) return
    sure = await confirm('Leave without saving?', 'What you wrote in the configuration is not saved, and is gone when you leave.', 'Leave')
    if (sure) event.detail()
  }
  const closes = (event) => changed() && event.preventDefault()
  addEventListener('leaves', leaves)
  addEventListener('beforeunload', closes)
  return () => {
    removeEventListener('leaves', leaves)
    removeEventListener('beforeunload', closes)
  }
}
