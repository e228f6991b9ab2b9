/** @file What PyTorch lacks, against the paper's update written out in double precision; errors of what is newer. */
import { describe, expect, test } from 'vitest'
import './setup.ts'
import * as optim from '../../../src/optim/index.ts'
import { compile, Parameter, tensor, zeros, type Tensor } from '../../../src/tensor/index.ts'
import { DataError, ShapeError, TraceError } from '../../../src/util/errors.ts'

const start = [0.5, -1.25, 2, 0]
const grads = Array.from({ length: 10 }, (_, t) => start.map((_, i) => Math.sin(3 * t + i * i) * (1 + (t % 3))))
const norm = (x: readonly number[]): number => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0))

/** Ten steps by the optimizer, and by the formula, which gives the parameter after step t. */
function compare(
  make: (p: Parameter[]) => optim.Optimizer<any>,
  formula: (p: readonly number[], g: readonly number[], t: number) => number[],
): void {
  for (const compiled of [false, true]) {
    const p = new Parameter(tensor(Float64Array.from(start)))
    const optimizer = make([p])
    const plain = (g: Tensor): void => { optimizer.step([g]) }
    const step = compiled ? compile(plain) : plain
    let wanted = start
    grads.forEach((g, i) => {
      step(tensor(Float64Array.from(g)))
      wanted = formula(wanted, g, i + 1)
    })
    p.dataSync().forEach((x, i) => expect(x).toBeCloseTo(wanted[i], 6))
  }
}

describe.each([[0.9, 0.99, 0], [0.8, 0.95, 0.1]])('betas %f, %f, weight decay %f', (b1, b2, weightDecay) => {
  test('Lion', () => {
    let m = start.map(() => 0)
    compare(p => { m = start.map(() => 0); return new optim.Lion(p, { lr: 0.1, betas: [b1, b2], weightDecay }) },
      (p, g) => {
        const next = p.map((x, i) => x - 0.1 * (Math.sign(b1 * m[i] + (1 - b1) * g[i]) + weightDecay * x))
        m = m.map((x, i) => b2 * x + (1 - b2) * g[i])
        return next
      })
  })
  test('LAMB', () => {
    let [m, v] = [start, start]
    compare(
      p => {
        m = v = start.map(() => 0)
        return new optim.LAMB(p, { lr: 0.1, betas: [b1, b2], weightDecay })
      },
      (p, g, t) => {
        m = m.map((x, i) => b1 * x + (1 - b1) * g[i])
        v = v.map((x, i) => b2 * x + (1 - b2) * g[i] ** 2)
        const u = p.map((x, i) =>
          m[i] / (1 - b1 ** t) / (Math.sqrt(v[i] / (1 - b2 ** t)) + 1e-6) + weightDecay * x)
        return p.map((x, i) => x - ((0.1 * norm(p)) / norm(u)) * u[i])
      },
    )
  })
})

test('Muon of a standing matrix is that of the lying one, transposed', () => {
  const values = tensor([[1, 2, 0.5], [-1, 0.25, 3]])
  const [lying, standing] = [new Parameter(values), new Parameter(values.T)]
  const g = tensor([[0.5, -1, 2], [1, 1, -0.5]])
  const options = { lr: 0.1, adjustLrFn: 'match_rms_adamw' } as const
  new optim.Muon([lying], options).step([g])
  new optim.Muon([standing], options).step([g.T])
  const [a, b] = [lying, standing.T].map(x => [...x.dataSync()])
  a.forEach((x, i) => expect(x).toBeCloseTo(b[i], 5))
})

test('a choice that is changed is seen by a compiled step', () => {
  const [a, b] = [new Parameter(tensor([[1, 2]])), new Parameter(tensor([[1, 2]]))]
  const [first, second] = [new optim.Muon([a]), new optim.Muon([b])]
  const g = tensor([[3, -1]])
  const step = compile((x: Tensor): void => { first.step([x]) })
  step(g)
  second.step([g])
  for (const o of [first, second]) o.groups[0].set({ nsSteps: 1 })
  step(g)
  second.step([g])
  expect([...a.dataSync()]).toEqual([...b.dataSync()])
})

const w = (): Parameter[] => [new Parameter(zeros([2]))]
const sgd = (): optim.SGD => new optim.SGD(w(), { momentum: 0.9 })
test.each<[string, () => unknown, new (...args: any[]) => Error, RegExp]>([
  ['Muon of a vector', () => new optim.Muon(w()), ShapeError, /has shape \[2\]: Muon is for matrices/],
  ['Rprop', () => new optim.Rprop(w(), { etas: [1.2, 0.5] }), DataError, /one between 0 and 1, one above 1/],
  ['Adadelta', () => new optim.Adadelta(w(), { rho: 2 }), DataError, /rho is 2/],
  ['Adafactor', () => new optim.Adafactor(w(), { beta2Decay: 1 }), DataError, /from 0 down/],
  ['set', () => new optim.Lion(w()).groups[0].set({ betas: [2, 0] }), DataError, /betas are \[2, 0\]/],
  ['LBFGS', () => new optim.LBFGS(w()).minimize(zeros([]) as never), DataError, /write minimize\(\(\) => loss\)/],
  [
    'LBFGS inside compile', () => {
      const optimizer = new optim.LBFGS(w())
      compile(() => { optimizer.minimize(() => zeros([])) })()
    }, TraceError,
    /LBFGS reads the loss .* runs outside of compile/,
  ],
  ['Sequential', () => new optim.SequentialLR(sgd(), [new optim.LinearLR(sgd())], [1]), DataError, /one fewer/],
  ['Chained', () => new optim.ChainedScheduler([]), DataError, /at least one/],
  ['Chained, two optimizers', () => new optim.ChainedScheduler([new optim.LinearLR(sgd()), new optim.LinearLR(sgd())]),
    DataError, /different optimizers/],
  ['Cyclic', () => new optim.CyclicLR(sgd(), 0.1, 1, { mode: 'square' as never }), DataError, /mode is 'square'/],
])('%s says what is wrong', (_, run, type, message) => {
  expect(run).toThrow(type)
  expect(run).toThrow(message)
})

test('MultiplicativeLR multiplies', () => {
  const optimizer = sgd()
  optimizer.lr = 1
  const schedule = new optim.MultiplicativeLR(optimizer, e => 1 / e)
  const seen = [1, 2, 3, 4].map(() => {
    schedule.step()
    return optimizer.lr
  })
  ;[1, 1 / 2, 1 / 6, 1 / 24].forEach((x, i) => expect(seen[i]).toBeCloseTo(x, 12))
})
