// What stands around the views: where one is, the keyboard, the theme, the line to the gateway.

import assert from 'node:assert/strict'

import { MANAGEMENT_KEY } from './gateway.js'
import { NARROW, VIEWS, go, live, scene, tabTo } from './harness.js'

const here = scene()

const link = (page, title) => page.getByRole('navigation').getByRole('link', { name: title, exact: true })
const heading = (page, title) => page.getByRole('heading', { level: 1, name: title, exact: true })

here.test('every view has a link, a title and an address', async (page) => {
  for (const title of VIEWS) {
    await go(page, title)
    assert.equal(await page.title(), `${title} – modelgate`)
    assert.equal(new URL(page.url()).hash, `#${title.toLowerCase()}`)
    assert.deepEqual(await page.locator('[aria-current=page]').allInnerTexts(), [title])
  }
  await page.goBack()
  await heading(page, VIEWS.at(-2)).waitFor()
  await page.reload()
  await heading(page, VIEWS.at(-2)).waitFor()
})

here.test('an address that names nothing leads to the overview', async (page) => {
  for (const hash of ['#nonsense', '#constructor', '#__proto__/x', '#%E0%A4%A', '#/', '#overview/%E0%A4%A']) {
    await page.goto(`/management.html${hash}`)
    await page.reload()
    await heading(page, 'Overview').waitFor()
  }
})

here.test('one gets in, to every view and out again with the keyboard alone', async (page) => {
  await page.goto('/management.html')
  await page.keyboard.type(MANAGEMENT_KEY)
  await page.keyboard.press('Enter')
  await live(page)
  for (const title of VIEWS) {
    await tabTo(page, link(page, title), 400)
    await page.keyboard.press('Enter')
    await heading(page, title).waitFor()
  }
  await tabTo(page, page.getByRole('button', { name: 'Log out' }))
  await page.keyboard.press('Space')
  await page.getByLabel('Management key').waitFor()
}, { out: true })

here.test('the way past the links leads to the contents', async (page) => {
  await page.keyboard.press('Tab')
  await page.getByRole('link', { name: 'Skip to the contents' }).press('Enter')
  assert.equal(await page.evaluate(() => document.activeElement.id), 'view')
})

here.test('Tab goes through every view, shows where it is, and is caught nowhere', async (page, { gateway }) => {
  await gateway.ask('swift')
  await gateway.ask('broken')
  for (const title of VIEWS) {
    await go(page, title)
    // What was written before the page was opened comes a moment later than what is told since.
    if (title === 'Logs') await page.getByText('was replaced by its hash').first().waitFor()
    const seen = await walk(page)
    assert.ok(seen.length > 10, `${title}: ${seen.length}`)
    assert.deepEqual(seen.filter((stop) => !stop.visible), [], title)
  }
})

/** Presses Tab from the view's link until the page's last element was left; tells of each stop whether it is seen to have the focus. */
async function walk(page) {
  await page.evaluate(() => document.activeElement.blur())
  const stops = []
  for (let presses = 0; presses < 400; presses += 1) {
    // The editor of the configuration says that Tab indents, and that Esc gives it back.
    if (await page.evaluate(() => document.activeElement.tagName === 'TEXTAREA')) await page.keyboard.press('Escape')
    await page.keyboard.press('Tab')
    const stop = await page.evaluate(() => {
      const node = document.activeElement
      if (node === document.body) return null
      const box = node.getBoundingClientRect()
      let outlined = false
      // What has the focus may be shown by what is around it.
      for (let around = node; around && !outlined; around = around.parentElement) {
        const { outlineStyle, outlineWidth } = getComputedStyle(around)
        outlined = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1
      }
      return { html: node.outerHTML.slice(0, 120), visible: outlined && box.width > 0 && box.height > 0 }
    })
    if (stop === null) return stops
    stops.push(stop)
  }
  assert.fail(`Tab never leaves the page: ${stops.at(-1).html}`)
}

here.test('single keys lead to the views and tell of themselves', async (page) => {
  for (const [index, title] of VIEWS.entries()) {
    await page.keyboard.press(String(index + 1))
    await heading(page, title).waitFor()
  }
  await page.keyboard.press('?')
  const help = page.getByRole('dialog', { name: 'Shortcuts' })
  for (const title of VIEWS) await help.getByText(title, { exact: true }).waitFor()
  await page.keyboard.press('1')
  await heading(page, VIEWS.at(-1)).waitFor({ state: 'attached' })
  await page.keyboard.press('Escape')
  await help.waitFor({ state: 'detached' })
})

here.test('the theme is chosen, kept, and nothing else is', async (page) => {
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  const [r] = (await ground()).match(/\d+/g)
  assert.ok(Number(r) > 200, 'light, as the system says')
  const theme = page.getByRole('button', { name: /^Theme:/ })
  for (const name of ['light', 'dark']) {
    await theme.click()
    assert.equal(await theme.innerText(), `Theme: ${name}`)
  }
  const dark = await ground()
  assert.ok(Number(dark.match(/\d+/g)[0]) < 60, dark)
  await page.reload()
  await live(page)
  assert.equal(await ground(), dark)
  assert.deepEqual(await page.evaluate(() => ({ ...localStorage })), { 'modelgate-theme': 'dark' })
  await theme.click()
  assert.equal(await theme.innerText(), 'Theme: auto')
})

here.test('a gateway that stops is missed, and found again', async (page, { gateway }) => {
  await go(page, 'Requests')
  await gateway.stop()
  await page.getByRole('status').filter({ hasText: 'The gateway cannot be reached' }).waitFor()
  await gateway.start()
  await page.getByRole('navigation').getByRole('status').filter({ hasText: /^live$/ }).waitFor({ timeout: 30_000 })
  await gateway.ask('swift')
  await page.getByRole('main').getByText('swift').first().waitFor()
}, { expects: [/net::ERR/] })

here.test('on a phone all links are there', async (page) => {
  for (const title of VIEWS) await go(page, title)
  await page.getByRole('button', { name: 'Log out' }).click()
  await page.getByLabel('Management key').waitFor()
}, { size: NARROW })
