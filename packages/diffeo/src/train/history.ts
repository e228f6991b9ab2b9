/** @file What happened, epoch by epoch. */

/**
 * The means of an epoch: `loss`, metrics, what a step logged, with `val` in front for validation; `epoch`, `lr`,
 * `seconds`.
 */
export type EpochRecord = { epoch: number; lr: number; seconds: number } & Record<string, number>

/** Why training ended; 'running' until it has, and for good where an error or the process's end cut it. */
export type Ending = 'running' | 'finished' | 'stopped' | 'aborted'

/** @example (await fit(…)).series('valAccuracy') // [0.94, 0.96] */
export class History {
  readonly epochs: EpochRecord[] = []
  ending: Ending = 'running'
  /** What stopped it early: the word of a callback or the signal. */
  reason = ''
  /** Optimizer steps taken, over all epochs. */
  steps = 0

  /** The values of a name, one an epoch. */
  series(name: string): number[] { return this.epochs.filter(e => name in e).map(e => e[name]) }
  /** The latest record. */
  get last(): EpochRecord | undefined { return this.epochs.at(-1) }

  toJSON(): HistoryData { return { epochs: this.epochs, ending: this.ending, reason: this.reason, steps: this.steps } }
  static from(data: HistoryData): History {
    const history = new History()
    history.epochs.push(...data.epochs)
    return Object.assign(history, { ending: data.ending, reason: data.reason, steps: data.steps })
  }
}

export interface HistoryData { epochs: EpochRecord[]; ending: Ending; reason: string; steps: number }
