import { profile, type Profile } from '../../tensor/index.ts'
import { DataError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'
import type { Callback } from '../callback.ts'

export interface ProfilerOptions {
  /** Steps that pass before: 3, in which the step is compiled. */
  skip?: number
  /** Steps that are timed: 20. */
  steps?: number
}

/**
 * Times the kernels of some steps of training, with all that happens between them. `profile` is the table afterwards;
 * null where training was over before.
 * @example
 * const profiler = new train.Profiler()
 * await fit(model, data, { …, callbacks: [profiler] })
 * console.log(String(profiler.profile))
 */
export class Profiler implements Callback {
  readonly steps: number
  profile: Profile | null = null
  readonly #skip: number
  #seen = 0
  #finish: (() => void) | null = null
  #running: Promise<Profile> | null = null

  constructor(options: ProfilerOptions = {}) {
    checkOptions('Profiler', options, { skip: true, steps: true })
    const { skip = 3, steps = 20 } = options
    if (!Number.isSafeInteger(skip) || skip < 0)
      throw new DataError(`Profiler: skip is ${skip}; it must be a whole number from 0`)
    if (!Number.isSafeInteger(steps) || steps < 1)
      throw new DataError(`Profiler: steps is ${steps}; it must be a whole number from 1`)
    this.#skip = skip
    this.steps = steps
  }

  onBatchBegin(): void {
    if (this.#seen++ === this.#skip)
      this.#running = profile(
        () =>
          new Promise<void>(resolve => {
            this.#finish = resolve
          }),
      )
  }
  async onBatchEnd(): Promise<void> { if (this.#seen === this.#skip + this.steps) this.profile = await this.#end() }
  async onTrainEnd(): Promise<void> { if (this.#running) await this.#end() }

  async #end(): Promise<Profile> {
    this.#finish!()
    const found = await this.#running!
    this.#running = null
    return found
  }
}
