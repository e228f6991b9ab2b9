/** @file Event files, as TensorBoard reads them. */
import { appendFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DataError } from 'diffeo'
import { histogram } from './histogram.ts'
import { bytes, double, encode, float, message, record, text, whole, type Field } from './wire.ts'

/** What a run was told: shown beside its results in the HPARAMS tab. */
export type HParams = Readonly<Record<string, number | string | boolean>>

let files = 0

/**
 * Writes an event file into a folder: `tensorboard --logdir FOLDER` shows it. Events are gathered, and written by
 * `flush`. A file of which a killed process wrote the last event in part is readable up to there.
 * @param folder - is made, if it is not there
 * @param first - the first step that this file may hold: what other files of the folder hold from there on is void, as
 *   for a run that is resumed
 * @example
 * const writer = new EventWriter('runs/mine')
 * writer.scalar('loss', 0.5, 1)
 * writer.histogram('weights', [0.1, 0.2, 0.4], 1)
 * writer.text('note', 'a first try', 1)
 * await writer.flush()
 */
export class EventWriter {
  readonly folder: string
  readonly path: string
  #waiting: Uint8Array[] = []

  constructor(folder: string, { first = 0 }: { first?: number } = {}) {
    this.folder = folder
    const seconds = String(Math.floor(Date.now() / 1000)).padStart(10, '0')
    this.path = join(folder, `events.out.tfevents.${seconds}.diffeo.${process.pid}.${files++}`)
    this.#event(text(3, 'brain.Event:2'))
    // SessionLog.START
    this.#event(whole(2, first), message(7, whole(1, 1)))
  }

  /** @throws DataError unless the value is a number, and the step a whole number from 0 */
  scalar(tag: string, value: number, step: number): void {
    if (typeof value !== 'number') throw new DataError(`EventWriter.scalar: '${tag}' is ${typeof value}, not a number`)
    this.#summary(tag, step, float(2, value))
  }
  /** How often values come in each of 50 ranges; nothing, where none is finite. */
  histogram(tag: string, values: ArrayLike<number>, step: number): void {
    const counted = histogram(5, values)
    if (counted) this.#summary(tag, step, counted)
  }
  /** Markdown. */
  text(tag: string, markdown: string, step: number): void {
    const shape = message(2, message(2, whole(1, 1)))
    this.#summary(`${tag}/text_summary`, step, message(8, whole(1, 7), shape, text(8, markdown)), plugin('text'))
  }
  /** An image that is encoded already, as PNG. */
  image(tag: string, png: Uint8Array, { width, height }: { width: number; height: number }, step: number): void {
    this.#summary(tag, step, message(4, whole(1, height), whole(2, width), whole(3, 3), bytes(4, png)))
  }
  /** What the run is told; at its start. */
  hparams(values: HParams): void {
    const entries = Object.entries(values).map(([name, value]) => message(1, text(1, name), message(2, hparam(value))))
    const start = message(3, ...entries, double(5, Date.now() / 1000))
    this.#summary('_hparams_/session_start_info', 0, plugin('hparams', encode(whole(1, 0), start)))
  }

  /** Writes what waits. */
  async flush(): Promise<void> {
    const waiting = Buffer.concat(this.#waiting)
    if (waiting.length === 0) return
    this.#waiting = []
    await mkdir(this.folder, { recursive: true })
    await appendFile(this.path, waiting)
  }

  #summary(tag: string, step: number, ...value: Field[]): void {
    if (!Number.isSafeInteger(step) || step < 0)
      throw new DataError(`EventWriter: the step of '${tag}' is ${step}; it must be a whole number from 0`)
    this.#event(whole(2, step), message(5, message(1, text(1, tag), ...value)))
  }
  #event(...fields: Field[]): void { this.#waiting.push(record(encode(double(1, Date.now() / 1000), ...fields))) }
}

const plugin = (name: string, content: Uint8Array = new Uint8Array()): Field =>
  message(9, message(1, text(1, name), bytes(2, content)), whole(4, name === 'text' ? 2 : 0))

const hparam = (value: number | string | boolean): Field =>
  typeof value === 'number' ? double(2, value) : typeof value === 'string' ? text(3, value) : whole(4, Number(value))
