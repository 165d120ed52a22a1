// The gateway under test: a process with a home of its own, in front of the scripted upstream.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

import { MODELS } from './upstream.js'

export const MANAGEMENT_KEY = 'panel-test-management-key'
export const CLIENT_KEY = 'mg-panel-test-client-key'
/** A comment of the file's owner, which every change must keep. */
export const COMMENT = '# Mine: ask Ada before this is changed.'

const written = (port, folder, upstream) => `${COMMENT}
host: 127.0.0.1
port: ${port}
auth-dir: ${folder}/auth
remote-management:
  secret-key: ${MANAGEMENT_KEY}
api-keys:
  - {key: ${CLIENT_KEY}, name: laptop}
logging-to-file: true
request-retry: 0      # none
disable-cooling: true
oauth:
  kimi: {device-url: "${upstream}/device", token-url: "${upstream}/token"}
  claude: {client-id: client-1, token-url: "${upstream}/claude", profile-url: "${upstream}/profile"}
openai-compatibility:
  - name: scripted
    base-url: ${upstream}/v1
    api-key-entries: [{api-key: upstream-key}]
    models: [${MODELS.map((name) => `{name: ${name}}`).join(', ')}]
`

export class Gateway {
  #process
  #folder

  /** Makes a home with a configuration, which `change` may write otherwise, and starts there. */
  static async start(upstream, change = (text) => text) {
    const gateway = new Gateway()
    gateway.#folder = await mkdtemp(join(tmpdir(), 'panel-test-'))
    gateway.file = join(gateway.#folder, 'modelgate.yaml')
    const port = await freePort()
    gateway.url = `http://127.0.0.1:${port}`
    await gateway.write(change(written(port, gateway.#folder, upstream)))
    await gateway.start()
    return gateway
  }

  /** Starts, or starts again at the same place. */
  async start() {
    const log = createWriteStream(join(this.#folder, 'stderr.log'), { flags: 'a' })
    await once(log, 'open')
    const env = { PATH: process.env.PATH, HOME: this.#folder, LANG: 'C.UTF-8' }
    const options = { env, cwd: this.#folder, stdio: ['ignore', log, log] }
    this.#process = spawn(process.env.MODELGATE_BIN, ['serve', '--config', this.file], options)
    for (let tries = 0; tries < 100 && this.#process.exitCode === null; tries += 1) {
      const answer = await fetch(`${this.url}/healthz`).catch(() => null)
      if (answer?.ok) return
      await pause(100)
    }
    throw new Error(`the gateway did not start:\n${await readFile(log.path, 'utf8')}`)
  }

  /** Stops the process; what it has written stays. */
  async stop() {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGTERM')
    // Pages that listen to events hold a line each; a second signal does not wait for them.
    const again = setTimeout(() => this.#process.kill('SIGTERM'), 300)
    await ended
    clearTimeout(again)
  }

  async end() {
    await this.stop()
    await rm(this.#folder, { recursive: true, force: true })
  }

  read() {
    return readFile(this.file, 'utf8')
  }

  write(text) {
    return writeFile(this.file, text, { mode: 0o600 })
  }

  /** What a client asks; answers with the response, read to its end. `more`: `key`, `stream`, `agent`. */
  async ask(model, { key = CLIENT_KEY, stream = false, agent = 'panel-test/1' } = {}) {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'user-agent': agent }
    const body = JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'Hello' }] })
    const response = await fetch(`${this.url}/v1/chat/completions`, { method: 'POST', headers, body })
    const text = await response.text()
    return { status: response.status, id: response.headers.get('x-request-id'), text }
  }

  /** What a program manages; answers with the JSON of the answer. */
  async manage(method, path, json) {
    const headers = { 'x-management-key': MANAGEMENT_KEY, 'content-type': 'application/json' }
    const body = json === undefined ? undefined : JSON.stringify(json)
    const response = await fetch(`${this.url}/v0/management/${path}`, { method, headers, body })
    assert.ok(response.ok, `${method} ${path}: ${response.status}`)
    return response.json()
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}
