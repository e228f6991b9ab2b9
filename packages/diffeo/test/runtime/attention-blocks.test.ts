/** Attention that has no streaming kernel goes block by block: its weights are never there as a whole. */
import { describe, expect, test } from 'vitest'
import '../../src/index.node.ts'
import * as nn from '../../src/nn/index.ts'
import * as optim from '../../src/optim/index.ts'
import {
  checkpoint, compile, explain, eye, grad, randn, seed, setDevice, stack, tensor, valueAndGrad, vmap, type Tensor,
} from '../../src/index.node.ts'
import { weightsOf } from '../../src/tensor/internal.ts'

type Options = Parameters<typeof nn.scaledDotProductAttention>[3]

const backward = (options: Options) => (q: Tensor, k: Tensor, v: Tensor) =>
  grad((q: Tensor, k: Tensor, v: Tensor) =>
    nn.scaledDotProductAttention(q, k, v, options).cast('float32').square().sum(), { argnums: [0, 1, 2] })(q, k, v)
/** The greatest array that a kernel of the text writes, in elements. */
const largest = (text: string): number =>
  Math.max(...[...text.matchAll(/\[([\d,]+)\]/g)].map(m => m[1].split(',').reduce((a, d) => a * Number(d), 1)))

describe('no T × T array', () => {
  const length = 1024
  test.each([
    ['float32', { dropout: 0.1 }], ['float32', { dropout: 0.1, causal: true }], ['float64', {}],
    ['float64', { causal: true }], ['float16', {}], ['bfloat16', { causal: true }],
  ] as const)('%s %o', async (dtype, options) => {
    await setDevice('native')
    const [q, k, v] = [0, 1, 2].map(() => randn([1, 2, length, 16]).cast(dtype))
    expect(largest(String(explain(backward(options), q, k, v)))).toBeLessThan(2 * length * length / 4)
  })

  test('a training step of a Transformer layer as it comes, with dropout', async () => {
    await setDevice('native')
    seed(0)
    const layer = new nn.TransformerEncoderLayer(16, 2, { batchFirst: true, dimFeedforward: 16 })
    const optimizer = new optim.SGD(layer.parameters(), { lr: 0.1 })
    const step = (x: Tensor): Tensor => {
      const loss = layer.forward(x).square().mean()
      optimizer.minimize(loss)
      return loss
    }
    const x = randn([1, length, 16])
    expect(largest(String(explain(step, x)))).toBeLessThan(2 * length * length / 4)
    const compiled = compile(step)
    const first = await compiled(x).item()
    for (let i = 0; i < 4; i++) compiled(x)
    expect(await compiled(x).item()).toBeLessThan(first)
  })
})

describe.each(['interp', 'native', 'wasm'] as const)('on %s', device => {
  const close = async (a: Tensor, b: Tensor, tolerance: number): Promise<void> => {
    expect(a.shape).toEqual(b.shape)
    const scale = await b.abs().max().item()
    expect(await a.sub(b).abs().max().item()).toBeLessThanOrEqual(tolerance * (1 + scale))
  }
  /** 515 queries: blocks of 64, and a rest. */
  const made = async (): Promise<[Tensor, Tensor, Tensor]> => {
    await setDevice(device)
    seed(1)
    return [randn([2, 1, 515, 4]), randn([2, 1, 33, 4]), randn([2, 1, 33, 3])].map(x => x.cast('float64')) as never
  }
  const masks: Record<string, (t: number, s: number) => Options> = {
    plain: () => ({}),
    causal: () => ({ causal: true }),
    'a bool mask of rows': (t, s) => ({
      mask: tensor(
        Int32Array.from({ length: t * s }, (_, i) => i % 3),
        { shape: [t, s] },
      ).gt(0),
    }),
    'a mask of keys, causal': (_, s) => ({
      causal: true,
      mask: tensor(Int32Array.from({ length: s }, (_, i) => i % 5)).gt(0),
    }),
    'a float mask': (t, s) => ({ mask: randn([t, s]).cast('float64') }),
    lengths: () => ({ length: tensor(Int32Array.of(7, 30), { shape: [2, 1] }) }),
    'lengths, causal': () => ({ causal: true, length: tensor(Int32Array.of(7, 30), { shape: [2, 1] }) }),
  }
  test.each(Object.keys(masks))('values and gradients are those of the whole: %s', async name => {
    const [q, k, v] = await made()
    const options = masks[name](515, 33)
    const whole = (q: Tensor, k: Tensor, v: Tensor): Tensor => weightsOf(q, k, v, options!).matmul(v)
    await close(nn.scaledDotProductAttention(q, k, v, options), whole(q, k, v), 1e-12)
    const gradients = (f: typeof whole): Tensor[] =>
      grad((q: Tensor, k: Tensor, v: Tensor) => f(q, k, v).square().sum(), { argnums: [0, 1, 2] })(
        q,
        k,
        v,
      ) as unknown as Tensor[]
    const found = gradients((q, k, v) => nn.scaledDotProductAttention(q, k, v, options))
    for (const [i, expected] of gradients(whole).entries()) await close(found[i], expected, 1e-10)
  })

  test('dropout: each block draws its own, and the gradient what the output drew', async () => {
    await setDevice(device)
    seed(2)
    const [length, keys] = [512, 16]
    const [q, k, v] = [randn([1, length, 4]), randn([1, keys, 4]), randn([1, keys, 3])]
    const dropped = (q: Tensor, v: Tensor): Tensor => nn.scaledDotProductAttention(q, k, v, { dropout: 0.5 })
    const weights = await dropped(q, eye(keys).reshape(1, keys, keys)).data()
    const zeros = Array.from({ length: 8 }, (_, block) =>
      weights.slice(block * 64 * keys, (block + 1) * 64 * keys).map(w => (w === 0 ? 0 : 1)).join(''))
    expect(new Set(zeros).size).toBe(8)
    expect(weights.filter(w => w === 0).length / weights.length).toBeCloseTo(0.5, 1)
    // linear in v, so that Σ v · dv is the value, if both are of one draw
    const [value, dv] = compile((v: Tensor) => valueAndGrad((v: Tensor) => dropped(q, v).sum())(v))(v)
    expect(await dv.mul(v).sum().item()).toBeCloseTo(await value.item(), 2)
    const along = (f: () => Tensor): Promise<number> => { seed(7); return f().item() }
    const direction = randn(q.shape)
    const [slope, up, down] = [
      await along(() => grad((q: Tensor) => dropped(q, v).sum())(q).mul(direction).sum()),
      await along(() => dropped(q.add(direction.mul(0.01)), v).sum()),
      await along(() => dropped(q.sub(direction.mul(0.01)), v).sum()),
    ]
    expect(Math.abs((up - down) / 0.02 - slope)).toBeLessThan(0.02 * Math.abs(slope))
  })

  test('heads that share keys, and a batch of mappings, are as one by one', async () => {
    await setDevice(device)
    seed(3)
    const [q, k, v] = [randn([4, 512, 4]), randn([2, 20, 4]), randn([2, 20, 4])].map(x => x.cast('float64'))
    const shared = nn.scaledDotProductAttention(q, k, v, { groupedQueries: true, causal: true })
    const wide = [k, v].map(x => x.repeatInterleave(2, 0))
    await close(shared, nn.scaledDotProductAttention(q, wide[0], wide[1], { causal: true }), 1e-12)
    const one = (q: Tensor): Tensor => nn.scaledDotProductAttention(q, k.index(0), v.index(0))
    await close(vmap(one)(q), stack([0, 1, 2, 3].map(i => one(q.index(i)))), 1e-12)
  })
})

test('a checkpoint computes its inner values again: more arithmetic, the same gradients', async () => {
  await setDevice('native')
  seed(4)
  const [x, w] = [randn([64, 64]), randn([64, 64]).mul(0.1)]
  const block = (x: Tensor, w: Tensor): Tensor => x.matmul(w).tanh().matmul(w).tanh()
  const gradient = (f: typeof block) => (w: Tensor): Tensor => grad((w: Tensor) => f(f(x, w), w).square().sum())(w)
  const [kept, again] = [gradient(block), gradient(checkpoint(block))]
  expect(explain(again, w).flops).toBeGreaterThan(explain(kept, w).flops * 1.2)
  const [found, expected] = [compile(again)(w), compile(kept)(w)]
  expect(await found.sub(expected).abs().max().item()).toBeLessThan(1e-5 * await expected.abs().max().item())
})
