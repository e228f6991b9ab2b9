/** @file Event files, read back by a reader that shares nothing with the writer. */
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { fit, nn, optim, randn, seed, type train } from 'diffeo'
import { tensorboard } from '@diffeo/node'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'diffeo-'))
  return () => rm(folder, { recursive: true })
})

/** CRC-32C bit by bit, from its polynomial. */
function crc(data: Uint8Array): bigint {
  let c = 0xffffffffn
  for (const byte of data) {
    c ^= BigInt(byte)
    for (let i = 0; i < 8; i++) c = c & 1n ? (c >> 1n) ^ 0x82f63b78n : c >> 1n
  }
  return c ^ 0xffffffffn
}
const mask = (c: bigint): number => Number((((c >> 15n) | (c << 17n)) + 0xa282ead8n) & 0xffffffffn)

function recordsOf(file: Buffer): Buffer[] {
  const found: Buffer[] = []
  for (let at = 0; at < file.length;) {
    const length = Number(file.readBigUInt64LE(at))
    expect(file.readUInt32LE(at + 8)).toBe(mask(crc(file.subarray(at, at + 8))))
    const data = file.subarray(at + 12, at + 12 + length)
    expect(file.readUInt32LE(at + 12 + length)).toBe(mask(crc(data)))
    found.push(data)
    at += length + 16
  }
  return found
}

type Parsed = Map<number, (number | Buffer)[]>
function parse(data: Buffer): Parsed {
  const fields: Parsed = new Map()
  let at = 0
  const varint = (): number => {
    let n = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = data[at++]
      n += (byte & 127) * scale
      if (byte < 128) return n
    }
  }
  while (at < data.length) {
    const key = varint()
    const read = [
      varint,
      () => data.readDoubleLE((at += 8) - 8),
      () => { const n = varint(); return data.subarray(at, at += n) }, null, null,
      () => data.readFloatLE((at += 4) - 4),
    ][key & 7]!
    fields.set(key >> 3, [...fields.get(key >> 3) ?? [], read()])
  }
  return fields
}
const inside = (m: Parsed, field: number): Parsed => parse(m.get(field)![0] as Buffer)
const doubles = (m: Parsed, field: number): number[] => {
  const data = m.get(field)![0] as Buffer
  return Array.from({ length: data.length / 8 }, (_, i) => data.readDoubleLE(i * 8))
}

interface Event { step: number; tag: string; value: Parsed }
async function eventsOf(path: string): Promise<{ events: Event[]; starts: number[] }> {
  const [first, ...rest] = recordsOf(await readFile(path)).map(parse)
  expect(String(first.get(3)![0])).toBe('brain.Event:2')
  const step = (e: Parsed): number => (e.get(2)?.[0] as number) ?? 0
  return {
    starts: rest.filter(e => e.has(7)).map(step),
    events: rest.filter(e => e.has(5)).map(e => {
      const value = inside(inside(e, 5), 1)
      return { step: step(e), tag: String(value.get(1)![0]), value }
    }),
  }
}
const only = async (path: string): Promise<string> => {
  const names = await readdir(path)
  expect(names).toHaveLength(1)
  return join(path, names[0])
}

test('the checksum is that of RFC 3720', () => {
  expect(crc(new Uint8Array(32))).toBe(0x8a9136aan)
  expect(crc(Buffer.from('123456789'))).toBe(0xe3069283n)
})

test('EventWriter: scalars, histograms, texts, images, hyper-parameters', async () => {
  const writer = new tensorboard.EventWriter(join(folder, 'writer'))
  writer.hparams({ lr: 0.5, name: 'adam', nesterov: true })
  writer.scalar('loss', 0.25, 3)
  writer.scalar('later', -1e30, 5_000_000_000)
  writer.histogram('w', [1, 2, 2, NaN, 3, Infinity], 4)
  writer.histogram('same', [7, 7], 4)
  writer.histogram('none', [NaN], 4)
  writer.text('note', 'größer', 0)
  writer.image('digit', Uint8Array.of(1, 2, 3), { width: 2, height: 1 }, 1)
  await writer.flush()
  await writer.flush()
  const { events, starts } = await eventsOf(await only(join(folder, 'writer')))
  expect(starts).toEqual([0])
  expect(events.map(e => [e.tag, e.step])).toEqual([
    ['_hparams_/session_start_info', 0], ['loss', 3], ['later', 5_000_000_000], ['w', 4], ['same', 4],
    ['note/text_summary', 0], ['digit', 1],
  ])
  const [hparams, loss, later, w, same, note] = events.map(e => e.value)
  expect(loss.get(2)).toEqual([0.25])
  expect(later.get(2)).toEqual([Math.fround(-1e30)])
  const counted = inside(w, 5)
  expect([1, 2, 3, 4, 5].map(f => counted.get(f)![0])).toEqual([1, 3, 4, 8, 18])
  expect(doubles(counted, 6).at(-1)).toBe(3)
  expect([doubles(counted, 7)[0], doubles(counted, 7)[25], doubles(counted, 7)[49]]).toEqual([1, 2, 1])
  expect([doubles(inside(same, 5), 6), doubles(inside(same, 5), 7)]).toEqual([[7], [2]])
  expect(String(inside(note, 8).get(8)![0])).toBe('größer')
  expect(String(inside(inside(note, 9), 1).get(1)![0])).toBe('text')
  const told = inside(parse(inside(inside(hparams, 9), 1).get(2)![0] as Buffer), 3)
  expect(told.get(1)!.map(e => String(parse(e as Buffer).get(1)![0]))).toEqual(['lr', 'name', 'nesterov'])
  expect(() => writer.scalar('loss', '1' as never, 0)).toThrow(/'loss' is string, not a number/)
  expect(() => writer.scalar('loss', 1, -1)).toThrow(/the step of 'loss' is -1/)
})

describe('TensorBoard', () => {
  const options = (epochs: number, run: string, callback: train.Callback): any => {
    seed(0)
    const model = new nn.Linear(2, 1)
    const x = randn([12, 2])
    const data = [x, x.sum(1, { keepdims: true })] as const
    return [model, data, {
      loss: nn.mseLoss, optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }), epochs, batchSize: 4, seed: 1,
      validation: data, run, resume: true, callbacks: [callback],
    }]
  }
  const go = async (
    epochs: number,
    name: string,
    told: tensorboard.TensorBoardOptions = {},
  ): ReturnType<typeof fit> => {
    const run = join(folder, name)
    const [model, data, given] = options(epochs, run, new tensorboard.TensorBoard(join(run, 'tensorboard'), told))
    return fit(model, data, given)
  }

  test('epochs and batches of training, validation by the same names beside it', async () => {
    const history = await go(2, 'both', { everySteps: 2, histograms: 2, hparams: { lr: 0.1 } })
    const logs = join(folder, 'both', 'tensorboard')
    const { events } = await eventsOf(await only(join(logs, 'train')))
    const of = (tag: string, list = events): [number, unknown][] =>
      list.filter(e => e.tag === tag).map(e => [e.step, e.value.get(2)?.[0]])
    expect(of('loss')).toEqual(history.series('loss').map((v, i) => [3 * (i + 1), Math.fround(v)]))
    expect(of('batch/loss').map(([step]) => step)).toEqual([2, 4, 6])
    expect(of('weights/weight').map(([step]) => step)).toEqual([6])
    expect(of('_hparams_/session_start_info')).toHaveLength(1)
    const validation = await eventsOf(await only(join(logs, 'validation')))
    expect(of('loss', validation.events)).toEqual(
      history.series('valLoss').map((v, i) => [3 * (i + 1), Math.fround(v)]),
    )
  })

  test('a run that is resumed says from which step on it goes', async () => {
    await go(1, 'again')
    await go(2, 'again')
    const logs = join(folder, 'again', 'tensorboard', 'train')
    const found = await Promise.all((await readdir(logs)).sort().map(name => eventsOf(join(logs, name))))
    expect(found.map(f => f.starts).sort()).toEqual([[0], [4]])
  })

  test('wrong options', () => {
    expect(() => new tensorboard.TensorBoard('x', { histograms: 0 })).toThrow(/histograms is 0; it must be a whole/)
    expect(() => new tensorboard.TensorBoard('x', { every: 1 } as never)).toThrow(/no option 'every'; there are everyS/)
  })
})
