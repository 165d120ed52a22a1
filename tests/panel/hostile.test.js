// Texts of clients, models and providers are text, wherever they are shown.

import assert from 'node:assert/strict'

import { go, live, scene } from './harness.js'
import { HOSTILE, INERT } from './upstream.js'

const here = scene()

/** No element was made of a text, and no character of it acts. */
async function inert(page, where) {
  const made = await page.evaluate(() => document.querySelectorAll('img, body script, iframe, object, embed, style').length)
  assert.equal(made, 0, where)
  const text = await page.evaluate(() => document.body.textContent + [...document.querySelectorAll('[title], [aria-label]')].map((node) => node.title + node.ariaLabel).join())
  assert.ok(!/[\u202a-\u202e\u2066-\u2069\u200b-\u200f\u0000-\u0008\u001b]/.test(text), `${where}: a character acts`)
}

/** Waits for the hostile text to be read as it is. */
const shown = (page) => page.getByText(INERT).first().waitFor()

here.test('a model, a key, an error and a program that would act are read, and do nothing', async (page, { gateway }) => {
  const { key } = await gateway.manage('POST', 'keys', { name: HOSTILE })
  await gateway.ask(HOSTILE, { key, agent: '<script>alert(3)</script>' })
  const broken = await gateway.ask('broken', { key, agent: '<script>alert(3)</script>' })
  await inert(page, 'Overview')

  await go(page, 'Requests')
  await shown(page)
  await inert(page, 'Requests')
  await page.getByRole('row').filter({ hasText: 'broken' }).first().getByRole('button').click()
  await page.getByRole('dialog').getByRole('table', { name: 'Attempts' }).getByText(INERT).waitFor()
  await inert(page, 'why')
  await page.keyboard.press('Escape')
  await page.getByRole('row').filter({ hasText: INERT }).first().getByRole('button').click()
  await page.getByRole('dialog').getByText(INERT).first().waitFor()
  await page.keyboard.press('Escape')

  await go(page, 'Keys')
  await shown(page)
  await page.getByRole('button', { name: /^Revoke/ }).last().click()
  await page.getByRole('dialog').getByText(INERT).waitFor()
  await inert(page, 'Keys')
  await page.keyboard.press('Escape')

  await go(page, 'Usage')
  await shown(page)
  await page.getByRole('combobox', { name: 'By' }).selectOption({ label: 'Key' })
  await shown(page)
  await inert(page, 'Usage')

  await go(page, 'Logs')
  await page.getByText('went wrong').first().waitFor()
  await inert(page, 'Logs')
  await page.goto(`/management.html#logs/${broken.id}`)
  await page.getByText('went wrong').first().waitFor()
  await inert(page, 'Logs of one request')
})

here.test('an account that rests with a hostile reason is told as it is', async (page, { gateway }) => {
  const text = await gateway.read()
  await gateway.write(text.replace('disable-cooling: true', 'disable-cooling: false'))
  await page.getByRole('main').waitFor()
  for (const title of ['Overview', 'Accounts', 'Models']) {
    await go(page, title)
    await gateway.ask('broken')
    await inert(page, title)
  }
  await go(page, 'Accounts')
  await page.getByText(INERT).first().waitFor({ state: 'attached' })
  await gateway.write(text)
})

here.test('a hostile address is an address', async (page) => {
  for (const view of ['requests', 'models', 'logs', 'accounts']) {
    await page.goto(`/management.html#${view}/${encodeURIComponent(HOSTILE)}`)
    await page.reload()
    await live(page)
    await inert(page, view)
    if (view === 'models') await shown(page)
  }
}, { expects: [/status of 40[04]/] })

here.test('a configuration may hold what it likes', async (page, { gateway }) => {
  const text = await gateway.read()
  await gateway.write(`${text}\n# ${HOSTILE}\n`)
  await go(page, 'Config')
  const editor = page.getByRole('textbox', { name: 'Configuration file' })
  await editor.and(page.locator(':enabled')).waitFor()
  assert.ok((await editor.inputValue()).includes(HOSTILE), 'what is edited stays as it is')
  await editor.fill(`${text}\n# ${HOSTILE} ${HOSTILE}\n`)
  await page.getByRole('button', { name: 'Review changes' }).click()
  await page.getByRole('dialog').getByText(INERT).first().waitFor()
  const made = await page.evaluate(() => document.querySelectorAll('img, body script').length)
  assert.equal(made, 0)
  await page.keyboard.press('Escape')
  await gateway.write(text)
  await page.getByRole('button', { name: 'Discard changes…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Discard' }).click()
})
