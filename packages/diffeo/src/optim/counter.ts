/**
 * @file How many steps each parameter has taken. A parameter that a step skips (frozen, no gradient) falls behind: its
 * count is the optimizer's less the steps it missed. The first is one cell for all; the second is read only for
 * parameters that ever missed one.
 */
import { Buffer, tensor, zeros, type Device, type Tensor } from '../tensor/index.ts'
import { configuration, observe } from '../util/configuration.ts'

type Assignment = readonly [Buffer, Tensor]

export class Counter {
  readonly #steps: Buffer
  readonly #missed: Buffer
  readonly #size: number
  #late: ReadonlySet<number> = new Set()

  constructor(size: number, device: Device | undefined) {
    this.#size = size
    this.#steps = new Buffer(zeros([], { dtype: 'int32', device }), { name: 'step' })
    this.#missed = new Buffer(zeros([size], { dtype: 'int32', device }), { name: 'steps missed' })
  }

  /**
   * The counts after a step that all but `skipped` take: of each parameter, and what to assign. `amount` is 1, or 0
   * while gradients are still gathered.
   */
  advance(skipped: readonly number[], amount: Tensor | number): { of: (i: number) => Tensor; updates: Assignment[] } {
    const fresh = skipped.filter(i => !this.#late.has(i))
    if (fresh.length > 0) {
      this.#late = new Set([...this.#late, ...fresh])
      configuration.changed()
    }
    const late = observe(() => this.#late)
    const missed: Tensor = this.#missed
    const steps = this.#steps.add(amount)
    const updates: Assignment[] = [[this.#steps, steps]]
    if (skipped.length > 0) {
      const mask = new Int32Array(this.#size)
      for (const i of skipped) mask[i] = 1
      updates.push([this.#missed, missed.add(tensor(mask, { device: missed.device }).mul(amount))])
    }
    return { updates, of: i => (late.has(i) ? steps.sub(missed.index(i)) : steps) }
  }

  /** The count of each parameter now, as PyTorch keeps it: float32. */
  counts(): Tensor[] {
    const all = this.#steps.sub(this.#missed).cast('float32').detach()
    return Array.from({ length: this.#size }, (_, i) => all.index(i))
  }

  /** What sets the counts. */
  restore(counts: readonly number[]): Assignment[] {
    const steps = Math.max(0, ...counts)
    this.#late = new Set(counts.flatMap((n, i) => (n < steps ? [i] : [])))
    configuration.changed()
    const { device } = this.#steps
    return [
      [this.#steps, tensor(Int32Array.of(steps), { shape: [], device })],
      [this.#missed, tensor(Int32Array.from(counts, n => steps - n), { device })],
    ]
  }
}
