// The picture of the README: the overview after a minute of work.

import { chromium } from 'playwright-core'
import { setTimeout as pause } from 'node:timers/promises'

import { CLIENT_KEY, Gateway } from './gateway.js'
import { BROWSER, WIDE, go, logIn } from './harness.js'
import { PACED, SLOW, TIRED, startUpstream } from './upstream.js'

const SECONDS = 75
const KEYS = { laptop: CLIENT_KEY, ci: 'mg-panel-test-ci', editor: 'mg-panel-test-editor' }

/** A server of the configuration. */
const server = (name, url, key, models) => `
  - name: ${name}
    base-url: ${url}/v1
    api-key-entries: [{api-key: ${key}}]
    models: [${models.map((model) => `{name: ${model}}`).join(', ')}]`

/** The configuration with several keys and servers. */
function several(text, url) {
  const servers = [
    server('anthropic', url, PACED, ['claude-sonnet-4-5', 'claude-haiku-4-5']),
    server('openai', url, PACED, ['gpt-5.5', 'gpt-5.5-mini']),
    server('google', url, TIRED, ['gemini-3-pro']),
    server('spare', url, SLOW, ['claude-opus-4-5']),
  ]
  const keys = Object.entries(KEYS).map(([name, key]) => `\n  - {key: ${key}, name: ${name}}`)
  return text
    .replace('disable-cooling: true', 'disable-cooling: false')
    .replace(/(?<=api-keys:)\n.*/, keys.join(''))
    .replace(/(?<=openai-compatibility:)[^]*/, `${servers.join('')}\n`)
}

/** Asks as people do: in waves, mostly with success. */
async function work(gateway) {
  const models = ['claude-sonnet-4-5', 'gpt-5.5', 'claude-haiku-4-5', 'claude-sonnet-4-5', 'gpt-5.5-mini']
  const keys = Object.values(KEYS)
  const asked = []
  let turn = 0
  for (let second = 0; second < SECONDS; second += 1) {
    const many = Math.round(2 + 2 * Math.sin(second / 6) + (second % 3))
    for (let one = 0; one < many; one += 1) {
      turn += 1
      const model = turn % 29 === 0 ? 'gemini-3-pro' : models[turn % models.length]
      asked.push(gateway.ask(model, { key: keys[turn % keys.length], stream: true }))
      await pause(1000 / many)
    }
    if (many === 0) await pause(1000)
  }
  await Promise.all(asked)
}

const upstream = await startUpstream()
const gateway = await Gateway.start(upstream.url, (text) => several(text, upstream.url))
const browser = await chromium.launch(BROWSER)
try {
  const page = await browser.newPage({ viewport: WIDE, colorScheme: 'light', locale: 'en-GB', timezoneId: 'UTC', baseURL: gateway.url })
  await logIn(page)
  const waiting = ['laptop', 'editor'].map((name) => gateway.ask('claude-opus-4-5', { key: KEYS[name], stream: true }).catch(console.error))
  await work(gateway)
  // What the ledger knows of the day is asked for anew.
  await go(page, 'Requests')
  await go(page, 'Overview')
  await page.getByText(/^~?\$[\d.]+ this month$/).waitFor()
  await pause(1500)
  await page.screenshot({ path: process.env.SCREENSHOT })
  upstream.release()
  await Promise.all(waiting)
} catch (error) {
  console.error(error)
  process.exitCode = 1
} finally {
  await browser.close()
  await gateway.end()
  await upstream.close()
}
