// Who gets in, what is seen before, and what stays behind.

import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import { test } from 'node:test'

import { CLIENT_KEY, Gateway, MANAGEMENT_KEY } from './gateway.js'
import { live, scene } from './harness.js'

const here = scene()
const REFUSED = /status of 401/

const stores = (page) => page.evaluate(() => ({ session: { ...sessionStorage }, local: { ...localStorage } }))

here.test('before the login there is the name and the field', async (page, { gateway }) => {
  await page.goto('/management.html')
  assert.equal(await page.title(), 'modelgate')
  await page.getByRole('heading', { level: 1, name: 'modelgate', exact: true }).waitFor()
  assert.equal(await page.getByRole('textbox').count(), 1)
  assert.equal(await page.getByRole('link').count(), 0)
  assert.equal(await page.getByLabel('Management key').getAttribute('type'), 'password')
  assert.ok(await page.getByLabel('Management key').evaluate((node) => node === document.activeElement))
  const text = await page.locator('body').innerText()
  for (const word of ['laptop', 'scripted', 'claude', CLIENT_KEY, new URL(gateway.url).port]) assert.ok(!text.includes(word), word)
}, { out: true })

here.test('before the login nothing is asked of the management API', async (page) => {
  const asked = []
  page.on('request', (request) => asked.push(new URL(request.url()).pathname))
  await page.goto('/management.html#config', { waitUntil: 'networkidle' })
  assert.deepEqual(asked.filter((path) => path.startsWith('/v0/')), [])
}, { out: true })

here.test('a wrong key is told, and the right one opens after many', async (page) => {
  await page.goto('/management.html')
  const field = page.getByLabel('Management key')
  for (let tries = 0; tries < 7; tries += 1) {
    await field.fill(`wrong-${tries}`)
    await field.press('Enter')
    await page.getByRole('alert').filter({ hasText: tries < 5 ? 'invalid management key' : 'too many failed attempts' }).waitFor()
  }
  assert.deepEqual((await stores(page)).session, {})
  await field.fill(MANAGEMENT_KEY)
  await field.press('Enter')
  await live(page)
}, { out: true, expects: [REFUSED, /status of 403/] })

here.test('what no header can carry is no key, and nobody is asked', async (page) => {
  await page.goto('/management.html')
  await page.getByLabel('Management key').fill('schlüssel-鍵')
  await page.getByRole('button', { name: 'Open' }).click()
  await page.getByRole('alert').filter({ hasText: 'No management key looks like this' }).waitFor()
}, { out: true })

here.test('the key of a client does not open', async (page) => {
  await page.goto('/management.html')
  await page.getByLabel('Management key').fill(CLIENT_KEY)
  await page.getByRole('button', { name: 'Open' }).click()
  await page.getByRole('alert').waitFor()
  assert.deepEqual((await stores(page)).session, {})
}, { out: true, expects: [REFUSED, /status of 403/] })

here.test('the key stays in the tab: a reload has it, another tab and the disk have not', async (page) => {
  await page.reload()
  await live(page)
  assert.deepEqual(Object.values((await stores(page)).session), [MANAGEMENT_KEY])
  assert.deepEqual((await stores(page)).local, {})
  const other = await page.context().newPage()
  await other.goto('/management.html')
  await other.getByLabel('Management key').waitFor()
  assert.deepEqual(await page.context().cookies(), [])
})

here.test('the key is in no address', async (page) => {
  const addresses = []
  page.on('request', (request) => addresses.push(request.url()))
  await page.getByRole('link', { name: 'Usage' }).click()
  await page.getByRole('link', { name: 'Config' }).click()
  await page.reload()
  await live(page)
  assert.ok(addresses.length > 5)
  assert.deepEqual(addresses.filter((address) => address.includes(MANAGEMENT_KEY)), [])
})

here.test('who logs out leaves nothing behind', async (page, { gateway }) => {
  await gateway.ask('swift')
  await page.getByRole('button', { name: 'Log out' }).click()
  await page.getByLabel('Management key').waitFor()
  assert.deepEqual(await stores(page), { session: {}, local: {} })
  assert.equal(await page.title(), 'modelgate')
  assert.ok(!(await page.locator('body').innerText()).includes('swift'))
  await page.goBack().catch(() => {})
  await page.goto('/management.html#requests')
  await page.getByLabel('Management key').waitFor()
})

here.test('who logs in again comes back to the view, and hears each event once', async (page, { gateway }) => {
  await page.getByRole('link', { name: 'Models' }).click()
  await page.getByRole('button', { name: 'Log out' }).click()
  const streams = []
  page.on('request', (request) => request.url().includes('/events') && streams.push(request.url()))
  await page.getByLabel('Management key').fill(MANAGEMENT_KEY)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Models' }).waitFor()
  await live(page)
  await gateway.ask('swift')
  assert.equal(streams.length, 1)
})

here.test('a key that no longer counts leads to the door', async (page, { gateway }) => {
  const kept = await gateway.read()
  await gateway.stop()
  await gateway.write(kept.replace(/secret-key: .*/, 'secret-key: another-management-key'))
  await gateway.start()
  await page.getByLabel('Management key').waitFor({ timeout: 30_000 })
  await page.getByRole('alert').filter({ hasText: 'invalid management key' }).waitFor()
  assert.deepEqual((await stores(page)).session, {})
  await gateway.stop()
  await gateway.write(kept)
  await gateway.start()
}, { expects: [REFUSED, /net::ERR/] })

const HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
}
const POLICY = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self' data:", "base-uri 'none'",
  "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'",
]

/** The paths of all files of the page. */
async function files() {
  const names = await readdir(process.env.PANEL_FILES, { recursive: true })
  const paths = names.filter((name) => /\.(js|css)$/.test(name)).map((name) => `/management/${name}`)
  return ['/management.html', ...paths]
}

test('every file says how it may be used', async () => {
  const paths = await files()
  assert.ok(paths.length > 15, `${paths}`)
  for (const path of paths) {
    const response = await fetch(here.gateway.url + path)
    assert.equal(response.status, 200, path)
    for (const [name, value] of Object.entries(HEADERS)) assert.equal(response.headers.get(name), value, `${path}: ${name}`)
    assert.deepEqual(response.headers.get('content-security-policy').split('; '), POLICY, path)
    assert.equal(response.headers.get('access-control-allow-origin'), null)
    const kind = { html: 'text/html', css: 'text/css', js: 'text/javascript' }[path.split('.').at(-1)]
    assert.equal(response.headers.get('content-type'), `${kind}; charset=utf-8`, path)
  }
})

test('what is served is what stands in the source, and all of it is small', async () => {
  let size = 0
  for (const path of await files()) {
    const name = path === '/management.html' ? 'index.html' : path.slice('/management/'.length)
    const served = await (await fetch(here.gateway.url + path)).text()
    assert.equal(served, await readFile(`${process.env.PANEL_FILES}/${name}`, 'utf8'), path)
    size += served.length
  }
  assert.ok(size < 300_000, `${size} bytes`)
})

test('there is nothing beside the files', async () => {
  for (const path of ['/management/', '/management', '/management/index.html', '/management/..%2fpanel.rs', '/management/views', '/management/x.js']) {
    assert.equal((await fetch(here.gateway.url + path)).status, 404, path)
  }
  assert.equal((await fetch(`${here.gateway.url}/management.html`, { method: 'POST' })).status, 405)
})

test('the page can be switched off, and the API stays', async (t) => {
  const off = await Gateway.start(here.upstream.url, (text) => text.replace('remote-management:', '$&\n  disable-control-panel: true'))
  t.after(() => off.end())
  for (const path of await files()) assert.equal((await fetch(off.url + path)).status, 404, path)
  assert.ok((await off.manage('GET', 'accounts')).accounts.length > 0)
})

here.test('another page can neither hold this one nor ask the API', async (page, { gateway, upstream }) => {
  // A page of another origin: the stand-in's.
  await page.goto(`${upstream.url}/v1/models`)
  const asked = await page.evaluate(async (url) => {
    const headers = { 'x-management-key': 'panel-test-management-key' }
    return fetch(url, { headers }).then((response) => response.status, (error) => error.name)
  }, `${gateway.url}/v0/management/accounts`)
  assert.equal(asked, 'TypeError')
  const held = await page.evaluate(async (url) => {
    const frame = document.createElement('iframe')
    frame.src = url
    document.body.append(frame)
    await new Promise((resolve) => (frame.onload = resolve))
    return frame.contentDocument === null
  }, `${gateway.url}/management.html`)
  assert.ok(held)
  assert.equal(await page.frames().at(-1).getByLabel('Management key').count(), 0)
}, { out: true, elsewhere: true, expects: [/CORS|status of|net::ERR|frame-ancestors|Refused to/] })

/** A proxy that takes a path away, says for whom it asks, and keeps `Host`. */
async function proxy(to, path) {
  const server = createServer((ask, answer) => {
    if (!ask.url.startsWith(path)) return answer.writeHead(404).end()
    const headers = { ...ask.headers, 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'http' }
    const on = request(to + ask.url.slice(path.length), { method: ask.method, headers }, (got) => {
      answer.writeHead(got.statusCode, got.headers)
      got.pipe(answer)
    })
    on.on('error', () => answer.destroy())
    answer.on('close', () => on.destroy())
    ask.pipe(on)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

test('behind a proxy there is no page until other machines are let in', async (t) => {
  const server = await proxy(here.gateway.url, '/gate')
  t.after(() => server.close())
  assert.equal((await fetch(`http://127.0.0.1:${server.address().port}/gate/management.html`)).status, 404)
})

here.test('behind a proxy, below a path, the page is the same', async (page, { upstream }) => {
  const gateway = await Gateway.start(upstream.url, (text) => text.replace('remote-management:', '$&\n  allow-remote: true'))
  const server = await proxy(gateway.url, '/gate')
  try {
    await page.goto(`http://127.0.0.1:${server.address().port}/gate/management.html`)
    await page.getByLabel('Management key').fill(MANAGEMENT_KEY)
    await page.keyboard.press('Enter')
    await live(page)
    const asked = gateway.ask('slow', { stream: true })
    await page.getByRole('heading', { name: 'Being answered: 1' }).waitFor()
    upstream.release()
    await asked
    await page.getByRole('link', { name: 'Keys' }).click()
    await page.getByRole('button', { name: 'New key' }).click()
    await page.getByRole('button', { name: 'Make the key' }).click()
    await page.getByText('It is shown only now').waitFor()
  } finally {
    await page.close()
    server.closeAllConnections()
    server.close()
    await gateway.end()
  }
}, { out: true, elsewhere: true })
