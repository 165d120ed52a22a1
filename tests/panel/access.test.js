// Everybody can read every view: contrast, names and roles by axe-core's rules, in both themes, and on a phone.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'

import { NARROW, VIEWS, go, scene } from './harness.js'

const here = scene()
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

/** What breaks a rule, in a line each. */
async function broken(page, where) {
  const { violations, passes } = await page.evaluate((values) => axe.run(document, { runOnly: { type: 'tag', values } }), RULES)
  assert.ok(passes.some((rule) => rule.id === 'color-contrast'), `${where}: contrast was looked at`)
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${where}: ${id}: ${node.html.slice(0, 160)} ${node.failureSummary.split('\n')[1] ?? ''}`))
}

/** Text that can be read only by scrolling the page sideways. */
async function tooWide(page, where) {
  const [wide, room] = await page.evaluate(() => [document.scrollingElement.scrollWidth, document.scrollingElement.clientWidth])
  return wide > room ? [`${where}: ${wide} px wide, there is room for ${room}`] : []
}

const filled = { Overview: 'All accounts', Requests: 'broken', Accounts: 'scripted', Models: 'swift', Keys: 'laptop', Usage: 'Sums', Logs: 'went wrong', Config: 'Common settings' }

/** What opens a window above each view. */
const WINDOWS = {
  Requests: (page) => page.getByRole('row').filter({ hasText: 'broken' }).first().getByRole('button').click(),
  Accounts: (page) => page.getByRole('button', { name: 'Log in', exact: true }).click(),
  Models: (page) => page.getByRole('row').filter({ hasText: 'swift' }).first().getByRole('button').click(),
  Keys: (page) => page.getByRole('button', { name: 'New key' }).click(),
  Usage: (page) => page.getByRole('button', { name: 'Import …' }).click(),
  Logs: (page) => page.getByRole('button', { name: 'Clear…' }).click(),
  Config: async (page) => {
    await page.getByRole('textbox', { name: 'Configuration file' }).press('Control+End')
    await page.keyboard.type('# mine')
    await page.getByRole('button', { name: 'Review changes' }).click()
  },
}

async function everyView(page, { gateway }) {
  for (const model of ['claude-sonnet-4-5', 'broken', 'swift', 'a-very-long-name-of-a-model-that-nobody-serves-and-that-has-no-space-in-it-'.repeat(2)]) await gateway.ask(model)
  const found = []
  const look = async (where) => {
    // Nothing that fades is measured halfway.
    await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished)))
    found.push(...(await broken(page, where)), ...(await tooWide(page, where)))
  }
  for (const title of VIEWS) {
    await go(page, title)
    await page.getByRole('main').getByText(filled[title]).first().waitFor()
    await look(title)
    if (!WINDOWS[title]) continue
    await WINDOWS[title](page)
    await page.getByRole('dialog').waitFor()
    await look(`${title}, its window`)
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  }
  await page.getByRole('textbox', { name: 'Configuration file' }).fill(await gateway.read())
  await page.getByRole('button', { name: 'Log out' }).click()
  await page.getByLabel('Management key').fill('wrong')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').waitFor()
  await look('the door')
  assert.deepEqual(found, [])
}

for (const dark of [false, true]) {
  for (const size of [undefined, NARROW]) {
    const name = `every view can be read: ${dark ? 'dark' : 'light'}, ${size ? 'on a phone' : 'on a desk'}`
    here.test(name, everyView, { dark, size, script: AXE, expects: [/status of 40[13]/] })
  }
}
