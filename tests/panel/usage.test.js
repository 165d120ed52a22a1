// What was used and what it cost, as charts, tables and files.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'

import { go, scene } from './harness.js'

const here = scene()
const FORMULAS = ['=HYPERLINK("http://x.example")', '+1+2', '@SUM(A1)', '-2', '\t=1']

const choose = (page, name) => page.getByRole('combobox', { name })
const sums = (page) => page.getByRole('table', { name: 'Usage' })

/** What a button gives to download. */
async function download(page, name) {
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name, exact: true }).click()])
  return { name: file.suggestedFilename(), text: await readFile(await file.path(), 'utf8') }
}

/** The cells of a CSV. */
function cells(text) {
  return text.trim().split('\r\n').map((line) => [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare))
}

here.test('charts and sums tell what was used', async (page, { gateway }) => {
  for (const model of ['claude-sonnet-4-5', 'claude-sonnet-4-5', 'gpt-5.5', 'swift', 'broken']) await gateway.ask(model)
  await go(page, 'Usage')
  const row = sums(page).getByRole('row').filter({ hasText: 'claude-sonnet-4-5' })
  await row.waitFor()
  assert.match(await row.innerText(), /\b2\b/)
  assert.match(await row.innerText(), /\$0\.\d+/)
  const chart = page.getByRole('img').first()
  await chart.waitFor()
  assert.ok((await chart.getAttribute('aria-label')).length > 3)
  assert.ok((await chart.boundingBox()).height > 100)
  for (const measure of ['Tokens', 'Requests', 'Cost']) {
    await choose(page, 'Show').selectOption({ label: measure })
    await page.getByRole('img', { name: new RegExp(measure, 'i') }).first().waitFor()
  }
})

here.test('the sums stand in a table by whatever one wants', async (page, { gateway }) => {
  await gateway.ask('swift')
  await go(page, 'Usage')
  const expected = { Model: 'swift', Key: 'laptop', Provider: 'scripted', Account: 'scripted', Day: new Date().toLocaleDateString('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'short' }) }
  for (const [by, name] of Object.entries(expected)) {
    await choose(page, 'By').selectOption({ label: by })
    await sums(page).getByRole('row').filter({ hasText: name }).first().waitFor()
  }
})

here.test('what was used leaves as JSON and comes back', async (page, { gateway }) => {
  await gateway.ask('swift')
  await go(page, 'Usage')
  await sums(page).waitFor()
  const { text } = await download(page, 'Export')
  const exported = JSON.parse(text)
  assert.ok(JSON.stringify(exported).includes('swift'))
  await page.getByRole('button', { name: 'Import …' }).click()
  const window = page.getByRole('dialog')
  await window.locator('input[type=file]').setInputFiles({ name: 'usage.json', mimeType: 'application/json', buffer: Buffer.from(text) })
  await window.getByRole('button', { name: 'Import', exact: true }).click()
  await window.getByText(/^0 requests were added, [1-9]\d* were known/).waitFor()
  const other = text.replaceAll('"swift"', '"from elsewhere"').replace(/"request_id":\s*"\w/g, '$&f')
  await window.locator('input[type=file]').setInputFiles({ name: 'usage.json', mimeType: 'application/json', buffer: Buffer.from(other) })
  await window.getByRole('button', { name: 'Import', exact: true }).click()
  await window.getByText(/^[1-9]\d* requests were added/).waitFor()
  await page.keyboard.press('Escape')
  await sums(page).getByRole('row').filter({ hasText: 'from elsewhere' }).waitFor()
  await page.getByRole('button', { name: 'Import …' }).click()
  await window.locator('input[type=file]').setInputFiles({ name: 'x.json', mimeType: 'application/json', buffer: Buffer.from('nonsense') })
  await window.getByRole('button', { name: 'Import', exact: true }).click()
  await window.getByRole('alert').waitFor()
}, { expects: [/status of 400/] })

here.test('no cell of the CSV is a formula', async (page, { gateway }) => {
  for (const name of FORMULAS) await gateway.ask(name)
  await go(page, 'Usage')
  await choose(page, 'By').selectOption({ label: 'Model' })
  await sums(page).getByRole('row').filter({ hasText: FORMULAS[0] }).waitFor()
  const { name, text } = await download(page, 'CSV')
  assert.match(name, /\.csv$/)
  const table = cells(text)
  assert.ok(table[0].includes('requests'))
  assert.ok(table.every((row) => row.length === table[0].length))
  for (const formula of FORMULAS.slice(0, 4)) assert.ok(table.some(([first]) => first === `'${formula}`), `${formula}: ${text}`)
  const starts = table.flatMap((row) => row.slice(0, 2)).filter((cell) => /^[=+\-@\t\r]/.test(cell))
  assert.deepEqual(starts, [])
})
