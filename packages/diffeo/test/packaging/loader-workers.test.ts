/**
 * @file A loader's workers in Chromium, from a minified bundle: their source is made of functions that were renamed.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, expect, test } from 'vitest'
import { hasChromium, launch, open, serve } from './support/browser.ts'

const folder = mkdtempSync(join(tmpdir(), 'diffeo-'))
afterAll(() => { rmSync(folder, { recursive: true, force: true }) })

const entry = fileURLToPath(new URL('../../src/index.browser.ts', import.meta.url))
const dataset = `export default ({ offset }) => ({
  length: 6,
  get: async i => ({ x: { data: Float32Array.of(i + offset, 1), shape: [1, 2] }, label: i % 2, name: 'n' + i }),
})`
const page = `
import { data } from ${JSON.stringify(entry)}
const set = { length: 6, get: () => { throw new Error('only workers load') } }
const loader = new data.DataLoader(set, {
  batchSize: 2, labels: 'int32',
  workers: { count: 2, module: new URL('./dataset.mjs', location.href), options: { offset: 10 } },
})
const losses = []
for await (const { x, label, name } of loader)
  losses.push(...await x.data(), ...await label.data(), name.length, x.rank)
window.result = { losses, device: '', isolated: false, relaxed: true }
`

test.skipIf(!hasChromium)(
  'make the batches',
  async () => {
    writeFileSync(join(folder, 'dataset.mjs'), dataset)
    writeFileSync(
      join(folder, 'index.html'),
      '<!doctype html><link rel="icon" href="data:,"><script type="module" src="./main.js"></script>',
    )
    await build({
      stdin: { contents: page, resolveDir: folder, loader: 'js' },
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
      outfile: join(folder, 'main.js'),
      logLevel: 'error',
    })
    const browser = await launch()
    const site = await serve(folder, false)
    try {
      const { losses } = await open(browser, `${site.url}/index.html`, { relaxed: true })
      expect(losses).toEqual([10, 1, 11, 1, 0, 1, 2, 3, 12, 1, 13, 1, 0, 1, 2, 3, 14, 1, 15, 1, 0, 1, 2, 3])
    } finally {
      site.close()
      await browser.close()
    }
  },
  120_000,
)
