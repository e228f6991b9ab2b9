/** @file A page that loads PyTorch's files from bytes, in Chromium; their reader is a chunk that others do without. */
import { cpSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { executable, hasChromium, launch, open, serve } from './support/browser.ts'
import { cleanUp, emptyFolder, repository, writeFiles } from './support/stage.ts'

const fixtures = join(repository, 'packages/diffeo/test/reference/fixtures')
const names = ['model.pt', 'model.safetensors', 'legacy.pt', 'deflated.pt', 'command.pt']
const main = `
import { load } from './index.browser.ts'
const read = async name => {
  const bytes = new Uint8Array(await (await fetch('./' + name)).arrayBuffer())
  try {
    const state = await load(bytes)
    return Object.fromEntries(Object.entries(state).map(([key, t]) => [key, Array.from(t.dataSync())]))
  } catch (error) {
    return error.message
  }
}
const all = {}
for (const name of ${JSON.stringify(names)}) all[name] = await read(name)
window.result = all
`

let folder: string
let browser: Browser | undefined
beforeAll(async () => {
  folder = emptyFolder()
  await build({
    stdin: { contents: main, resolveDir: join(repository, 'packages/diffeo/src'), loader: 'ts' },
    bundle: true, splitting: true, format: 'esm', platform: 'browser', target: 'es2022', logLevel: 'error',
    outdir: folder, entryNames: 'main', chunkNames: 'chunk-[hash]',
  })
  for (const name of names) cpSync(join(fixtures, 'pytorch', name), join(folder, name))
  writeFiles(folder, {
    'index.html': '<!doctype html><link rel="icon" href="data:,"><script type="module" src="./main.js"></script>',
  })
  if (hasChromium) browser = await launch()
}, 120_000)
afterAll(async () => {
  await browser?.close()
  cleanUp()
})

test('the reader of .pt files is not in the first chunk', () => {
  const chunks = readdirSync(folder).filter(name => name.endsWith('.js'))
  const holding = chunks.filter(name => readFileSync(join(folder, name), 'utf8').includes('_rebuild_tensor_v2'))
  expect([holding.length, holding.includes('main.js')]).toEqual([1, false])
})

const where = hasChromium ? 'in Chromium' : `in Chromium (skipped: there is no ${executable})`
describe.skipIf(!hasChromium)(where, () => {
  test('.pt and safetensors files of PyTorch are read from bytes, and commands are refused', async () => {
    const site = await serve(folder, false)
    try {
      const found: unknown = await open(browser!, `${site.url}/index.html`, { relaxed: true })
      const all = found as Record<string, Record<string, number[]>>
      const { cases } = JSON.parse(readFileSync(join(fixtures, 'pytorch.json'), 'utf8')) as {
        cases: { file: string; state: Record<string, { tensor: [string, number[], number[]] }> }[]
      }
      for (const { file, state } of cases.filter(c => names.includes(c.file))) {
        const wanted = Object.entries(state).map(([key, { tensor: [, , data] }]) => [key, data])
        expect(all[file], file).toEqual(Object.fromEntries(wanted))
      }
      expect(all['command.pt']).toMatch(/it asks for 'posix\.system'/)
    } finally {
      site.close()
    }
  })
})
