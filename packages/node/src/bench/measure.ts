/** @file Timing a step, here and in a fresh process. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { DiffeoError } from 'diffeo'
import type { Step, Workload } from './workloads.ts'

const WARM_UPS = 3
const LEAST_STEPS = 3

/** A workload that was made and has run: its first call is timed apart. */
export class Made {
  readonly step: Step
  readonly firstMs: number
  private readonly inner: number

  constructor({ make, inner = 1 }: Workload) {
    this.step = make()
    this.inner = inner
    this.firstMs = this.once()
    for (let i = 0; i < WARM_UPS; i++) this.step()
  }

  private once(): number {
    const start = performance.now()
    this.step()
    return performance.now() - start
  }

  /** The ms of each of the steps that fit in so many seconds, and of three at least. */
  async run(seconds: number): Promise<number[]> {
    const times: number[] = []
    const begin = performance.now()
    while (performance.now() - begin < seconds * 1e3 || times.length < LEAST_STEPS) {
      times.push(this.once() / this.inner)
      // a turn of the event loop: what the collector found is freed there
      if (times.length % 64 === 0) await new Promise(setImmediate)
    }
    return times
  }
}

export const median = (times: readonly number[]): number => [...times].sort((a, b) => a - b)[times.length >> 1]

/** What is measured on fresh processes: wall ms to the end of a first mlp-step, peak MiB after 20 resnet-steps. */
export type Fresh = 'cold' | 'memory'
export const isFresh = (name: string): name is Fresh => name === 'cold' || name === 'memory'

/** The figure of a fresh process that does the workload on a device. */
export function inFreshProcess(name: Fresh, device: string, threads: number): Promise<number> {
  const script = fileURLToPath(new URL('fresh.js', import.meta.url))
  const start = performance.now()
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [script, name], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, DIFFEO_DEVICE: device, DIFFEO_THREADS: String(threads) },
    })
    let complaint = ''
    child.stderr.on('data', text => { complaint += text })
    child.stdout.on('data', text => {
      done(name === 'cold' ? performance.now() - start : Number(text))
      child.kill()
    })
    child.on('error', fail)
    child.on('exit', () => fail(new DiffeoError(`bench ${name}: the process ended without a figure: ${complaint}`)))
  })
}

/** Peak resident MiB of this process. Where the system says it, without what its parent had when it was forked. */
export function ownPeak(): number {
  try {
    const found = /VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))
    if (found) return Number(found[1]) / 1024
  } catch {
    // not Linux
  }
  return process.resourceUsage().maxRSS / 1024
}
