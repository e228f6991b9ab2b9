import { checkOptions } from '../../util/options.ts'
import type { Callback, Training } from '../callback.ts'
import type { EpochRecord } from '../history.ts'

export interface ProgressBarOptions {
  /** Where text goes; the process's output, or the console. */
  write?: (text: string) => void
  /** Whether one line is rewritten (a terminal), or one line an epoch is written. */
  live?: boolean
  /** Columns of the terminal. */
  columns?: number
}

interface Stream { write(text: string): unknown; isTTY?: boolean; columns?: number }
const standardOutput = (): Stream | undefined => (globalThis as { process?: { stdout?: Stream } }).process?.stdout

const between = 80
const widest = 20

/**
 * Shows how training goes: epoch, batches, loss, metrics, examples a second and the time left. On a terminal one line
 * is rewritten; elsewhere each epoch is a line. @example await fit(model, loader, { …, callbacks: [new ProgressBar()]
 * })
 */
export class ProgressBar implements Callback {
  readonly #write: (text: string) => void
  readonly #live: boolean
  readonly #columns: number
  #started = 0
  #skipped = 0
  #shown = 0
  #length = 0

  constructor(options: ProgressBarOptions = {}) {
    checkOptions('ProgressBar', options, { write: true, live: true, columns: true })
    const { write, live, columns } = options
    const out = standardOutput()
    this.#write = write ?? (out ? text => { out.write(text) } : text => { console.log(text.trimEnd()) })
    this.#live = live ?? (write === undefined && out?.isTTY === true)
    this.#columns = columns ?? out?.columns ?? 100
  }

  onEpochBegin(training: Training): void {
    this.#started = performance.now()
    this.#skipped = training.examples
    this.#shown = 0
  }

  async onBatchEnd(training: Training): Promise<void> {
    if (!this.#live || performance.now() - this.#shown < between) return
    this.#shown = performance.now()
    this.#rewrite(this.#line(training, await training.means(), true))
  }

  onEpochEnd(training: Training, record: EpochRecord): void {
    const { epoch: _, lr: __, seconds, ...values } = record
    const line = `${this.#line(training, values, false)}  ${clock(seconds)}`
    if (this.#live) this.#rewrite(line)
    this.#write(this.#live ? '\n' : `${line}\n`)
    this.#length = 0
  }

  onTrainEnd(): void {
    if (this.#length > 0) this.#write('\n')
    this.#length = 0
  }

  #line(training: Training, values: Record<string, number>, running: boolean): string {
    const seconds = (performance.now() - this.#started) / 1000
    const speed = (training.examples - this.#skipped) / seconds
    const measured = Object.entries(values).map(([name, value]) => shown(name, value))
    measured.push(`${Math.round(speed).toLocaleString('en-US')}/s`)
    const epoch = `epoch ${String(training.epoch).padStart(String(training.epochs).length)}/${training.epochs}`
    if (!running) return [epoch, `step ${training.step.toLocaleString('en-US')}`, ...measured].join('  ')
    if (training.batches) measured.push(`${clock(timeLeft(training, seconds, this.#skipped))} left`)
    const text = [epoch, `${training.batch}${training.batches ? `/${training.batches}` : ''}`, ...measured].join('  ')
    const bar = drawn(training, Math.min(widest, this.#columns - text.length - 2))
    return `${epoch}  ${bar}${text.slice(epoch.length + 2)}`
  }

  #rewrite(line: string): void {
    const cut = line.length > this.#columns - 1 ? `${line.slice(0, this.#columns - 2)}…` : line
    this.#write(`\r${cut.padEnd(this.#length)}`)
    this.#length = cut.length
  }
}

/** As wide as there is room for; nothing where that would be too little to see it grow. */
function drawn({ batch, batches }: Training, width: number): string {
  if (!batches || width < 5) return ''
  const full = Math.round((batch / batches) * width)
  return `${'━'.repeat(full)}${'─'.repeat(width - full)} `
}

/** Until the end of training, from the pace of this epoch. */
function timeLeft(training: Training, seconds: number, skipped: number): number {
  const { batch, batches = 0, epoch, epochs, examples } = training
  const done = batch * (examples > 0 ? (examples - skipped) / examples : 0)
  return done > 0 ? (seconds / done) * (batches - batch + (epochs - epoch) * batches) : 0
}

const isShare = (name: string): boolean => /accuracy|precision|recall/i.test(name)
const shown = (name: string, value: number): string =>
  `${name} ${isShare(name) ? `${(value * 100).toFixed(2)} %` : Math.abs(value) >= 0.001 || value === 0 ? value.toFixed(4) : value.toExponential(2)}`

function clock(seconds: number): string {
  const whole = Math.round(seconds)
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const two = (n: number): string => String(n).padStart(2, '0')
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}
