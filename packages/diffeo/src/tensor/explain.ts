/** @file `explain`: the kernels that a mapping becomes, without running it. */
import { executor, type KernelCost } from '../graph/executor.ts'
import { DeviceError, TraceError } from '../util/errors.ts'
import { describeCall } from './compile/signature.ts'
import { trace } from './compile/trace.ts'
import { isTracing } from './scope.ts'

export type { KernelCost }

/** The kernels in the order in which they run; sums over them. `String(explanation)` is a table. */
export interface Explanation {
  readonly kernels: readonly KernelCost[]
  readonly flops: number
  readonly bytes: number
  toString(): string
}

/**
 * The kernels, bytes and flops that f becomes for such arguments. Nothing is run and nothing changes: f is traced as
 * `compile` would (so its own code is called once), and what it does to parameters is only counted.
 * @param f - a mapping, compiled or not
 * @throws TraceError where f asks for a value
 * @example console.log(String(explain(step, x, y)))
 */
export function explain<A extends unknown[]>(f: (...args: A) => unknown, ...args: A): Explanation {
  if (isTracing()) throw new TraceError('explain inside a trace would be of no use to the program: call it outside')
  const name = f.name || 'anonymous'
  const runtime = executor()
  const call = describeCall(name, runtime.device, args)
  const { graph, updates } = trace(name, f, call, true)
  if (!runtime.explain) throw new DeviceError(`explain: the device '${runtime.device}' cannot say what it would do`)
  return new Explained(name, runtime.explain(graph, updates, name, call.tensors[0]?.device))
}

class Explained implements Explanation {
  readonly kernels: readonly KernelCost[]
  readonly flops: number
  readonly bytes: number
  readonly #name: string

  constructor(name: string, kernels: readonly KernelCost[]) {
    this.#name = name
    this.kernels = kernels
    this.flops = kernels.reduce((sum, k) => sum + k.times * k.flops, 0)
    this.bytes = kernels.reduce((sum, k) => sum + k.times * k.bytes, 0)
  }

  toString(): string {
    const total = `${this.#name}: ${this.kernels.length} kernel${this.kernels.length === 1 ? '' : 's'}`
    const label = ({ name, about, times }: KernelCost): string => `${name} ${about}${times > 1 ? ` ×${times}` : ''}`
    const rows = [
      ['kernel', 'turns', 'flops', 'bytes'],
      ...this.kernels.map(k => [label(k), String(k.turns), scaled(k.flops), scaled(k.bytes)]),
      [total, '', scaled(this.flops), scaled(this.bytes)],
    ]
    return table(rows)
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string { return this.toString() }
}

/** Rows as lines, the first column to the left and the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, i) => Math.max(...rows.map(r => r[i].length)))
  return rows
    .map(r => r.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '))
    .join('\n')
}

const units = ['', ' k', ' M', ' G', ' T', ' P']
export function scaled(n: number): string {
  let power = 0
  let value = n
  while (value >= 1000 && power < units.length - 1) { value /= 1000; power++ }
  return `${power === 0 ? value : value.toPrecision(3)}${units[power]}`
}
