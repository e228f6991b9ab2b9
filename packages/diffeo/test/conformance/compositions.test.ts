/** @file Compositions that read by computed places, on every compiled backend: what the interpreter computes. */
import { afterAll, describe, expect, test } from 'vitest'
import { installExecutor } from '../../src/graph/executor.ts'
import { linalg, metrics, nn, optim } from '../../src/index.ts'
import { CompiledExecutor } from '../../src/runtime/compiled-executor.ts'
import { InterpExecutor } from '../../src/runtime/interp-executor.ts'
import {
  compile, einsum, grad, nanquantile, rand, seed, tensor, zeros, type Tensor,
} from '../../src/tensor/index.ts'
import { backends } from './support/backends.ts'

afterAll(() => installExecutor(new InterpExecutor()))

const ids = (...values: number[]): Tensor => tensor(Int32Array.from(values))
/** A step of training of a table with short rows: its loss, and the table behind it. */
function trained(): Tensor[] {
  const table = nn.Embedding.fromPretrained(rand([5, 9]), { maxNorm: 0.9, scaleGradByFreq: true, freeze: false })
  const bag = nn.EmbeddingBag.fromPretrained(rand([6, 7]), { maxNorm: 1.1, normType: 1, freeze: false })
  const optimizer = new optim.SGD([...table.parameters(), ...bag.parameters()], { lr: 0.1 })
  const step = compile(() => {
    const loss = table.forward(ids(0, 3, 3, 1)).square().sum().add(bag.forward(ids(0, 5, 5, 2).reshape(2, 2)).sum())
    optimizer.minimize(loss)
    return loss
  })
  return [step(), step(), table.weight.detach(), bag.weight.detach()]
}

const cases: Record<string, () => Tensor[]> = {
  'tables with short rows': trained,
  'gradients of determinants, of which one is singular': () => {
    const a = rand([3, 17, 17]).sub(0.5)
    const some = a.indexSet([1, 4], a.index(1, 2))
    return [some, zeros([2, 4, 4]), tensor([[[0, 1], [0, 0]]])].map(x => grad((x: Tensor) => linalg.det(x).sum())(x))
  },
  'smaller images without aliases': () => ['bilinear', 'bicubic'].flatMap(mode => {
    const x = rand([2, 3, 19, 23])
    const small = (x: Tensor): Tensor => nn.interpolate(x, { size: [7, 31], mode: mode as 'bilinear', antialias: true })
    return [small(x), grad((x: Tensor) => small(x).square().sum())(x)]
  }),
  'quantiles': () => (['lower', 'higher', 'midpoint', 'nearest'] as const).flatMap(interpolation => {
    const x = rand([6, 21])
    return [x.quantile([0.1, 0.425, 0.9], 1, { interpolation }), nanquantile(x, 0.33, 0, { interpolation })]
  }),
  'elements as often as is said': () => {
    const x = rand([4, 19])
    const f = (x: Tensor): Tensor => x.repeatInterleave([2, 0, 3, 1], 0)
    return [f(x), grad((x: Tensor) => f(x).square().sum())(x), x.repeatInterleave(ids(1, 2, 0, 4), 0)]
  },
  'products of four': () => {
    const [a, b, c, d] = [rand([2, 17, 5]), rand([5, 18]), rand([18]), rand([2, 17])]
    return [einsum('bij,jk,k,bi->b', a, b, c, d), einsum('k,bij,bi,jk->j', c, a, d, b)]
  },
  'overlaps of boxes': () => {
    const boxes = (n: number): Tensor => rand([n, 4]).mul(tensor([1, 1, 2, 2])).add(tensor([0, 0, 1, 1]))
    const [a, b] = [boxes(19), boxes(6)]
    return [
      metrics.boxIoU(a, b), metrics.generalizedBoxIoU(a, b), metrics.distanceBoxIoU(a, b), metrics.completeBoxIoU(a, b),
      grad((a: Tensor) => metrics.completeBoxIoU(a, b).sum())(a),
    ]
  },
}

const interp = new InterpExecutor()
const valuesOf = (make: () => Tensor[]): number[][] => { seed(7); return make().map(t => Array.from(t.dataSync())) }

for (const { name, linker, target } of backends()) {
  describe(name, () => {
    test.each(Object.entries(cases))('%s', (_, make) => {
      installExecutor(interp)
      const wanted = valuesOf(make)
      installExecutor(new CompiledExecutor({ device: 'native', linker, target }))
      valuesOf(make).forEach((found, i) => {
        const scale = Math.max(1e-3, ...wanted[i].map(Math.abs))
        expect(found.length).toBe(wanted[i].length)
        found.forEach((x, k) => expect(Math.abs(x - wanted[i][k])).toBeLessThanOrEqual(3e-5 * scale))
      })
    })
  })
}
