// Requests as they come, and why each went as it did.

import assert from 'node:assert/strict'

import { CLIENT_KEY } from './gateway.js'
import { eventually, go, live, scene, tabTo } from './harness.js'

const here = scene()

const table = (page) => page.getByRole('main').getByRole('table', { name: 'Requests', exact: true })
const rows = (page) => table(page).getByRole('row').filter({ has: page.getByRole('cell') })
const why = (page) => page.getByRole('dialog', { name: 'Request' })
const focused = (locator) => locator.evaluate((node) => node === document.activeElement)

here.test('a request is seen on the overview while it is answered, and counted when it is over', async (page, { gateway, upstream }) => {
  const under = page.getByRole('heading', { name: /^Being answered: / })
  await page.getByText('Nothing is being answered right now.').waitFor()
  const asked = gateway.ask('slow', { stream: true })
  await under.filter({ hasText: 'Being answered: 1' }).waitFor()
  const row = page.getByRole('table', { name: 'Requests being answered' }).getByRole('row').filter({ hasText: 'slow' })
  await row.filter({ hasText: 'laptop' }).filter({ hasText: 'scripted' }).waitFor()
  upstream.release()
  assert.equal((await asked).status, 200)
  await under.filter({ hasText: 'Being answered: 0' }).waitFor()
})

here.test('a request appears in the list without a reload, and changes as it ends', async (page, { gateway, upstream }) => {
  await go(page, 'Requests')
  const loads = []
  page.on('framenavigated', (frame) => loads.push(frame.url()))
  const asked = gateway.ask('slow', { stream: true })
  const row = rows(page).first().filter({ hasText: 'slow' })
  await row.getByText('answers', { exact: true }).waitFor()
  upstream.release()
  await asked
  await row.filter({ hasText: '200' }).filter({ hasText: '1200' }).filter({ hasText: '80' }).waitFor()
  assert.deepEqual(loads, [])
})

here.test('the latest stands first, and failures say so', async (page, { gateway }) => {
  await go(page, 'Requests')
  await gateway.ask('swift')
  const bad = await gateway.ask('broken')
  assert.equal(bad.status, 500)
  await rows(page).first().filter({ hasText: 'broken' }).filter({ hasText: '500' }).waitFor()
  await gateway.ask('nobody-serves-this')
  await rows(page).first().filter({ hasText: 'nobody-serves-this' }).filter({ hasText: '404' }).waitFor()
  await page.getByLabel('Failed only').check()
  await eventually(async () => (await rows(page).filter({ hasText: '200' }).count()) === 0, 'only failures are listed')
  assert.ok((await rows(page).count()) >= 2)
  await page.getByLabel('Failed only').uncheck()
})

here.test('the filter finds by several words, and says how many there are', async (page, { gateway }) => {
  await gateway.ask('swift')
  await gateway.ask('gpt-5.5')
  await go(page, 'Requests')
  await rows(page).filter({ hasText: 'gpt-5.5' }).first().waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('LAPTOP gpt')
  await eventually(async () => (await rows(page).filter({ hasText: 'swift' }).count()) === 0, 'others are left out')
  assert.ok((await rows(page).filter({ hasText: 'gpt-5.5' }).count()) > 0)
  await page.getByRole('searchbox').fill('no such thing')
  await page.getByText(/: 0 of \d+ requests/).waitFor()
  await page.getByRole('searchbox').fill('')
})

here.test('why a request went as it did opens by a click', async (page, { gateway }) => {
  const { id } = await gateway.ask('claude-sonnet-4-5')
  await go(page, 'Requests')
  const row = rows(page).first().filter({ hasText: 'claude-sonnet-4-5' })
  await row.getByRole('cell').filter({ hasText: 'claude-sonnet-4-5' }).click()
  const told = why(page)
  for (const text of [id, 'laptop', '1,200', 'exact', 'chat']) await told.getByText(text).first().waitFor()
  const candidates = told.getByRole('table', { name: 'Candidates' })
  await candidates.getByRole('row').filter({ hasText: 'scripted' }).filter({ hasText: 'tried' }).waitFor()
  await page.waitForURL(`**/*#requests/${id}`)
  assert.ok(!(await told.innerText()).includes(CLIENT_KEY))
  await told.getByRole('button', { name: 'Close' }).click()
  await told.waitFor({ state: 'detached' })
  await page.waitForURL('**/*#requests')
})

here.test('and by the keyboard, which is where it was afterwards', async (page, { gateway }) => {
  await gateway.ask('broken')
  await go(page, 'Requests')
  const opener = rows(page).first().filter({ hasText: 'broken' }).getByRole('button')
  await opener.waitFor()
  await tabTo(page, opener)
  await page.keyboard.press('Enter')
  await why(page).getByRole('table', { name: 'Attempts' }).getByRole('row').filter({ hasText: '500' }).waitFor()
  await page.keyboard.press('Escape')
  await why(page).waitFor({ state: 'detached' })
  assert.ok(await focused(opener))
})

here.test('what has the focus keeps it while requests come', async (page, { gateway }) => {
  const { id } = await gateway.ask('swift')
  await go(page, 'Requests')
  const opener = rows(page).first().getByRole('button')
  await opener.focus()
  const held = await opener.elementHandle()
  await gateway.ask('gpt-5.5')
  await rows(page).first().filter({ hasText: 'gpt-5.5' }).waitFor()
  assert.ok(await held.evaluate((node) => node === document.activeElement))
  await page.keyboard.press('Enter')
  await why(page).getByText(id).first().waitFor()
})

here.test('an address leads to a request, also after a reload, and an unknown one is told', async (page, { gateway }) => {
  const { id } = await gateway.ask('swift')
  await page.goto(`/management.html#requests/${id}`)
  await why(page).getByText(id).first().waitFor()
  await page.reload()
  await live(page)
  await why(page).getByText('swift').first().waitFor()
  await page.goto('/management.html#requests/0000')
  await why(page).getByRole('alert').waitFor()
}, { expects: [/status of 404/] })

here.test('a list that is held stands still, and tells how many wait', async (page, { gateway }) => {
  await gateway.ask('swift')
  await go(page, 'Requests')
  await rows(page).first().waitFor()
  await page.getByRole('button', { name: 'Pause' }).click()
  const first = await rows(page).first().innerText()
  await gateway.ask('gpt-5.5')
  await page.getByRole('button', { name: /^Go on \(1 new\)$/ }).click()
  await rows(page).first().filter({ hasText: 'gpt-5.5' }).waitFor()
  assert.notEqual(await rows(page).first().innerText(), first)
})
