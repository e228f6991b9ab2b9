/** @file The command `bench`, on the smallest workloads: how fast they are is not the question here. */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { main } from '../src/cli/main.ts'
import { svg } from '../src/bench/report.ts'
import { names, type Figure } from '../src/bench/suite.ts'

async function bench(line: string): Promise<{ code: number; out: string; complaints: string }> {
  const said = { out: '', complaints: '' }
  const code = await main(['bench', ...line.split(' ').filter(Boolean)], {
    print: text => { said.out += `${text}\n` },
    complain: text => { said.complaints += `${text}\n` },
    write: text => { said.out += text },
    live: false, columns: 100,
  }, new AbortController().signal)
  return { code, ...said }
}

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'diffeo-bench-'))
  return () => rm(folder, { recursive: true })
})
afterEach(() => { delete process.env.DIFFEO_PYTHON })

describe('arguments that are wrong', () => {
  test.each([
    ['mlp-tinny', /no workload 'mlp-tinny' \(did you mean mlp-tiny\?\); there are gemm-64, /],
    ['--threads 1,x', /--threads is '1,x'; it must be whole numbers from 1/],
    ['--threads 0', /--threads is '0'/],
    ['--device interp', /--device is 'interp'; it must be one of cpu, native, wasm/],
    ['--peer numpy', /--peer is 'numpy'; it must be one of torch, .*jax, tfjs/],
  ])('%s', async (line, message) => {
    const { code, complaints, out } = await bench(line)
    expect(complaints).toMatch(message)
    expect([code, out]).toEqual([2, ''])
  })
  test('a peer that is not there: what was tried, and what to do', async () => {
    process.env.DIFFEO_PYTHON = join(folder, 'none')
    const { code, complaints } = await bench('mlp-tiny --peer torch')
    expect(complaints).toMatch(/--peer torch: the peer did not start: .*none could not be started.*DIFFEO_PYTHON/s)
    expect(code).toBe(1)
  })
})

test('the workloads are those of the peers', async () => {
  const suite = await readFile(new URL('../../../bench/peers/torch_suite.py', import.meta.url), 'utf8')
  const table = suite.slice(suite.indexOf('WORKLOADS = {'))
  for (const name of names.filter(n => !/^gemm-\d|^cold$|^memory$/.test(n))) expect(table).toContain(`"${name}": `)
})

test.each([
  ['gemm-64 --threads 1,1000', /--threads is '1,1000'; it must be whole numbers from 1 to 256/],
  ['gemm-64 --svg /no/such/folder/a.svg', /--svg is '\/no\/such\/folder\/a\.svg', which cannot be written: ENOENT/],
  ['gemm-64 --trace /no/such/folder/a.json', /--trace is .*cannot be written/],
])('%s is said before anything is measured', async (words, message) => {
  const { code, out, complaints } = await bench(words)
  expect(complaints).toMatch(message)
  expect([code, out]).toEqual([2, ''])
})

test('a table, the kernels, a time line and a chart, on two numbers of threads', async () => {
  const [chart, trace] = [join(folder, 'a.svg'), join(folder, 'a.json')]
  const { code, out, complaints } = await bench(
    `mlp-tiny --seconds 0.01 --rounds 1 --threads 1,2 --profile --svg ${chart} --trace ${trace}`,
  )
  expect([code, complaints]).toEqual([0, ''])
  for (const threads of ['1 thread:', '2 threads:']) expect(out).toContain(threads)
  expect(out.match(/GFLOP\/s of multiply-adds; .* GB\/s in 0\.750 MiB/g)).toHaveLength(2)
  expect(out.match(/^mlp-tiny +[12] +\d/gm)).toHaveLength(2)
  expect(out).toMatch(/ Adam +1 +0\.\d+/)
  expect(await readFile(chart, 'utf8')).toMatch(/^<svg .*mlp-tiny, 2 t.*<\/svg>\n$/s)
  expect((JSON.parse(await readFile(trace, 'utf8')) as { traceEvents: unknown[] }).traceEvents.length).toBeGreaterThan(
    5,
  )
})

/** A Python that is none: it speaks as the suites of peers do, through what they share. */
const fake = (harness: string, log: string): string => `#!/usr/bin/env node
import('${harness}').then(async ({ parseArguments, runSuite }) => {
  const { appendFileSync } = await import('node:fs')
  process.argv.splice(2, 1)
  const work = () => ({ make: () => () => appendFileSync('${log}', 'x') })
  await runSuite('fake-1.0', parseArguments(), { 'mlp-tiny': work(), 'gemm-64': { ...work(), inner: 64 } })
})
`

test('a peer, in turn: its figures, the ratio, and what it cannot do', async () => {
  const [path, log] = [join(folder, 'python'), join(folder, 'log')]
  await writeFile(path, fake(new URL('../../../bench/peers/harness.mjs', import.meta.url).href, log))
  await chmod(path, 0o755)
  process.env.DIFFEO_PYTHON = path
  const { code, out, complaints } = await bench('mlp-tiny bmm --seconds 0.01 --rounds 2 --json --peer torch')
  expect([code, complaints]).toEqual([0, ''])
  const [bmm, tiny] = out.trim().split('\n').map(l => JSON.parse(l) as Figure)
  expect(bmm).toMatchObject({ workload: 'bmm', peerError: 'its suite has no bmm' })
  expect(tiny).toMatchObject({ workload: 'mlp-tiny', threads: 1, unit: 'ms', peer: { name: 'fake-1.0' } })
  expect(tiny.peer!.ratio).toBeCloseTo(tiny.peer!.value / tiny.value, 10)
  expect((await readFile(log, 'utf8')).length).toBeGreaterThanOrEqual(6)
})

test('the chart of ratios: a bar a figure of the peer, the mark at 1, long bars cut', () => {
  const figure = (workload: string, ratio: number): Figure => ({
    workload, device: 'native', threads: 1, value: 1, unit: 'ms', peer: { name: 'a<b', value: ratio, ratio },
  })
  const text = svg([
    figure('one', 1),
    figure('fast', 30),
    { ...figure('none', 1), peer: undefined } as unknown as Figure,
  ])
  const bars = [...text.matchAll(/<rect x="150" y="\d+" width="([\d.]+)"/g)].map(m => Number(m[1]))
  expect(bars).toHaveLength(2)
  expect(bars[1] / bars[0]).toBeCloseTo(4, 2)
  expect(text).toContain('relative to a&lt;b')
  expect(text).toContain('30.00×')
})
