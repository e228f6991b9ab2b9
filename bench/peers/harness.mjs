/**
 * What the JavaScript suites share: arguments, finding the peers, timing, and the cold start.
 *
 * A suite is a table from a workload's name to { make, flops? }: make() builds the step, which is built only if it is
 * asked for. Every figure is one JSON line; a workload that a peer cannot do is a line with "error".
 */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

const WARM_UPS = 3
const LEAST_STEPS = 5
const READY = 'ready'

/** The arguments every suite takes, and whatever else it names. */
export function parseArguments(more = {}) {
  const { values } = parseArgs({
    options: {
      threads: { type: 'string', default: '2' },
      only: { type: 'string', default: '' },
      seconds: { type: 'string', default: '2' },
      modules: { type: 'string', default: process.env.DIFFEO_PEERS ?? '' },
      cold: { type: 'boolean', default: false }, // for the suite itself: be the process that is timed
      ...more,
    },
  })
  return { ...values, threads: Number(values.threads), seconds: Number(values.seconds) }
}

/** The peers of a folder where they were installed with npm. */
export function peersIn(folder) {
  if (!folder) {
    console.error('say where the peers are installed: --modules DIR or DIFFEO_PEERS=DIR (see README.md)')
    process.exit(2)
  }
  const require = createRequire(join(resolve(folder), 'package.json'))
  const home = name => join(resolve(folder), 'node_modules', name)
  return {
    load: name => require(name),
    home,
    version: name => JSON.parse(readFileSync(join(home(name), 'package.json'), 'utf8')).version,
  }
}

/** Standard normal numbers, the same ones at each run. */
let state = 1
export function normal(count, scale = 1) {
  const uniform = () => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) + 0.5) / 2 ** 32
  return Float32Array.from(
    { length: count },
    () => scale * Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
  )
}

/** One-hot rows for labels drawn at random. */
export function oneHot(count, classes) {
  const rows = new Float32Array(count * classes)
  for (let i = 0; i < count; i++) rows[i * classes + (Math.abs(normal(1, 1e6)[0]) | 0) % classes] = 1
  return rows
}

/** The matrix products, given how a peer makes the step for the shapes of two factors. */
export function gemms(make) {
  const sizes = [64, 128, 256, 512, 1024, 2048].map(n => [`gemm-${n}`, n, n, n])
  const others = [
    ['gemm-tall-fwd', 4096, 64, 512],
    ['gemm-tall-dw', 64, 4096, 512],
    ['gemm-tall-dx', 4096, 512, 64],
    ['gemv', 4096, 4096, 1],
  ]
  const workload = (m, k, n) => ({ flops: 2 * m * k * n, make: () => make([m, k], [k, n]) })
  return Object.fromEntries([...sizes, ...others].map(([name, ...mkn]) => [name, workload(...mkn)]))
}

const wanted = (name, only) => {
  const names = only.split(',').filter(Boolean)
  return names.length === 0 || names.some(n => name === n || name.startsWith(`${n}-`))
}

const median = times => times.sort((a, b) => a - b)[times.length >> 1]
const round = (x, digits) => Number(x.toFixed(digits))

/** The median and the first time of step(), in ms; a step longer than `seconds` is taken once more, and no oftener. */
async function measure(step, seconds) {
  const timed = async () => {
    const start = performance.now()
    await step()
    return performance.now() - start
  }
  const first = await timed()
  const slow = first > seconds * 1e3
  for (let i = 0; i < (slow ? 0 : WARM_UPS); i++) await step()
  const times = []
  const begin = performance.now()
  while (performance.now() - begin < seconds * 1e3 || times.length < (slow ? 1 : LEAST_STEPS)) times.push(await timed())
  return { ms: round(median(times), 4), first_ms: round(first, 2) }
}

/** Wall ms from starting a process until it says that its first mlp-step has ended. */
function coldStart(args) {
  return new Promise((done, fail) => {
    const start = performance.now()
    const child = spawn(process.execPath, [...process.argv.slice(1), ...args, '--cold'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    child.stdout.on('data', text => {
      if (!String(text).includes(READY)) return
      done(performance.now() - start)
      child.kill()
    })
    child.on('exit', () => fail(new Error('the child ended without a step')))
  })
}

/** Measures what of a suite is asked for; coldArguments are what a fresh process needs to be this peer. */
export async function runSuite(peer, args, workloads, coldArguments = []) {
  if (args.cold) {
    await (await workloads['mlp-step'].make())()
    console.log(READY)
    return
  }
  const report = (workload, figures) =>
    console.log(JSON.stringify({ peer, workload, threads: args.threads, ...figures }))
  for (const [name, { make, flops }] of Object.entries(workloads)) {
    if (!wanted(name, args.only)) continue
    try {
      const figures = await measure(await make(), args.seconds)
      report(name, flops ? { ...figures, gflops: round(flops / figures.ms / 1e6, 1) } : figures)
    } catch (error) {
      report(name, { error: String(error.message ?? error).split('\n')[0] })
    }
  }
  if (!wanted('cold', args.only)) return
  const times = []
  const begin = performance.now()
  while (performance.now() - begin < args.seconds * 1e3 || times.length < LEAST_STEPS)
    times.push(await coldStart(coldArguments))
  const first = times[0]
  report('cold', { ms: round(median(times), 1), first_ms: round(first, 1) })
}
