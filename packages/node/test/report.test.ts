/** @file Run folders: listed, and shown as a page, which Chromium opens. */
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { recipes, runRecipe, writeReport } from '@diffeo/node'
import { executable, hasChromium, launch } from '../../diffeo/test/packaging/support/browser.ts'
import { main } from '../src/cli/main.ts'
import { ticks } from '../src/report/chart.ts'
import { clock } from '../src/run/results.ts'

let folder = ''
const run = (): string => join(folder, 'digits')
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'diffeo-'))
  const recipe = await recipes.recipeNamed('mnist-mlp')
  await runRecipe(recipe, { ...recipe.defaults, epochs: 2, batchSize: 200 }, { out: run(), profile: true })
}, 60_000)
afterAll(() => rm(folder, { recursive: true }))

async function diffeo(...line: string[]): Promise<{ code: number; out: string; complaints: string }> {
  const said = { out: '', complaints: '' }
  const code = await main(line, {
    print: text => { said.out += `${text}\n` }, complain: text => { said.complaints += `${text}\n` }, write: () => {},
    live: false, columns: 100,
  })
  return { code, ...said }
}

/** What `fit` alone leaves. */
async function history(name: string, ending: string, epochs: object[]): Promise<string> {
  const path = join(folder, name)
  await mkdir(path)
  await writeFile(join(path, 'history.json'), JSON.stringify({ epochs, ending, reason: '', steps: 7 }))
  return path
}

describe('diffeo runs', () => {
  test('a line a run: what it was, how it ended, what it reached; damaged ones are named', async () => {
    await history('alone', 'running', [{ epoch: 1, lr: 0.1, loss: 2, valLoss: 3, seconds: 3725 }])
    await mkdir(join(folder, 'no-run'))
    const { code, out, complaints } = await diffeo('runs', folder)
    const [head, alone, digits] = out.trimEnd().split('\n')
    expect(head).toMatch(/^run +recipe +begun +epochs +time +state +result$/)
    expect(alone).toMatch(/^alone +— +— +1 +1:02:05 +unfinished +valLoss 3\.000$/)
    expect(digits).toMatch(
      /^digits +mnist-mlp +\d{4}-\d\d-\d\d \d\d:\d\d +2 +\d+:\d\d +finished +accuracy [89]\d\.\d\d %$/,
    )
    expect([code, complaints, out.trimEnd().split('\n').length]).toEqual([0, '', 3])

    await mkdir(join(folder, 'broken'))
    await writeFile(join(folder, 'broken', 'history.json'), '{"epochs": [')
    const again = await diffeo('runs', folder)
    expect([again.code, again.out]).toEqual([1, out])
    expect(again.complaints).toMatch(/broken.history\.json is no valid JSON/)
    await writeFile(join(folder, 'broken', 'history.json'), '{}')
    expect((await diffeo('report', join(folder, 'broken'))).complaints).toMatch(
      /history\.json is no history\.json of a run/,
    )
    await rm(join(folder, 'broken'), { recursive: true })
  })
  test('none', async () => {
    expect((await diffeo('runs', join(folder, 'nowhere'))).out).toMatch(/There are no runs in '.*nowhere'.*train mnist/)
  })
})

test('several models: the epochs of all, a chart and a table for each', async () => {
  const path = join(folder, 'several')
  await mkdir(join(path, 'lstm'), { recursive: true })
  await mkdir(join(path, 'cnn'))
  await writeFile(join(path, 'config.json'), JSON.stringify({
    version: 1, recipe: 'spam', arguments: {}, classNames: [], preprocessing: [], data: '', created: '', diffeo: '',
    quick: true, measures: [{ name: 'accuracy', value: 0.5, unit: 'share', atLeast: 0.9 }, { name: 'F1', value: 0.4 }],
  }))
  for (const [name, count] of [['lstm', 2], ['cnn', 3]] as const) {
    const epochs = Array.from({ length: count }, (_, i) => ({ epoch: i + 1, lr: 0.1, loss: 1 / (i + 1), seconds: 5 }))
    const history = { epochs, ending: 'finished', reason: '', steps: 10 * count }
    await writeFile(join(path, name, 'history.json'), JSON.stringify(history))
  }
  const { out } = await diffeo('runs', folder)
  expect(out).toMatch(/^several +spam .* 5 +0:25 +finished, quick +accuracy 50\.00 % \(and 1 more\)$/m)
  const page = await readFile(await writeReport(path), 'utf8')
  expect(page).toContain('0:25 in 5 epochs, 50 steps')
  expect(page).toContain('≥ 90.00 %: not asked of a quick run')
  expect(page.match(/<h3>lstm<\/h3>/g)).toHaveLength(2)
  await rm(path, { recursive: true })
})

test('diffeo report writes the page again, from the files', async () => {
  const before = await readFile(join(run(), 'report.html'), 'utf8')
  await rm(join(run(), 'report.html'))
  expect((await diffeo('report', run())).out).toContain(join(run(), 'report.html'))
  expect(await readFile(join(run(), 'report.html'), 'utf8')).toBe(before)
  expect(before).not.toMatch(/<script|https?:\/\//)
})

test('nothing in a file of the run is taken for markup', async () => {
  const path = await history('odd', 'stopped', [{ epoch: 1, '<img src=x>': 2, loss: NaN, seconds: 1 }])
  const page = await readFile(await writeReport(path), 'utf8')
  expect(page).toContain('&lt;img src=x&gt;')
  expect(page).not.toContain('<img src=x>')
})

test('ticks are round, and within', () => {
  expect(ticks(0.13, 0.96)).toEqual([0.2, 0.4, 0.6000000000000001, 0.8])
  expect(ticks(1, 12)).toEqual([5, 10])
  expect(ticks(-3, 3)).toEqual([-2, 0, 2])
  expect([clock(59.6), clock(3600)]).toEqual(['1:00', '1:00:00'])
})

describe.skipIf(!hasChromium)(`the page in ${executable}`, () => {
  let browser: Browser
  beforeAll(async () => { browser = await launch() }, 60_000)
  afterAll(() => browser?.close())

  test('curves, confusion matrix, pictures of mistakes, kernels', async () => {
    const page = await browser.newPage()
    const problems: string[] = []
    page.on('console', m => problems.push(m.text()))
    page.on('request', r => { if (!/^(file|data):/.test(r.url())) problems.push(r.url()) })
    await page.goto(`file://${run()}/report.html`)
    const kept = JSON.parse(await readFile(join(run(), 'test.json'), 'utf8'))
    expect(await page.title()).toBe('digits: mnist-mlp')
    const text = await page.innerText('body')
    expect(text).toContain(`accuracy ${(kept.accuracy * 100).toFixed(2)} %`)
    expect(await page.locator('h2').allInnerTexts()).toEqual([
      'Run', 'Reached', 'Curves', 'Confusion matrix', 'Worst mistakes', 'Kernels', 'Epochs',
    ])
    expect(await page.locator('svg.chart').evaluateAll(all => all.map(s => s.getAttribute('aria-label')))).toEqual([
      'lr', 'loss', 'accuracy',
    ])
    // each point lies within its chart, and the loss falls
    const points = await page.locator('svg[aria-label=loss] polyline').getAttribute('points')
    const [[x0, y0], [x1, y1]] = points!.split(' ').map(p => p.split(',').map(Number))
    expect([x0 < x1, y0 < y1, x0 > 0, y1 < 240]).toEqual([true, true, true, true])
    const cells = await page.locator('table.matrix tr:nth-child(n+2) td').allInnerTexts()
    expect(cells).toHaveLength(110)
    const counts = cells.filter((_, i) => i % 11 < 10).map(Number)
    expect(counts).toEqual(kept.confusion.flat())
    expect(counts.reduce((a, b) => a + b)).toBe(2000)
    const sizes = await page.locator('figure img').evaluateAll(all =>
      all.map(i => [(i as HTMLImageElement).naturalWidth, (i as HTMLImageElement).naturalHeight]))
    expect(sizes).toEqual(Array.from({ length: 24 }, () => [28, 28]))
    expect(await page.locator('figcaption').first().innerText()).toMatch(/^\d \(\d+\.\d\d %\), but it is \d$/)
    expect(await page.locator('table').nth(2).locator('tr').count()).toBeGreaterThan(3)
    expect(problems).toEqual([])
    await page.close()
  })
})
