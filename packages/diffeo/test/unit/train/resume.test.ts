import { existsSync } from 'node:fs'
import { readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { installFileSystem, load, nodeFileSystem, save } from '../../../src/io/index.ts'
import * as fs from 'node:fs/promises'
import * as nn from '../../../src/nn/index.ts'
import { DataLoader, TensorDataset } from '../../../src/data/index.ts'
import * as optim from '../../../src/optim/index.ts'
import { tensor, type Tensor } from '../../../src/tensor/index.ts'
import { EarlyStopping, fit, type Callback, type History } from '../../../src/train/index.ts'
import { adam, Batches, circle, network, temporary, weights } from './support.ts'

const loss = nn.crossEntropy
let folder = ''
beforeAll(async () => {
  folder = await temporary()
  return () => rm(folder, { recursive: true })
})

const stopAt = (step: number): { signal: AbortSignal; callback: Callback } => {
  const controller = new AbortController()
  return { signal: controller.signal, callback: { onBatchEnd: t => { if (t.step === step) controller.abort() } } }
}

test('the folder of another run is not written over', async () => {
  const model = network()
  const run = join(folder, 'taken')
  const options = { loss, optimizer: adam(model), epochs: 1, run }
  await fit(model, new Batches(), options)
  const before = await weights(model)
  await expect(fit(model, new Batches(), options)).rejects.toThrow(/holds a run already.*resume: true/)
  expect(await weights(model)).toEqual(before)
})

describe('a run that is stopped and resumed has the bits of one that was not', () => {
  test.each([
    ['in the middle of an epoch', 6, {}],
    ['at the end of an epoch', 8, {}],
    ['in the first batch', 1, {}],
    ['while gradients are gathered', 6, { accumulate: 4 }],
    ['not compiled', 6, { compile: false }],
  ])('%s', async (name, step, extra) => {
    const metrics = ['accuracy', 'f1', 'auroc'] as const
    const options = { loss, epochs: 4, metrics, clipNorm: 1, ...extra }
    const whole = network(0.3)
    const expected = await fit(whole, new Batches(), { ...options, optimizer: adam(whole), seed: 3 })

    const run = join(folder, name.replaceAll(' ', '-'))
    const first = network(0.3)
    const stop = stopAt(step)
    const cut = await fit(first, new Batches(), {
      ...options,
      optimizer: adam(first),
      seed: 3,
      run,
      signal: stop.signal,
      callbacks: [stop.callback],
    })
    expect(cut).toMatchObject({ ending: 'aborted', steps: step })

    // nothing is left of the first process: other weights, another random state
    const second = network(0.3)
    second.parameters().forEach(p => p.assign(p.mul(0)))
    const history = await fit(second, new Batches(), {
      ...options,
      optimizer: adam(second),
      seed: 99,
      run,
      resume: true,
    })
    expect(history.ending).toBe('finished')
    expect(history.steps).toBe(expected.steps)
    const records = ({ epochs }: History): unknown => epochs.map(e => ({ ...e, seconds: 0 }))
    expect(records(history)).toEqual(records(expected))
    expect(await weights(second)).toEqual(await weights(whole))
  })

  test('with the loader of the library, and with data that cannot say where it is', async () => {
    const { x, y } = circle(50)
    const inOrder = {
      async *[Symbol.asyncIterator]() {
        for (let i = 0; i < 50; i += 10)
          yield [tensor(x.subarray(2 * i, 2 * i + 20), { shape: [10, 2] }), tensor(y.subarray(i, i + 10))] as [
            Tensor,
            Tensor,
          ]
      },
    }
    const set = new TensorDataset({ data: x, shape: [50, 2] }, { data: y, shape: [50] })
    const sources = [() => inOrder, () => new DataLoader(set, { batchSize: 10, shuffle: true, seed: 1 })]
    for (const [i, data] of sources.entries()) {
      const options = { loss, epochs: 3 }
      const [whole, first, second] = [network(0.3), network(0.3), network(0.3)]
      await fit(whole, data(), { ...options, optimizer: adam(whole), seed: 3 })
      const [stop, run] = [stopAt(7), join(folder, `source-${i}`)]
      await fit(first, data(), {
        ...options,
        optimizer: adam(first),
        seed: 3,
        run,
        signal: stop.signal,
        callbacks: [stop.callback],
      })
      await fit(second, data(), { ...options, optimizer: adam(second), run, resume: true })
      expect(await weights(second)).toEqual(await weights(whole))
    }
  })

  test('more epochs go on from a run that was finished', async () => {
    const run = join(folder, 'more')
    const [whole, first, second] = [network(), network(), network()]
    await fit(whole, new Batches(), { loss, optimizer: adam(whole), epochs: 3 })
    await fit(first, new Batches(), { loss, optimizer: adam(first), epochs: 2, run })
    const history = await fit(second, new Batches(), { loss, optimizer: adam(second), epochs: 3, resume: run })
    expect(history.epochs.map(e => e.epoch)).toEqual([1, 2, 3])
    expect(await weights(second)).toEqual(await weights(whole))
  })

  test('callbacks go on: early stopping counts on, and the best weights survive', async () => {
    const run = join(folder, 'early')
    const model = network()
    const falling: Callback = { onEpochEnd: (t, record) => { record.score = 10 - Math.abs(t.epoch - 2) } }
    const early = (): Callback[] => [falling, new EarlyStopping({ monitor: 'score', mode: 'max', patience: 3 })]
    await fit(model, new Batches(), { loss, optimizer: adam(model), epochs: 3, run, callbacks: early() })
    const again = network()
    const history = await fit(again, new Batches(), {
      loss,
      optimizer: adam(again),
      epochs: 50,
      run,
      resume: true,
      callbacks: early(),
    })
    expect(history.ending).toBe('stopped')
    expect(history.epochs).toHaveLength(5)
    const two = network()
    await fit(two, new Batches(), { loss, optimizer: adam(two), epochs: 2 })
    expect(await weights(again)).toEqual(await weights(two))
  })
})

describe('files', () => {
  test('a run leaves a checkpoint and its history, and no temporary file', async () => {
    const run = join(folder, 'files')
    const model = network()
    await fit(model, new Batches(), { loss, optimizer: adam(model), epochs: 2, run })
    expect((await readdir(run)).sort()).toEqual(['checkpoint.safetensors', 'history.json'])
    expect(JSON.parse(await readFile(join(run, 'history.json'), 'utf8')).epochs).toHaveLength(2)
  })

  test('resume of no checkpoint, of another model, of a truncated file: the model is as it was', async () => {
    const model = network()
    const before = await weights(model)
    const path = join(folder, 'weights.safetensors')
    await save(path, model.stateDict())
    const go = (resume: string | boolean): Promise<unknown> =>
      fit(model, new Batches(), { loss, optimizer: adam(model), epochs: 1, resume })
    await expect(go(path)).rejects.toThrow(/is no checkpoint of training.*model\.loadStateDict/)
    await expect(go(join(folder, 'nowhere'))).rejects.toThrow(/there is no such file/)
    const other = new nn.Sequential(new nn.Linear(2, 3))
    const run = join(folder, 'other')
    await fit(other, new Batches(), { loss, optimizer: adam(other as never), epochs: 1, run })
    await expect(go(run)).rejects.toThrow(/loadStateDict/)
    const file = join(run, 'checkpoint.safetensors')
    await writeFile(file, (await readFile(file)).subarray(0, 500))
    await expect(go(run)).rejects.toThrow(/checkpoint\.safetensors: byte 0: the header claims/)
    expect(await weights(model)).toEqual(before)
  })

  test('what fails while it writes leaves the file that was there, and nothing else', async () => {
    const path = join(folder, 'atomic', 'a.safetensors')
    await fs.mkdir(join(folder, 'atomic'))
    await save(path, { w: tensor([1, 2]) })
    const failing = (where: 'write' | 'rename'): typeof fs =>
      ({
        ...fs,
        rename:
          where === 'rename' ? () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOSPC' })) : fs.rename,
        open: async (p: string, flags: string) => {
          const handle = await fs.open(p, flags)
          if (where === 'write')
            handle.write = (() => Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' }))) as never
          return handle
        },
      }) as never
    try {
      for (const where of ['write', 'rename'] as const) {
        installFileSystem(nodeFileSystem(failing(where)))
        await expect(save(path, { w: tensor([3, 4]) })).rejects.toThrow(
          /a\.safetensors cannot be written: there is no space left/,
        )
      }
    } finally {
      installFileSystem(nodeFileSystem(fs))
    }
    expect(await readdir(join(folder, 'atomic'))).toEqual(['a.safetensors'])
    expect([...await (await load(path)).w.data()]).toEqual([1, 2])
  })

  test('save takes a function, load takes bytes, and what PyTorch keeps as int64 goes back as it', async () => {
    const parts: Uint8Array[] = []
    const state = { 'bn.num_batches_tracked': tensor(Int32Array.of(7), { shape: [] }), w: tensor([[1, 2]]) }
    await save(part => { parts.push(part) }, state)
    const bytes = Uint8Array.from(Buffer.concat(parts))
    expect(new TextDecoder().decode(bytes)).toContain('"I64"')
    const found = await load(bytes)
    expect(found.w.shape).toEqual([1, 2])
    expect(found['bn.num_batches_tracked'].dtype).toBe('int32')
    await expect(load(Uint8Array.of(0x50, 0x4b, 3, 4, 0))).rejects.toThrow(/a zip file must end with its directory/)
    expect(existsSync(join(folder, 'nothing'))).toBe(false)
  })
})

test('a model that is trained after one that was finished before the stop draws what it would have drawn', async () => {
  const both = async (name: string, resume: boolean): Promise<unknown> => {
    const [a, b] = [network(0.3), network(0.3)]
    for (const [i, model] of [a, b].entries())
      await fit(model, new Batches(), {
        loss, optimizer: adam(model), epochs: 2, run: join(folder, `${name}-${i}`), resume,
        ...(i === 0 ? { seed: 3 } : {}),
      })
    return weights(b)
  }
  const expected = await both('in-a-row', false)
  await rm(join(folder, 'in-a-row-1'), { recursive: true })
  expect(await both('in-a-row', true)).toEqual(expected)
})

test('a run goes on with the optimizer and the split that it began with', async () => {
  const { x, y } = circle(40)
  const data: [Tensor, Tensor] = [tensor(x, { shape: [40, 2] }), tensor(y)]
  const model = network()
  const options = { loss, validationSplit: 0.2, run: join(folder, 'as-it-began') }
  await fit(model, data, { ...options, optimizer: adam(model), epochs: 1 })
  const again = { ...options, epochs: 2, resume: true }
  await expect(fit(model, data, { ...again, optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }) }))
    .rejects.toThrow(/SGD\.loadStateDict: the state of parameter 0 is another optimizer's: it has exp_avg, exp_avg_sq/)
  await expect(fit(model, data, { ...again, optimizer: adam(model), validationSplit: 0.3 }))
    .rejects.toThrow(/validationSplit was 0\.2 and is 0\.3 now/)
  expect((await fit(model, data, { ...again, optimizer: adam(model) })).epochs).toHaveLength(2)
})
