/**
 * @file A page that trains, bundled by vite and by esbuild from the tarball, in Chromium: Node's losses, and few bytes.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build as esbuild } from 'esbuild'
import type { Browser } from 'playwright-core'
import { build as vite } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { executable, hasChromium, launch, open, serve } from './support/browser.ts'
import { mlp, p1, printed } from './support/programs.ts'
import { cleanUp, emptyFolder, install, pack, runProgram, writeFiles } from './support/stage.ts'

const html = (script: string): string =>
  `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script type="module" src="${script}"></script>\n`
const main = `
import { device, losses } from './program.mjs'
const relaxed = WebAssembly.validate(new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0,
  10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15, 253, 128, 2, 11,
]))
const done = await losses()
window.result = { losses: done, device: device(), isolated: crossOriginIsolated, relaxed }
`

let folder: string
let browser: Browser | undefined
const built: Record<string, string> = {}

async function bundle(name: string, program: string): Promise<void> {
  writeFiles(folder, { 'program.mjs': program, 'main.mjs': main, 'index.html': html('./main.mjs') })
  built[`esbuild ${name}`] = emptyFolder()
  await esbuild({
    entryPoints: [join(folder, 'main.mjs')],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    outfile: join(built[`esbuild ${name}`], 'main.js'),
    logLevel: 'error',
  })
  writeFiles(built[`esbuild ${name}`], { 'index.html': html('./main.js') })
  built[`vite ${name}`] = emptyFolder()
  await vite({
    root: folder, configFile: false, logLevel: 'error', mode: 'production',
    build: { outDir: built[`vite ${name}`], emptyOutDir: true, target: 'es2022', modulePreload: false },
  })
}

beforeAll(async () => {
  folder = install(pack('diffeo'), '--omit=optional')
  await bundle('p1', p1())
  await bundle('mlp', mlp())
  if (hasChromium) browser = await launch()
}, 300_000)
afterAll(async () => {
  await browser?.close()
  cleanUp()
})

/** Node's losses of the same program, on wasm with one thread. */
function inNode(relaxed: boolean): number[] {
  writeFiles(folder, { 'program.mjs': p1() })
  const env = { DIFFEO_DEVICE: 'wasm', DIFFEO_THREADS: '1', ...(relaxed ? {} : { DIFFEO_RELAXED: '0' }) }
  const { status, out, error } = runProgram(folder, 'node.mjs', printed, env)
  expect(status, error).toBe(0)
  return (JSON.parse(out) as { losses: number[] }).losses
}

const name = hasChromium ? 'in Chromium' : `in Chromium (skipped: there is no ${executable})`
describe.skipIf(!hasChromium).each(['esbuild', 'vite'])(`P1 bundled by %s ${name}`, bundler => {
  test.each([true, false])('cross-origin isolated: %s', async isolated => {
    const site = await serve(built[`${bundler} p1`], isolated)
    try {
      const url = `${site.url}/index.html`
      const exact = await open(browser!, url, { relaxed: false })
      expect(exact).toMatchObject({ device: 'wasm', isolated, relaxed: false })
      expect(exact.losses).toHaveLength(20)
      expect(exact.losses[19]).toBeLessThan(exact.losses[0])
      expect(exact.losses, 'relaxed SIMD off on both sides').toEqual(inNode(false))

      const fused = await open(browser!, url, { relaxed: true })
      expect(fused.relaxed).toBe(true)
      const node = inNode(true)
      fused.losses.forEach((loss, i) => expect(Math.abs(loss - node[i]), `step ${i}`).toBeLessThan(1e-4))
    } finally {
      site.close()
    }
  }, 240_000)
})

test.each(['esbuild', 'vite'])('a page with an MLP, bundled by %s, takes at most 160 kB gzipped', bundler => {
  const files = (at: string): string[] =>
    readdirSync(at, { recursive: true, withFileTypes: true })
      .filter(f => f.isFile())
      .map(f => join(f.parentPath, f.name))
  const bytes = files(built[`${bundler} mlp`]).reduce(
    (sum, path) => sum + gzipSync(readFileSync(path), { level: 9 }).length,
    0,
  )
  console.log(`${bundler}: ${(bytes / 1000).toFixed(1)} kB gzipped`)
  expect(bytes).toBeLessThanOrEqual(160_000)
})
