// A browser in front of the gateway, and what must be true of every page in every test.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { chromium } from 'playwright-core'

import { Gateway, MANAGEMENT_KEY } from './gateway.js'
import { startUpstream } from './upstream.js'

/** The views by their titles, in the order of the page. */
export const VIEWS = ['Overview', 'Requests', 'Accounts', 'Models', 'Keys', 'Usage', 'Logs', 'Config']
/** How the browser is started; root has no sandbox. */
export const BROWSER = { executablePath: process.env.CHROMIUM, args: process.getuid() === 0 ? ['--no-sandbox'] : [] }
export const WIDE = { width: 1280, height: 800 }
export const NARROW = { width: 360, height: 740 }

/**
 * What the tests of a file share: `gateway`, `upstream`, `browser`; `change` writes the configuration otherwise. Its `test` gives
 * each test a page that is logged in, and lets none pass after which something stands on the console, something was asked of
 * another origin, or a script of somebody else has run.
 */
export function scene({ change } = {}) {
  const scene = {}
  before(async () => {
    scene.upstream = await startUpstream()
    scene.gateway = await Gateway.start(scene.upstream.url, change)
    scene.browser = await chromium.launch(BROWSER)
  })
  after(async () => {
    await scene.browser?.close()
    await scene.gateway?.end()
    await scene.upstream?.close()
  })
  /**
   * `options`: `out`, the page is not opened yet; `size`; `dark`; `expects`, patterns of what may stand on the
   * console; `elsewhere`, other origins are asked on purpose; `script`, a file that every page runs first.
   */
  scene.test = (name, run, options = {}) => test(name, { timeout: 120_000 }, () => onPage(scene, run, options))
  return scene
}

async function onPage(scene, run, { out = false, size = WIDE, dark = false, expects = [], elsewhere = false, script }) {
  const colorScheme = dark ? 'dark' : 'light'
  const context = await scene.browser.newContext({ viewport: size, colorScheme, locale: 'en-GB', timezoneId: 'UTC', baseURL: scene.gateway.url })
  context.setDefaultTimeout(10_000)
  const wrong = observe(context, elsewhere ? null : scene.gateway.url, expects)
  if (script) await context.addInitScript({ path: script })
  const page = await context.newPage()
  try {
    if (!out) await logIn(page)
    await run(page, scene)
    assert.deepEqual(wrong, [])
  } catch (error) {
    const seen = await page.locator('main, dialog').last().ariaSnapshot().catch(() => 'nothing')
    error.stack += `\n--- seen at ${page.url()}:\n${seen.slice(0, 4000)}\n--- noted: ${JSON.stringify(wrong)}`
    throw error
  } finally {
    await context.close()
  }
}

/** Notes what no page may do. */
function observe(context, origin, expects) {
  const wrong = []
  context.on('console', (message) => {
    const bad = ['error', 'warning', 'assert'].includes(message.type())
    if (bad && !expects.some((pattern) => pattern.test(message.text()))) wrong.push(`on the console: ${message.text()}`)
  })
  context.on('weberror', (error) => wrong.push(`not caught: ${error.error().stack}`))
  context.on('dialog', (dialog) => (wrong.push(`a dialog: ${dialog.message()}`), dialog.dismiss()))
  if (origin) context.on('request', (request) => {
    const url = new URL(request.url())
    if (url.origin !== origin && url.protocol !== 'data:') wrong.push(`asked elsewhere: ${request.url()}`)
  })
  return wrong
}

/** Opens the page and gives it the management key. */
export async function logIn(page, tail = '') {
  await page.goto(`/management.html${tail}`)
  await page.getByLabel('Management key').fill(MANAGEMENT_KEY)
  await page.getByRole('button', { name: 'Open' }).click()
  await live(page)
}

/** Waits until events arrive. */
export function live(page) {
  return page.getByRole('navigation').getByRole('status').filter({ hasText: /^live$/ }).waitFor()
}

/** Goes to a view by its link. */
export async function go(page, title) {
  await page.getByRole('navigation').getByRole('link', { name: title, exact: true }).click()
  await page.getByRole('heading', { level: 1, name: title }).waitFor()
}

/** Presses Tab until `locator` has the focus. */
export async function tabTo(page, locator, most = 80) {
  for (let presses = 0; presses < most; presses += 1) {
    await page.keyboard.press('Tab')
    if (await locator.evaluate((node) => node === document.activeElement)) return
  }
  assert.fail(`${locator} is not reached with ${most} presses of Tab`)
}

/** Waits until `check` answers with something true, and answers with that. */
export async function eventually(check, what) {
  for (let tries = 0; tries < 100; tries += 1) {
    const found = await check()
    if (found) return found
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  assert.fail(`it did not happen: ${what}`)
}
