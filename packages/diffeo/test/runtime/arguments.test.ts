/** @file Numbers that users write outside of compile are arguments: another number needs no other program. */
import { describe, expect, test } from 'vitest'
import { installExecutor } from '../../src/graph/executor.ts'
import { compile, grad, slice, tensor, type Tensor } from '../../src/tensor/index.ts'
import { watched } from './support/executors.ts'

const { executor, watch } = watched('native')
const host = Float32Array.from({ length: 5 * 6 * 7 }, (_, i) => Math.sin(i))
const cube = (): Tensor => tensor(host, { shape: [5, 6, 7] })

const uses: Record<string, (x: Tensor, i: number) => Tensor> = {
  'an index': (x, i) => x.index(i),
  'an index from the end': (x, i) => x.index('...', -1 - i),
  'a slice of one length': (x, i) => x.index(slice(), slice(i, i + 3)),
  'the gradient of an index': (x, i) => grad((y: Tensor) => y.index(i).square().sum())(x),
  'the slope of leakyRelu': (x, i) => x.leakyRelu(0.1 * (i + 1)),
  'alpha of elu': (x, i) => x.elu(i + 2),
  'alpha of celu': (x, i) => x.celu(i + 2),
  'beta and threshold of softplus': (x, i) => x.softplus({ beta: i + 2, threshold: 0.5 * i }),
  'bounds of hardtanh': (x, i) => x.hardtanh({ min: -0.2 * (i + 1), max: 0.1 * (i + 1) }),
  'the tolerance of allClose': (x, i) => x.allClose(x.add(0.01), { rtol: 0, atol: 0.001 * (i + 1) ** 3 }),
}

describe('one program for all', () => {
  test.each(Object.entries(uses))('%s', (_, use) => {
    installExecutor(executor)
    const x = cube()
    const wanted = [0, 1, 2, 3].map(i => compile((y: Tensor) => use(y, i))(x).arraySync())
    expect(new Set(wanted.map(w => JSON.stringify(w))).size).toBeGreaterThan(1)
    const first = use(x, 0).arraySync()
    const { linked } = watch
    const found = [first, ...[1, 2, 3].map(i => use(x, i).arraySync())]
    expect(watch.linked).toBe(linked)
    expect(JSON.stringify(found, rounded)).toBe(JSON.stringify(wanted, rounded))
  })
})
const rounded = (_: string, v: unknown): unknown => (typeof v === 'number' ? Number(v.toPrecision(5)) : v)

test('places out of the common run: empty, stepped and reversed slices mean the same', () => {
  installExecutor(executor)
  const x = cube()
  const takes: ((y: Tensor) => Tensor)[] = [
    y => y.index(slice(2, 2)),
    y => y.index(slice(4, 1, -1), slice(0, 5, 2), slice(2, 6)),
    y => y.index(null, 1, '...', 0),
    y => y.index(slice(1, 3), [0, 2], 5),
  ]
  for (const take of takes) expect(take(x).arraySync()).toEqual(compile(take)(x).arraySync())
})
