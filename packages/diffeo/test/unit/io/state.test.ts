/** @file States in files: what is more than tensors by name, what is taken of a file, what cannot be saved. */
import { describe, expect, test } from 'vitest'
import '../nn/setup.ts'
import { encode, type HostTensor } from '../../../src/io/safetensors.ts'
import { load, save } from '../../../src/io/index.ts'
import * as nn from '../../../src/nn/index.ts'
import * as optim from '../../../src/optim/index.ts'
import { ones, seed, tensor, type Tensor } from '../../../src/tensor/index.ts'
import { DataError, DTypeError } from '../../../src/util/errors.ts'

const bytesOf = (parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts))
async function saved(state: object): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  await save(part => { parts.push(part) }, state as Record<string, Tensor>)
  return bytesOf(parts)
}

describe('save and load', () => {
  test('a model, its optimizer and a number in one file: training goes on with the same bits', async () => {
    seed(0)
    const make = () => {
      const model = new nn.Linear(3, 2)
      return { model, optimizer: new optim.Adam(model.parameters(), { lr: 0.1 }) }
    }
    const [a, b] = [make(), make()]
    const step = ({ model, optimizer }: typeof a) => optimizer.minimize(model.forward(ones([4, 3])).square().mean())
    for (let i = 0; i < 3; i++) step(a)
    const file = await saved({ model: a.model.stateDict(), optimizer: a.optimizer.stateDict(), epoch: 3, note: 'ä' })
    const state = await load<any>(file)
    expect([state.epoch, state.note]).toEqual([3, 'ä'])
    b.model.loadStateDict(state.model)
    b.optimizer.loadStateDict(state.optimizer)
    step(a)
    step(b)
    for (const [i, p] of b.model.parameters().entries())
      expect(p.arraySync()).toEqual(a.model.parameters()[i].arraySync())
  })
  test("a name of PyTorch's files is refused", async () => {
    const call = save('folder/model.pt', new nn.Linear(1, 1).stateDict())
    await expect(call).rejects.toThrow(DataError)
    await expect(call).rejects.toThrow("write save('folder/model.safetensors', state)")
  })
  test('tensors by name stay tensors by name, with nothing beside them', async () => {
    const file = await saved({ w: tensor([1, 2]) })
    expect(new TextDecoder().decode(file)).not.toContain('__metadata__')
    expect((await load(file)).w.arraySync()).toEqual([1, 2])
  })
  test.each([
    ['a module', new nn.Linear(1, 1), /was given the module or optimizer itself/],
    ['a module inside', { model: new nn.Linear(1, 1) }, /state dicts, not modules or optimizers: write model/],
    ['a promise inside', { loss: Promise.resolve(1) }, /loss is a Promise/],
    ['nothing', {}, /the state is empty/],
    ['null', null, /got null/],
  ])('%s cannot be saved', async (_, state, message) => {
    await expect(saved(state as object)).rejects.toThrow(DataError)
    await expect(saved(state as object)).rejects.toThrow(message)
  })
})

describe('load takes', () => {
  const tensors: Record<string, HostTensor> = {
    half: { dtype: 'float16', shape: [2], data: Float32Array.of(0.5, -2) },
    brain: { dtype: 'bfloat16', shape: [1], data: Float32Array.of(3) },
    wide: { dtype: 'float64', shape: [1], data: Float64Array.of(0.1) },
    ids: { dtype: 'int32', shape: [1], data: Int32Array.of(7) },
  }
  const file = bytesOf(encode(tensors))
  test('floats in a dtype, integers as they are', async () => {
    const found = await load(file, { dtype: 'float32' })
    expect(Object.fromEntries(Object.entries(found).map(([k, t]) => [k, t.dtype])))
      .toEqual({ half: 'float32', brain: 'float32', wide: 'float32', ids: 'int32' })
    expect(found.half.arraySync()).toEqual([0.5, -2])
    expect(found.wide.arraySync()[0]).toBeCloseTo(0.1, 7)
  })
  test('some tensors, whatever the others are', async () => {
    const text = JSON.stringify({
      a: { dtype: 'F32', shape: [1], data_offsets: [8, 12] }, n: { dtype: 'I64', shape: [1], data_offsets: [0, 8] },
    })
    const bytes = new Uint8Array(8 + text.length + 12)
    const view = new DataView(bytes.buffer)
    view.setBigUint64(0, BigInt(text.length), true)
    bytes.set(new TextEncoder().encode(text), 8)
    view.setBigInt64(8 + text.length, 2n ** 40n, true)
    view.setFloat32(8 + text.length + 8, 1.5, true)
    await expect(load(bytes)).rejects.toThrow(DTypeError)
    expect((await load(bytes, { keys: ['a'] })).a.arraySync()).toEqual([1.5])
    await expect(load(bytes, { keys: ['b'] })).rejects.toThrow(/there is no tensor 'b': there are a, n/)
  })
})
