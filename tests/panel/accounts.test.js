// Accounts: a login to its end, and what can be done with the account afterwards.

import assert from 'node:assert/strict'

import { eventually, go, scene } from './harness.js'

const here = scene()

const card = (page, name) => page.getByRole('article', { name })
const window = (page) => page.getByRole('dialog', { name: 'Log in to an account' })

async function begin(page, provider, label) {
  await go(page, 'Accounts')
  await page.getByRole('main').getByRole('button', { name: 'Log in', exact: true }).click()
  await window(page).getByLabel('Provider').selectOption({ label: provider })
  await window(page).getByLabel('Label').fill(label)
  await window(page).getByRole('button', { name: 'Go on' }).click()
  const agree = window(page).getByRole('button', { name: 'I have read this and go on' })
  await agree.or(window(page).getByText(/^Waiting for/)).first().waitFor()
  if (await agree.isVisible()) await agree.click()
}

here.test('every account says how it is', async (page) => {
  await go(page, 'Accounts')
  await card(page, /scripted/).getByText('ready', { exact: true }).waitFor()
  await page.getByText('1 accounts, 1 ready').waitFor()
})

here.test('a login with a code shows where to type it, ends by itself, and gives an account', async (page, { upstream, gateway }) => {
  await begin(page, 'Kimi', 'work')
  await window(page).getByText('AB-CD', { exact: true }).waitFor()
  const way = window(page).getByRole('link', { name: 'Open the page of the provider' })
  assert.equal(await way.getAttribute('href'), 'https://login.example/device?code=AB-CD')
  assert.equal(await way.getAttribute('rel'), 'noopener noreferrer')
  upstream.decide('approved')
  await window(page).getByText('Logged in to Kimi').waitFor()
  await window(page).getByText('kimi-work').first().waitFor()
  await window(page).getByRole('button', { name: 'Close' }).last().click()
  await card(page, /kimi-work/).getByText('ready', { exact: true }).waitFor()
  const { accounts } = await gateway.manage('GET', 'accounts')
  assert.equal(accounts.find((account) => account.provider === 'kimi').state, 'ready')
  assert.ok(!(await page.content()).includes('access-0'), 'no token is on the page')
})

here.test('an account is disabled and enabled', async (page, { gateway }) => {
  await go(page, 'Accounts')
  const account = card(page, /kimi-work/)
  const state = async () => (await gateway.manage('GET', 'accounts')).accounts.find(({ provider }) => provider === 'kimi').state
  await account.getByRole('button', { name: 'Disable' }).focus()
  await page.keyboard.press('Enter')
  await account.getByText('disabled', { exact: true }).waitFor()
  assert.equal(await state(), 'disabled')
  const enable = account.getByRole('button', { name: 'Enable' })
  await enable.waitFor()
  assert.ok(await enable.evaluate((node) => node === document.activeElement), 'the focus stays')
  await page.keyboard.press('Enter')
  await account.getByText('ready', { exact: true }).waitFor()
  assert.equal(await state(), 'ready')
})

here.test('what others do with an account is seen without a reload', async (page, { gateway }) => {
  await go(page, 'Accounts')
  const id = await card(page, /kimi-work/).getAttribute('aria-label')
  await gateway.manage('POST', `accounts/${encodeURIComponent(id)}/disable`)
  await card(page, /kimi-work/).getByText('disabled', { exact: true }).waitFor()
  await gateway.manage('POST', `accounts/${encodeURIComponent(id)}/enable`)
  await card(page, /kimi-work/).getByText('ready', { exact: true }).waitFor()
})

here.test('an account is removed only by who is sure', async (page) => {
  await go(page, 'Accounts')
  await card(page, /kimi-work/).getByRole('button', { name: 'Remove…' }).click()
  const sure = page.getByRole('dialog', { name: 'Remove an account' })
  await sure.getByRole('button', { name: 'Cancel' }).click()
  await sure.waitFor({ state: 'detached' })
  await card(page, /kimi-work/).getByRole('button', { name: 'Remove…' }).click()
  await sure.getByRole('button', { name: 'Remove', exact: true }).click()
  await card(page, /kimi-work/).waitFor({ state: 'detached' })
})

here.test('a login that is refused says why, and can be tried again', async (page, { upstream }) => {
  upstream.decide('pending')
  await begin(page, 'Kimi', 'work')
  await window(page).getByText('AB-CD', { exact: true }).waitFor()
  upstream.decide('access_denied')
  await window(page).getByRole('alert').waitFor()
  await window(page).getByRole('button', { name: 'Try again' }).click()
  assert.equal(await window(page).getByLabel('Provider').inputValue(), 'kimi')
})

here.test('a login whose window is closed is called off', async (page, { upstream, gateway }) => {
  upstream.decide('pending')
  const begun = page.waitForResponse((response) => response.url().includes('kimi-auth-url'))
  await begin(page, 'Kimi', 'late')
  const { state } = await (await begun).json()
  await window(page).getByText('AB-CD', { exact: true }).waitFor()
  await page.keyboard.press('Escape')
  await eventually(async () => (await gateway.manage('GET', `get-auth-status?state=${state}`)).status === 'error', 'nobody waits for it any more')
})

here.test('a login in the browser ends with the address that is pasted', async (page) => {
  await begin(page, 'Claude', 'mine')
  const way = window(page).getByRole('link', { name: 'Open the page of the provider' })
  const asked = new URL(await way.getAttribute('href')).searchParams
  const field = window(page).getByLabel('Address the browser ended on')
  await field.fill(`${asked.get('redirect_uri')}?code=code-1&state=not-the-state`)
  await window(page).getByRole('button', { name: 'Send the address' }).click()
  await window(page).getByRole('alert').waitFor()
  await field.fill(`${asked.get('redirect_uri')}?code=code-1&state=${asked.get('state')}`)
  await window(page).getByRole('button', { name: 'Send the address' }).click()
  await window(page).getByText('Logged in to Claude').waitFor()
  await window(page).getByRole('button', { name: 'Close' }).last().click()
  await card(page, /claude-ada@example.com/).getByText('ready', { exact: true }).waitFor()
}, { expects: [/status of 404/] })

here.test('a file of an account is taken, and one that is none is refused', async (page) => {
  await go(page, 'Accounts')
  const input = page.locator('input[type=file]')
  const file = (name, text) => ({ name, mimeType: 'application/json', buffer: Buffer.from(text) })
  await input.setInputFiles([
    file('kimi-up.json', JSON.stringify({ type: 'kimi', access_token: 'access-1', refresh_token: 'refresh-1', expired: '2099-01-01T00:00:00Z' })),
    file('broken.json', 'no account'),
  ])
  await card(page, /kimi-up/).getByText('ready', { exact: true }).waitFor()
  await page.getByRole('status').filter({ hasText: 'kimi-up.json is in use.' }).waitFor()
  await page.locator('.toast.bad').waitFor()
  assert.equal(await card(page, /broken/).count(), 0)
}, { expects: [/status of 400/] })
