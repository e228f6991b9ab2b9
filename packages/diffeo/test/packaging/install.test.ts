/** @file The tarballs in an empty folder: without install scripts, with and without optional packages. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build as esbuild } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mlp, oneClass, printed, required } from './support/programs.ts'
import {
  bytesOf,
  cleanUp,
  emptyFolder,
  filesOf,
  install,
  manifest,
  pack,
  repository,
  runProgram,
  subpaths,
  writeFiles,
} from './support/stage.ts'

let full: string
let bare: string
beforeAll(() => {
  const tarballs = pack('diffeo', 'node')
  full = install(tarballs)
  bare = install(tarballs, '--omit=optional')
}, 300_000)
afterAll(cleanUp)

const library = (folder: string): string => join(folder, 'node_modules/diffeo')
const MB = 1e6

test('every subpath that package.json promises is written', ({ skip }) => {
  const { missing } = subpaths()
  if (missing.length > 0) skip(`not written yet: ${missing.join(', ')}`)
})

test('every file that package.json names is in the tarball', () => {
  for (const [name, folder] of [['diffeo', library(full)], ['@diffeo/node', join(full, 'node_modules/@diffeo/node')]]) {
    const { exports, bin = {} } = manifest(folder)
    const missing = subpaths().missing.map(p => `./${p}`)
    const paths = Object.entries(exports).filter(([key]) => !missing.includes(key))
      .flatMap(([, to]) => filesOf(to))
    // of a pattern, one that it stands for: the recipes
    for (const path of [...paths.map(p => p.replace('*', 'mnist.js')), ...Object.values(bin)])
      expect(existsSync(join(folder, path)), `${name}: ${path}`).toBe(true)
  }
})

describe.each([
  ['with optional packages', () => full],
  ['with --omit=optional', () => bare],
])('installed %s', (_, folder) => {
  test('trains by import', () => {
    writeFiles(folder(), { 'program.mjs': mlp() })
    const { status, out, error } = runProgram(folder(), 'main.mjs', printed)
    expect(status, error).toBe(0)
    expect((JSON.parse(out) as { losses: number[] }).losses).toHaveLength(30)
  })
  test('computes by require, without a warning', () => {
    const { status, out, error } = runProgram(folder(), 'main.cjs', required, { NODE_NO_WARNINGS: '' })
    expect(status, error).toBe(0)
    expect(out).toBe('true\n')
  })
  test('has one Tensor class', () => {
    const { status, out, error } = runProgram(folder(), 'one.mjs', oneClass())
    expect(status, error).toBe(0)
    expect(out).toBe('one\n')
  })
})

test('reads what compiles when a device is first used, not before', () => {
  const { status, out, error } = runProgram(full, 'late.mjs', `
import { createRequire } from 'node:module'
import { tensor } from 'diffeo'
const loaded = () => Object.keys(createRequire(import.meta.url).cache).some(name => /backends\\.js$/.test(name))
const before = loaded()
const value = tensor([1, 2]).sum().itemSync()
console.log(before, value, loaded())
`)
  expect(status, error).toBe(0)
  expect(out).toBe('false 3 true\n')
})

test('reads what PyTorch wrote, by a file that is loaded then', () => {
  const path = join(repository, 'packages/diffeo/test/reference/fixtures/pytorch/model.pt')
  const { status, out, error } = runProgram(full, 'pytorch.mjs', `
import { load } from 'diffeo'
console.log(Object.keys(await load(${JSON.stringify(path)})).length)
`)
  expect(status, error).toBe(0)
  expect(out).toBe('9\n')
})

test('computes in one file that a bundler made for Node', async () => {
  writeFiles(bare, { 'program.mjs': mlp(), 'entry.mjs': printed })
  const folder = emptyFolder()
  await esbuild({
    entryPoints: [join(bare, 'entry.mjs')], bundle: true, format: 'esm', platform: 'node', target: 'es2022',
    outfile: join(folder, 'whole.mjs'), logLevel: 'error',
  })
  const { status, out, error } = runProgram(folder, 'main.mjs', "import './whole.mjs'\n")
  expect(status, error).toBe(0)
  expect((JSON.parse(out) as { losses: number[] }).losses).toHaveLength(30)
})

test('without optional packages the device is wasm, with them what it is here', () => {
  const show = "import { device } from 'diffeo'\nconsole.log(device())\n"
  expect(runProgram(bare, 'device.mjs', show).out).toBe('wasm\n')
  const here = process.platform === 'linux' && process.arch === 'x64' ? 'native\n' : 'wasm\n'
  expect(runProgram(full, 'device.mjs', show).out).toBe(here)
})

test('sizes: the library ≤ 4.2 MB, with koffi ≤ 8.4 MB', () => {
  expect(bytesOf(library(full))).toBeLessThan(4.2 * MB)
  const ffi = ['koffi', '@koromix'].map(name => join(full, 'node_modules', name)).filter(existsSync)
  expect(ffi.reduce((sum, folder) => sum + bytesOf(folder), bytesOf(library(full)))).toBeLessThan(8.4 * MB)
})

describe('the declarations', () => {
  const use = (): string => `
import { Tensor, compile, grad, tensor } from 'diffeo'
${subpaths().there.map(p => `import * as ${p} from 'diffeo/${p}'`).join('\n')}
const f = compile((x: Tensor, y: Tensor): Tensor => nn.crossEntropy(x, y))
const model = new nn.Sequential(new nn.Linear(2, 3), new nn.ReLU())
export const out: Tensor = f(model.forward(tensor([[1, 2]])), tensor([0]))
export const g: Tensor = grad((x: Tensor) => x.sum())(tensor([1, 2]))
export const parts: object[] = [${subpaths().there.join(', ')}]
// @ts-expect-error
export const wrong: number = out
`
  const compilers = [
    ['5.6', 'tools/typescript-5.6/node_modules/typescript/bin/tsc'], ['ours', 'node_modules/typescript/bin/tsc'],
  ]
  test.each(
    compilers.flatMap(([name, path]) => ['nodenext', 'bundler'].map(resolution => ({ name, path, resolution }))),
  )('compile under TypeScript $name ($resolution)', ({ path, resolution }) => {
    const config = {
      compilerOptions: {
        strict: true,
        noEmit: true,
        skipLibCheck: false,
        types: [],
        target: 'es2022',
        lib: ['es2022', 'dom', 'esnext.disposable'],
        module: resolution === 'bundler' ? 'esnext' : 'nodenext',
        moduleResolution: resolution,
      },
      files: ['use.mts'],
    }
    writeFiles(full, { 'use.mts': use(), 'tsconfig.json': JSON.stringify(config) })
    const compile = (): string => {
      try {
        return execFileSync(process.execPath, [join(repository, path), '-p', full], { encoding: 'utf8' })
      } catch (error) {
        return (error as { stdout: string }).stdout
      }
    }
    expect(compile()).toBe('')
  })
})

test('the bundle waits for nothing while it is loaded, and tells no machine’s paths', () => {
  for (const condition of ['node', 'browser']) {
    const code = readFileSync(join(library(full), 'bundle', condition, 'core.js'), 'utf8')
    expect(code).not.toMatch(/^(await\b|[\w{}[\], ]+= await\b)/m)
    expect(code).not.toContain(repository)
  }
})
