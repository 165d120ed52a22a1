// Client keys: made and shown once, rotated, revoked.

import assert from 'node:assert/strict'

import { eventually, go, scene } from './harness.js'

const here = scene()

const fresh = (page) => page.getByRole('dialog', { name: 'A new client key' })
const row = (page, name) => page.getByRole('table', { name: 'Client keys' }).getByRole('row').filter({ hasText: name })

/** Reads the key that is shown, and closes its window. */
async function read(page) {
  const key = await fresh(page).getByText(/^mg-\w+$/).innerText()
  await fresh(page).getByRole('button', { name: 'Close' }).last().click()
  await fresh(page).waitFor({ state: 'detached' })
  return key
}

async function make(page, name, models = '') {
  await page.getByRole('button', { name: 'New key' }).click()
  const form = page.getByRole('dialog', { name: 'New client key' })
  await form.getByLabel('Name').fill(name)
  await form.getByLabel('Models').fill(models)
  await form.getByLabel('Models').press('Enter')
}

here.test('a key is made, shown once, used, rotated and revoked', async (page, { gateway }) => {
  await go(page, 'Keys')
  await row(page, 'laptop').waitFor()
  await make(page, 'ci')
  const key = await read(page)
  assert.equal((await gateway.ask('swift', { key })).status, 200)
  await row(page, 'ci').waitFor()
  assert.ok(!(await page.content()).includes(key), 'it is shown no more')
  const stored = await page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }]))
  assert.ok(!stored.includes(key))

  await row(page, 'ci').getByRole('button', { name: /^Rotate/ }).click()
  await page.getByRole('dialog', { name: 'Rotate a key' }).getByRole('button', { name: 'Rotate', exact: true }).click()
  const next = await read(page)
  assert.notEqual(next, key)
  assert.equal((await gateway.ask('swift', { key })).status, 401)
  assert.equal((await gateway.ask('swift', { key: next })).status, 200)

  await row(page, 'ci').getByRole('button', { name: /^Revoke/ }).click()
  await page.getByRole('dialog', { name: 'Revoke a key' }).getByRole('button', { name: 'Revoke', exact: true }).click()
  await row(page, 'ci').waitFor({ state: 'detached' })
  assert.equal((await gateway.ask('swift', { key: next })).status, 401)
  await row(page, 'laptop').waitFor()
})

here.test('a key serves the models that it is for', async (page, { gateway }) => {
  await go(page, 'Keys')
  await make(page, 'narrow', 'claude-*, gpt-*')
  const key = await read(page)
  assert.equal((await gateway.ask('gpt-5.5', { key })).status, 200)
  assert.equal((await gateway.ask('swift', { key })).status, 403)
  await row(page, 'narrow').filter({ hasText: 'claude-*, gpt-*' }).waitFor()
})

here.test('what a key may do is changed, and it can be disabled', async (page, { gateway }) => {
  const { key } = await gateway.manage('POST', 'keys', { name: 'eve', models: ['gpt-*'], expires: '2099-01-01' })
  await go(page, 'Keys')
  const form = page.getByRole('dialog', { name: 'Change a client key' })
  const open = () => row(page, 'eve').getByRole('button', { name: /^Change/ }).click()
  const change = () => form.getByRole('button', { name: 'Change it' }).click()
  await open()
  assert.equal(await form.getByLabel('Models').inputValue(), 'gpt-*')
  await form.getByLabel('Models').fill('')
  await change()
  await form.waitFor({ state: 'detached' })
  assert.equal((await gateway.ask('swift', { key })).status, 200)
  const { keys } = await gateway.manage('GET', 'keys')
  const said = keys.find(({ name }) => name === 'eve')
  assert.equal(said.expires, '2099-01-01T00:00:00Z', 'what was not touched stays')
  await row(page, 'eve').filter({ hasText: 'all' }).waitFor()
  await open()
  await form.getByLabel(/Refuse whoever/).check()
  await change()
  await row(page, 'eve').filter({ hasText: 'disabled' }).waitFor()
  assert.equal((await gateway.ask('swift', { key })).status, 401)
})

here.test('who only looks revokes nothing', async (page, { gateway }) => {
  await go(page, 'Keys')
  await row(page, 'laptop').getByRole('button', { name: /^Revoke/ }).click()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  assert.equal((await gateway.ask('swift')).status, 200)
})

here.test('what was used with a key stands beside it', async (page, { gateway }) => {
  const { key } = await gateway.manage('POST', 'keys', { name: 'busy' })
  for (let time = 0; time < 3; time += 1) await gateway.ask('claude-sonnet-4-5', { key })
  await go(page, 'Keys')
  const cells = () => row(page, 'busy').getByRole('cell').allInnerTexts()
  await eventually(async () => (await cells()).includes('3'), 'three requests are told')
  assert.ok((await cells()).some((cell) => /^\$0\.\d+/.test(cell)), `${await cells()}`)
})

here.test('a name that is taken is refused with its reason, and the form stays', async (page) => {
  await go(page, 'Keys')
  await make(page, 'laptop')
  await page.getByRole('dialog', { name: 'New client key' }).getByRole('alert').filter({ hasText: 'laptop' }).waitFor()
  await page.keyboard.press('Escape')
}, { expects: [/status of 4\d\d/] })

here.test('a key that another one made is seen', async (page, { gateway }) => {
  await go(page, 'Keys')
  await row(page, 'laptop').waitFor()
  await gateway.manage('POST', 'keys', { name: 'from elsewhere' })
  await row(page, 'from elsewhere').waitFor()
})
