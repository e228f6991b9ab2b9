/** @file The callback that writes how training goes for TensorBoard. */
import { join } from 'node:path'
import { DataError, type train } from 'diffeo'
import { EventWriter, type HParams } from './writer.ts'

export interface TensorBoardOptions {
  /** Loss and learning rate are written every so many steps, beside the numbers of each epoch; never, if not given. */
  readonly everySteps?: number
  /** Histograms of all weights are written every so many epochs; never, if not given. */
  readonly histograms?: number
  /** What the run was told: batch size, rate and so on. */
  readonly hparams?: HParams
}

const names = ['everySteps', 'histograms', 'hparams']

/**
 * Writes event files: the numbers of each epoch into `FOLDER/train`, those of validation by the same names into
 * `FOLDER/validation`, so that TensorBoard draws both in one chart; on the x axis are steps. A run that is resumed goes
 * on in the same folder, and what it wrote after its checkpoint is void.
 * @throws DataError where an option is unknown, or no whole number from 1
 * @example await fit(model, data, { …, callbacks: [new TensorBoard('runs/mine/tensorboard', { histograms: 1 })] })
 */
export class TensorBoard implements train.Callback {
  readonly folder: string
  readonly #options: TensorBoardOptions
  #train: EventWriter | null = null
  #validation: EventWriter | null = null

  constructor(folder: string, options: TensorBoardOptions = {}) {
    const unknown = Object.keys(options).find(name => !names.includes(name))
    if (unknown) throw new DataError(`TensorBoard has no option '${unknown}'; there are ${names.join(', ')}`)
    for (const name of ['everySteps', 'histograms'] as const) {
      const n = options[name]
      if (n !== undefined && !(Number.isSafeInteger(n) && n > 0))
        throw new DataError(`TensorBoard: ${name} is ${n}; it must be a whole number from 1`)
    }
    this.folder = folder
    this.#options = options
  }

  onTrainBegin({ step }: train.Training): void {
    const first = step === 0 ? 0 : step + 1
    this.#train = new EventWriter(join(this.folder, 'train'), { first })
    this.#validation = new EventWriter(join(this.folder, 'validation'), { first })
    if (this.#options.hparams && step === 0) this.#train.hparams(this.#options.hparams)
  }

  async onBatchEnd(training: train.Training, loss: number): Promise<void> {
    const { everySteps } = this.#options
    if (!everySteps || training.step % everySteps !== 0) return
    this.#train?.scalar('batch/loss', loss, training.step)
    this.#train?.scalar('batch/lr', training.optimizer.lr, training.step)
    await this.#train?.flush()
  }

  async onEpochEnd({ model, step, epoch }: train.Training, record: train.EpochRecord): Promise<void> {
    let validated = false
    for (const [name, value] of Object.entries(record)) {
      const ofValidation = /^val([A-Z])(.*)$/.exec(name)
      if (ofValidation) this.#validation?.scalar(ofValidation[1].toLowerCase() + ofValidation[2], value, step)
      else if (name !== 'epoch') this.#train?.scalar(name, value, step)
      validated ||= ofValidation !== null
    }
    const { histograms } = this.#options
    if (histograms && epoch % histograms === 0) {
      for (const [name, t] of Object.entries(model.stateDict()))
        this.#train?.histogram(`weights/${name}`, Array.from(await t.data(), Number), step)
    }
    await this.#train?.flush()
    // else an empty run would be listed
    if (validated) await this.#validation?.flush()
  }

  async onTrainEnd(): Promise<void> { await this.#train?.flush() }
}
