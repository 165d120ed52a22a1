// The log, as it is written, and with a filter.

import assert from 'node:assert/strict'

import { eventually, go, scene } from './harness.js'

const here = scene()

const lines = (page) => page.getByRole('list', { name: 'Lines of the log' }).getByRole('listitem')

here.test('lines come as they are written', async (page, { gateway }) => {
  await go(page, 'Logs')
  await lines(page).first().waitFor()
  const { id } = await gateway.ask('broken')
  await lines(page).filter({ hasText: 'went wrong' }).filter({ hasText: id.slice(-8) }).first().waitFor()
})

here.test('they are chosen by level, by words and by request', async (page, { gateway }) => {
  const { id } = await gateway.ask('broken')
  await gateway.ask('broken')
  await go(page, 'Logs')
  await lines(page).filter({ hasText: /info/ }).first().waitFor()
  await page.getByLabel('Level').selectOption('warn')
  await eventually(async () => (await lines(page).filter({ hasText: 'info' }).count()) === 0, 'only graver ones are left')
  assert.ok((await lines(page).count()) > 0)
  await page.getByLabel('Level').selectOption('')
  await page.getByLabel('Filter lines by a text').fill('went wrong')
  await eventually(async () => (await lines(page).count()) > 0 && (await lines(page).filter({ hasNotText: 'went wrong' }).count()) === 0, 'only lines with the words are left')
  await page.getByLabel('Filter lines by a text').fill('')
  await lines(page).filter({ hasText: id.slice(-8) }).getByRole('link', { name: `Only lines of request ${id}` }).first().click()
  await page.getByText('Only what is about the request').waitFor()
  await eventually(async () => (await lines(page).count()) > 0 && (await lines(page).filter({ hasNotText: id.slice(-8) }).count()) === 0, 'only its lines are left')
  await page.getByRole('link', { name: 'See the request' }).click()
  await page.getByRole('dialog', { name: 'Request' }).getByText(id).first().waitFor()
})

here.test('a log that is held stands still', async (page, { gateway }) => {
  await go(page, 'Logs')
  await lines(page).first().waitFor()
  await page.getByRole('button', { name: 'Pause' }).click()
  const { id } = await gateway.ask('broken')
  await page.getByText(/paused, [1-9]\d* more/).waitFor()
  assert.equal(await lines(page).filter({ hasText: id.slice(-8) }).count(), 0)
  await page.getByRole('button', { name: 'Go on' }).click()
  await lines(page).filter({ hasText: id.slice(-8) }).first().waitFor()
})

here.test('the own log of a request that failed can be taken along', async (page, { gateway }) => {
  const { id } = await gateway.ask('broken')
  await go(page, 'Logs')
  const row = page.getByRole('table', { name: 'Logs of failed requests' }).getByRole('row').filter({ hasText: id })
  await eventually(async () => {
    await page.getByRole('button', { name: 'Look again' }).click()
    return row.count()
  }, 'its file is listed')
  const [file] = await Promise.all([page.waitForEvent('download'), row.getByRole('button', { name: /^Download/ }).click()])
  assert.ok(file.suggestedFilename().includes(id))
})

here.test('where no file is written the page says how to have one', async (page, { gateway }) => {
  const before = await gateway.read()
  await gateway.manage('PUT', 'logging-to-file', { value: false })
  await go(page, 'Logs')
  await page.getByRole('button', { name: 'Write the log to files' }).click()
  await page.getByText('The log is written to files from now on.').waitFor()
  assert.equal(await gateway.read(), before)
}, { expects: [/status of 400/] })
