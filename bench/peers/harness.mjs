/**
 * What the JavaScript suites share: arguments, finding the peers, timing, and the cold start.
 *
 * A suite is a table from a workload's name to { make, flops?, inner? }: make() builds the step, which is built only if
 * it is asked for; `inner` says how often a step does the thing that is timed. Every figure is one JSON line; a
 * workload that a peer cannot do is a line with "error".
 */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'

const WARM_UPS = 3
const LEAST_STEPS = 5
const READY = 'ready'
/** What takes longer is not warmed up. */
const SLOW_MS = 2000

/** The arguments every suite takes, and whatever else it names. */
export function parseArguments(more = {}) {
  const { values } = parseArgs({
    options: {
      threads: { type: 'string', default: '2' },
      only: { type: 'string', default: '' },
      seconds: { type: 'string', default: '2' },
      modules: { type: 'string', default: process.env.DIFFEO_PEERS ?? '' },
      serve: { type: 'boolean', default: false }, // do what the lines of standard input say, for diffeo bench --peer
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

/** Products so small that a call costs as much: so many of them, independent, in one call. */
const SMALL_PRODUCTS = 64

/**
 * The matrix products, given how a peer makes the step for the shapes of two factors, and for so many pairs of n×n
 * matrices.
 */
export function gemms(make, makeMany) {
  const small = [64, 128].map(n =>
    [`gemm-${n}`, { flops: 2 * n ** 3, inner: SMALL_PRODUCTS, make: () => makeMany(n, SMALL_PRODUCTS) }])
  const sizes = [256, 512, 1024, 2048].map(n => [`gemm-${n}`, n, n, n])
  const others = [
    ['gemm-tall-fwd', 4096, 64, 512],
    ['gemm-tall-dw', 64, 4096, 512],
    ['gemm-tall-dx', 4096, 512, 64],
    ['gemv', 4096, 4096, 1],
  ]
  const workload = (m, k, n) => ({ flops: 2 * m * k * n, make: () => make([m, k], [k, n]) })
  return Object.fromEntries([...small, ...[...sizes, ...others].map(([name, ...mkn]) => [name, workload(...mkn)])])
}

const wanted = (name, only) => {
  const names = only.split(',').filter(Boolean)
  return names.length === 0 || names.some(n => name === n || name.startsWith(`${n}-`))
}

const median = times => times.sort((a, b) => a - b)[times.length >> 1]
const round = (x, digits) => Number(x.toFixed(digits))

async function timed(step) {
  const start = performance.now()
  await step()
  return performance.now() - start
}

/** The ms of each of the steps that fit in so many seconds, and of a few at least. */
async function repeat(step, seconds, inner, least) {
  const times = []
  const begin = performance.now()
  while (performance.now() - begin < seconds * 1e3 || times.length < least) times.push(await timed(step) / inner)
  return times
}

/** The median and the first time of step(), in ms; a step longer than `seconds` is taken once more, and no oftener. */
async function measure(step, seconds, inner = 1) {
  const first = await timed(step)
  const slow = first > seconds * 1e3
  for (let i = 0; i < (slow ? 0 : WARM_UPS); i++) await step()
  const times = await repeat(step, seconds, inner, slow ? 1 : LEAST_STEPS)
  return { ms: round(median(times), 4), first_ms: round(first, 2) }
}

/** Answers each line of standard input: { make: name }, { run: seconds }, { fresh: 'cold' }. */
async function serve(peer, workloads, coldArguments) {
  const say = answer => console.log(JSON.stringify(answer))
  let held = null
  const answer = async ({ make, run, fresh }) => {
    if (make !== undefined) {
      if (!workloads[make]) throw new Error(`its suite has no ${make}`)
      held = { step: await workloads[make].make(), inner: workloads[make].inner ?? 1 }
      const first = await timed(held.step)
      for (let i = 0; i < (first > SLOW_MS ? 0 : WARM_UPS); i++) await held.step()
      return [first]
    }
    if (run !== undefined) return repeat(held.step, run, held.inner, 1)
    if (fresh !== 'cold') throw new Error(`its suite has no ${fresh}`)
    return [await coldStart(coldArguments)]
  }
  say({ peer })
  for await (const line of createInterface(process.stdin)) {
    try {
      say({ times: await answer(JSON.parse(line)) })
    } catch (error) {
      say({ error: String(error.message ?? error).split('\n')[0] })
    }
  }
}

/** Wall ms from starting a process until it says that its first mlp-step has ended. */
function coldStart(args) {
  return new Promise((done, fail) => {
    const start = performance.now()
    const own = process.argv.slice(1).filter(a => a !== '--serve')
    const child = spawn(process.execPath, [...own, ...args, '--cold'], {
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
  if (args.serve) return serve(peer, workloads, coldArguments)
  const report = (workload, figures) =>
    console.log(JSON.stringify({ peer, workload, threads: args.threads, ...figures }))
  for (const [name, { make, flops, inner }] of Object.entries(workloads)) {
    if (!wanted(name, args.only)) continue
    try {
      const figures = await measure(await make(), args.seconds, inner)
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
