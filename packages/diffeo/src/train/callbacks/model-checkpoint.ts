import { makeFolderOf } from '../../io/file-system.ts'
import { save } from '../../io/state.ts'
import { DiffeoError } from '../../util/errors.ts'
import { checkOptions, whatIs } from '../../util/options.ts'
import type { Callback, Training } from '../callback.ts'
import type { EpochRecord } from '../history.ts'
import { monitored, signOf } from './monitor.ts'

export interface ModelCheckpointOptions {
  /** Saves only what is better than before by this value: 'valLoss'. Without it, every epoch is saved. */
  monitor?: string
  /** Whether less or more is better; what the metric says, if not given. */
  mode?: 'min' | 'max'
}

/**
 * Saves the model's weights after epochs, `{epoch}` in the path being replaced.
 * @example new ModelCheckpoint('best.safetensors', { monitor: 'valAccuracy' })
 */
export class ModelCheckpoint implements Callback {
  readonly path: string
  readonly #monitor: string | undefined
  readonly #mode: 'min' | 'max' | undefined
  #sign: 1 | -1 = 1
  #best = Infinity

  constructor(path: string, options: ModelCheckpointOptions = {}) {
    checkOptions('ModelCheckpoint', options, { monitor: true, mode: true })
    const { monitor, mode } = options
    if (typeof path !== 'string' || path === '')
      throw new DiffeoError(`ModelCheckpoint: the path is ${whatIs(path)}, and must name a file: 'best.safetensors'`)
    this.path = path
    this.#monitor = monitor
    this.#mode = mode
  }

  async onTrainBegin(training: Training): Promise<void> {
    if (this.#monitor) this.#sign = signOf('ModelCheckpoint', this.#monitor, this.#mode, training)
    await makeFolderOf('ModelCheckpoint', this.path)
  }

  async onEpochEnd(training: Training, record: EpochRecord): Promise<void> {
    if (this.#monitor) {
      const found = monitored('ModelCheckpoint', this.#monitor, record, training)
      if (found === null || !(found * this.#sign < this.#best)) return
      this.#best = found * this.#sign
    }
    const path = this.path.replaceAll('{epoch}', String(record.epoch))
    await save(path, training.model.stateDict(), { metadata: { epoch: String(record.epoch) } })
  }

  stateDict(): unknown { return this.#best }
  loadStateDict(best: number): void { this.#best = best }
}
