/** @file `profile`: how long each kernel takes, and how much of what the machine gives that is. */
import { executor, type Device, type KernelRun, type Peaks } from '../graph/executor.ts'
import { DiffeoError, TraceError } from '../util/errors.ts'
import { scaled, table } from './explain.ts'
import { isTracing } from './scope.ts'

export type { KernelRun, Peaks }

/** All runs of one kernel of one program. */
export interface KernelProfile {
  readonly program: string
  readonly name: string
  /** The shape of its result, and the module that it is part of: `[32,64,8,8] layer2.0.first backward`. */
  readonly about: string
  readonly device: Device
  readonly calls: number
  /** Of all calls, as are the next two. */
  readonly ms: number
  readonly flops: number
  readonly bytes: number
  /** The least time that flops and bytes need at the measured peaks, as a share of the time taken; null: no peaks. */
  readonly roofline: number | null
}

/** What ran, kernel by kernel, the longest first. `String(profile)` is a table. */
export interface Profile {
  readonly kernels: readonly KernelProfile[]
  /** From beginning to end, and the part of it inside of kernels: the rest is tracing, compiling, and your own code. */
  readonly ms: number
  readonly kernelMs: number
  readonly flops: number
  readonly bytes: number
  /** The least time that all kernels could take at the peaks, as a share of the time they took. */
  readonly roofline: number | null
  /** What kernels are measured by, for each device that ran any. */
  readonly peaks: ReadonlyMap<Device, Peaks>
  toString(): string
  /** Every call on a time line, as JSON for chrome://tracing or https://ui.perfetto.dev. */
  trace(): string
}

export interface ProfileOptions {
  /** Peaks of the device in force that were measured before (`measurePeaks`), to save the time; null: none. */
  peaks?: Peaks | null
}

/**
 * What the device in force can do with the threads it has, measured now: multiply-adds in registers, and a = b + 2c
 * over three working sets, in cache and in memory. Each of the four is repeated for `seconds`, and the quickest run
 * counts. Null on a device that compiles nothing.
 * @example
 * const peaks = measurePeaks({ seconds: 0.05 })
 * if (peaks) console.log(`${peaks.flops / 1e9} GFLOP/s`)
 */
export const measurePeaks = ({ seconds = 0.2 }: { seconds?: number } = {}): Peaks | null =>
  executor().peaks?.(undefined, seconds) ?? null

/**
 * Runs f, which may be asynchronous, and times every kernel that runs until it is done: what f only describes and never
 * asks for (`a.add(1)` without `await data()`, outside of `compile`) runs no kernel. The first call of a compiled
 * mapping compiles it: call it once before. Kernels run one by one, a fraction of a microsecond longer than otherwise,
 * and afterwards the machine's peaks are measured, unless they are given.
 * @throws TraceError inside a trace, or inside another profile; DiffeoError where f is no function
 * @example
 * step(x, y)
 * const report = await profile(() => { for (let i = 0; i < 10; i++) step(x, y) })
 * console.log(String(report))
 */
export async function profile(f: () => unknown, { peaks: given }: ProfileOptions = {}): Promise<Profile> {
  if (typeof f !== 'function')
    throw new DiffeoError(`profile: expected a function that runs what is to be timed, ${typeof f} was given`)
  if (isTracing()) throw new TraceError('profile inside a trace would time the tracing: call it outside')
  if (busy) throw new TraceError('profile inside of another profile: the outer one times all kernels already')
  const runtime = executor()
  const runs: KernelRun[] = []
  busy = true
  const start = performance.now()
  try {
    runtime.watch?.(run => { runs.push(run) })
    await f()
  } finally {
    runtime.watch?.(null)
    busy = false
  }
  const ms = performance.now() - start
  const peaks = new Map<Device, Peaks>()
  for (const device of new Set(runs.map(r => r.device))) {
    const found = given !== undefined && device === runtime.device ? given : runtime.peaks?.(device)
    if (found) peaks.set(device, found)
  }
  return new Profiled(runs, start, ms, peaks)
}
let busy = false

/** The rate for a working set of so many bytes: between two that were measured, in proportion to the logarithms. */
function rateAt(bytes: number, bandwidth: Peaks['bandwidth']): number {
  const above = bandwidth.findIndex(b => bytes <= b.bytes)
  if (above === 0) return bandwidth[0].rate
  if (above < 0) return bandwidth[bandwidth.length - 1].rate
  const [low, high] = [bandwidth[above - 1], bandwidth[above]]
  const part = Math.log(bytes / low.bytes) / Math.log(high.bytes / low.bytes)
  return low.rate * (high.rate / low.rate) ** part
}

/** The least seconds that a kernel can take: for its operations, or for its bytes. */
const leastSeconds = ({ flops, bytes }: KernelRun, peaks: Peaks): number =>
  Math.max(flops / peaks.flops, bytes / rateAt(bytes, peaks.bandwidth))

function summed(runs: readonly KernelRun[], peaks: ReadonlyMap<Device, Peaks>): KernelProfile[] {
  const groups = new Map<string, KernelRun[]>()
  for (const run of runs) {
    const key = `${run.device} ${run.program} ${run.call} ${run.name}`
    const same = groups.get(key)
    if (same) same.push(run)
    else groups.set(key, [run])
  }
  const sum = (list: readonly KernelRun[], of: (r: KernelRun) => number): number => list.reduce((s, r) => s + of(r), 0)
  const rows = [...groups.values()].map((group): KernelProfile => {
    const { program, name, about, device } = group[0]
    const ms = sum(group, r => r.end - r.start)
    const peak = peaks.get(device)
    const least = peak && sum(group, r => leastSeconds(r, peak))
    return {
      program,
      name,
      about,
      device,
      calls: group.length,
      ms,
      flops: sum(group, r => r.flops),
      bytes: sum(group, r => r.bytes),
      roofline: least === undefined || ms === 0 ? null : (least * 1e3) / ms,
    }
  })
  return rows.sort((a, b) => b.ms - a.ms)
}

const peakLine = ([device, { flops, bandwidth }]: [Device, Peaks]): string =>
  `peaks of ${device}: ${scaled(flops)}flop/s, ${bandwidth.map(b => `${scaled(b.rate)}B/s in ${scaled(b.bytes)}B`).join(', ')}`

/** More rows than anybody reads are left out, with a word. */
const SHOWN = 40

class Profiled implements Profile {
  readonly kernels: readonly KernelProfile[]
  readonly ms: number
  readonly kernelMs: number
  readonly flops: number
  readonly bytes: number
  readonly roofline: number | null
  readonly peaks: ReadonlyMap<Device, Peaks>
  readonly #runs: readonly KernelRun[]
  readonly #start: number

  constructor(runs: readonly KernelRun[], start: number, ms: number, peaks: ReadonlyMap<Device, Peaks>) {
    this.#runs = runs
    this.#start = start
    this.ms = ms
    this.peaks = peaks
    this.kernels = summed(runs, peaks)
    const sum = (of: (k: KernelProfile) => number): number => this.kernels.reduce((s, k) => s + of(k), 0)
    this.kernelMs = sum(k => k.ms)
    this.flops = sum(k => k.flops)
    this.bytes = sum(k => k.bytes)
    const known = this.kernels.length > 0 && this.kernels.every(k => k.roofline !== null)
    this.roofline = known ? sum(k => k.roofline! * k.ms) / this.kernelMs : null
  }

  toString(): string {
    const shown = this.kernels.slice(0, SHOWN)
    const rest = this.kernels.slice(SHOWN)
    const several = new Set(this.kernels.map(k => k.program)).size > 1
    const share = (part: number | null): string =>
      (part === null || Number.isNaN(part) ? '' : `${(100 * part).toFixed(1)} %`)
    const rate = (amount: number, ms: number): string => (ms > 0 ? scaled(amount / ms * 1e3) : '')
    type Cost = Pick<KernelProfile, 'ms' | 'flops' | 'bytes' | 'roofline'>
    const row = (name: string, calls: string, { ms, flops, bytes, roofline }: Cost): string[] => [
      name, calls, ms.toFixed(3), share(ms / this.kernelMs),
      rate(flops, ms), rate(bytes, ms), share(roofline),
    ]
    const left = rest.reduce((s, k) => s + k.ms, 0)
    const lines = table([
      ['kernel', 'calls', 'ms', 'of all', 'flops/s', 'bytes/s', 'of peak'],
      ...shown.map(k => row(`${several ? `${k.program}: ` : ''}${k.name} ${k.about}`, String(k.calls), k)),
      ...(rest.length > 0
        ? [[`${rest.length} more`, '', left.toFixed(3), share(left / this.kernelMs), '', '', '']]
        : []),
      row('all kernels', '', { ...this, ms: this.kernelMs }),
    ])
    return [
      lines,
      `${this.ms.toFixed(3)} ms in all, ${(this.ms - this.kernelMs).toFixed(3)} ms of them outside of kernels`,
      ...[...this.peaks].map(peakLine),
    ].join('\n')
  }

  trace(): string {
    const devices = [...new Set(this.#runs.map(r => r.device))]
    const names = devices.map((name, tid) => ({ ph: 'M', name: 'thread_name', pid: 1, tid, args: { name } }))
    const events = this.#runs.map(r => ({
      ph: 'X', name: r.name, cat: r.program, pid: 1, tid: devices.indexOf(r.device),
      ts: (r.start - this.#start) * 1e3, dur: (r.end - r.start) * 1e3,
      args: { about: r.about, program: r.program, flops: r.flops, bytes: r.bytes, turns: r.turns },
    }))
    return JSON.stringify({ traceEvents: [...names, ...events], displayTimeUnit: 'ms' })
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string { return this.toString() }
}
