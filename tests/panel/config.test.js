// The configuration, edited in the page: mistakes, differences, and nothing of others' lost.

import assert from 'node:assert/strict'

import { COMMENT } from './gateway.js'
import { eventually, go, scene } from './harness.js'

const here = scene()

const editor = (page) => page.getByRole('textbox', { name: 'Configuration file' })
const review = (page) => page.getByRole('button', { name: 'Review changes' })
const differences = (page) => page.getByRole('dialog', { name: 'Review changes' })

/** Opens the file, and waits for it. */
async function open(page) {
  await go(page, 'Config')
  await page.getByText('As it is in the file.').waitFor()
  return editor(page).inputValue()
}

const MEANWHILE = 'The file was changed by somebody else meanwhile. Your text is still here, and not saved.'

const lineOf = (text, part) => text.slice(0, text.indexOf(part)).split('\n').length

here.test('a mistake is told at its line, and nothing is saved', async (page, { gateway }) => {
  const before = await open(page)
  assert.equal(before, await gateway.read())
  const wrong = before.replace('request-retry: 0', 'request-retry: often')
  await editor(page).fill(wrong)
  await review(page).click()
  const line = lineOf(wrong, 'request-retry')
  const told = page.getByRole('alert').filter({ hasText: 'A mistake' })
  await told.getByText('request-retry').first().waitFor()
  await told.getByRole('button', { name: new RegExp(`^line ${line}, column \\d+$`) }).click()
  const [at, focused] = await editor(page).evaluate((node) => [node.selectionStart, node === document.activeElement])
  assert.ok(focused)
  assert.equal(wrong.slice(0, at).split('\n').length, line)
  assert.equal(await differences(page).count(), 0)
  assert.equal(await gateway.read(), before)
  await page.getByRole('button', { name: 'Discard changes…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Discard' }).click()
  await page.getByText('As it is in the file.').waitFor()
  assert.equal(await told.count(), 0)
}, { expects: [/status of 422/] })

here.test('a change is looked over, saved, counts at once, and keeps what it does not touch', async (page, { gateway }) => {
  const before = await open(page)
  const after = before.replace('request-retry: 0', 'request-retry: 2')
  await editor(page).fill(after)
  await review(page).click()
  await differences(page).getByText('1 lines added, 1 removed.').waitFor()
  await differences(page).getByText('removed: request-retry: 0      # none').waitFor()
  await differences(page).getByText('added: request-retry: 2      # none').waitFor()
  assert.equal(await gateway.read(), before, 'nothing is saved before it is said')
  await differences(page).getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved, and in use.').waitFor()
  assert.equal(await gateway.read(), after)
  assert.ok(after.startsWith(COMMENT))
  assert.equal((await gateway.manage('GET', 'request-retry'))['request-retry'], 2)
  await page.getByText('As it is in the file.').waitFor()
})

here.test('a text can be checked without being saved', async (page, { gateway }) => {
  const before = await open(page)
  await editor(page).fill(`${before}debug: true\n`)
  await page.getByRole('button', { name: 'Check', exact: true }).click()
  await page.getByText('It can be used.').waitFor()
  assert.equal(await gateway.read(), before)
  await editor(page).fill(before)
})

here.test('who writes while others change the file is told, and loses nothing', async (page, { gateway }) => {
  const before = await open(page)
  const mine = before.replace(/request-retry: \d/, 'request-retry: 3')
  const theirs = `${before}debug: true   # theirs\n`
  await editor(page).fill(mine)
  await gateway.write(theirs)
  await page.getByText(MEANWHILE).waitFor()
  assert.equal(await editor(page).inputValue(), mine)
  assert.equal(await gateway.read(), theirs)

  await page.getByRole('button', { name: 'Keep my text, compare again' }).click()
  await page.getByText('Your text is compared with the file as it is now').waitFor()
  await review(page).click()
  await differences(page).getByText('removed: debug: true   # theirs').waitFor()
  await differences(page).getByRole('button', { name: 'Go on editing' }).click()
  await editor(page).fill(theirs.replace(/request-retry: \d/, 'request-retry: 3'))
  await review(page).click()
  await differences(page).getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved, and in use.').waitFor()
  const now = await gateway.read()
  assert.ok(now.includes('request-retry: 3') && now.includes('# theirs'), now)
})

here.test('what was changed between the look and the saving is not written over', async (page, { gateway }) => {
  // Nobody tells this page of changes: the saving itself must be refused.
  await page.route('**/v0/management/events*', (route) => route.abort())
  await page.reload()
  const before = await open(page)
  await editor(page).fill(before.replace(/request-retry: \d/, 'request-retry: 4'))
  await review(page).click()
  await differences(page).getByRole('button', { name: 'Save' }).waitFor()
  const theirs = `${before}# theirs too\n`
  await gateway.write(theirs)
  await differences(page).getByRole('button', { name: 'Save' }).click()
  await page.getByText(MEANWHILE).waitFor()
  assert.equal(await gateway.read(), theirs)
  assert.ok((await editor(page).inputValue()).includes('request-retry: 4'))
  await page.getByRole('button', { name: 'Load the file as it is now' }).click()
  await eventually(async () => (await editor(page).inputValue()) === theirs, 'the file is shown as it is')
  await page.getByRole('button', { name: 'Put my text back' }).click()
  assert.ok((await editor(page).inputValue()).includes('request-retry: 4'))
}, { expects: [/status of 412/, /net::ERR/] })

here.test('what is not saved is not left by accident', async (page, { gateway }) => {
  const before = await open(page)
  await editor(page).fill(`${before}# not saved\n`)
  const sure = page.getByRole('dialog', { name: 'Leave without saving?' })
  await page.getByRole('link', { name: 'Usage' }).click()
  await sure.getByRole('button', { name: 'Cancel' }).click()
  await sure.waitFor({ state: 'detached' })
  assert.ok((await editor(page).inputValue()).endsWith('# not saved\n'))
  await page.getByRole('button', { name: 'Log out' }).click()
  await sure.getByRole('button', { name: 'Cancel' }).click()
  assert.ok((await editor(page).inputValue()).endsWith('# not saved\n'))
  await page.getByRole('link', { name: 'Usage' }).click()
  await sure.getByRole('button', { name: 'Leave' }).click()
  await page.getByRole('heading', { level: 1, name: 'Usage' }).waitFor()
  assert.equal(await gateway.read(), before)
})

here.test('a setting of the form is one change in the file', async (page, { gateway }) => {
  const before = await open(page)
  await page.getByLabel('request-log', { exact: true }).check()
  await page.getByText('request-log: saved.').waitFor()
  const after = await gateway.read()
  assert.ok(after.includes('request-log: true') && after.startsWith(COMMENT))
  await eventually(async () => (await editor(page).inputValue()) === after, 'the editor has it too')
  await page.getByLabel('max-retry-credentials', { exact: true }).fill('2')
  await page.getByRole('button', { name: 'Save max-retry-credentials' }).click()
  await page.getByText('max-retry-credentials: saved.').waitFor()
  assert.ok((await gateway.read()).includes('max-retry-credentials: 2'))
  assert.ok(before.split('\n').every((line) => after.includes(line)))
})

here.test('the editor is left with Esc and Tab, and saved from with Ctrl+S', async (page) => {
  const before = await open(page)
  await editor(page).focus()
  await page.keyboard.press('Control+End')
  await page.keyboard.type('# mine')
  await page.keyboard.press('Control+s')
  await differences(page).getByText('added: # mine').waitFor()
  await page.keyboard.press('Escape')
  await differences(page).waitFor({ state: 'detached' })
  await editor(page).focus()
  await page.keyboard.press('Tab')
  assert.ok((await editor(page).inputValue()).endsWith('# mine  '))
  await page.keyboard.press('Escape')
  await page.keyboard.press('Tab')
  assert.ok(!(await editor(page).evaluate((node) => node === document.activeElement)))
  await editor(page).fill(before)
})

here.test('a file that others broke is told of on every view', async (page, { gateway }) => {
  const before = await open(page)
  await gateway.write(before.replace(/request-retry: \d/, 'request-retry: never'))
  await page.getByText('The file cannot be used').waitFor()
  await go(page, 'Overview')
  await page.getByText('the configuration file could not be used; what was in use stays').waitFor()
  await gateway.write(before.replace(/request-retry: \d/, 'request-retry: 1'))
  await page.getByText('the configuration file could not be used').waitFor({ state: 'detached' })
})
