import { describe, expect, test } from 'vitest'
import * as optim from '../../src/optim/index.ts'
import { compile, Parameter, slice, tensor, zeros, type Tensor } from '../../src/tensor/index.ts'
import { expectClose, fixture, toTensor, type FixtureArray } from './support.ts'

type Pair = { a: FixtureArray; b?: FixtureArray }
interface Case {
  name: string; op: string; options: Record<string, unknown>
  after1: Pair; after10: Pair; averages?: FixtureArray[]
}
type Named = { op: string; args: unknown[]; options: object }
interface Descent {
  options: object; seen: { loss: number; p: number[] }[]; evaluations: number; iterations: number
}
const { params, grads, cases, lbfgs, schedules } = fixture<{
  params: Required<Pair>; grads: Required<Pair>[]; cases: Case[]; lbfgs: Descent[]
  schedules: (Named & { seen: [number, number][] })[]
}>('optim')

type Make = new (parameters: Parameter[], options: object) => optim.Optimizer

describe('optimizers as PyTorch has them', () => {
  for (const c of cases) {
    for (const compiled of [false, true]) {
      test(`${c.name}${compiled ? ', compiled' : ''}`, () => {
        // Muon has the matrix alone
        const names = c.after10.b ? (['a', 'b'] as const) : (['a'] as const)
        const own = names.map(name => new Parameter(toTensor(params[name])))
        const optimizer = new (optim as unknown as Record<string, Make>)[c.op](own, c.options)
        const plain = (...given: Tensor[]): void => { optimizer.step(given) }
        const step = compiled ? compile(plain) : plain
        grads.forEach((g, i) => {
          step(...names.map(name => toTensor(g[name])))
          const after = i === 0 ? c.after1 : i === 9 ? c.after10 : null
          if (!after) return
          names.forEach((name, k) => expectClose(own[k], after[name]!, `${name} after ${i + 1}`, 1e-11))
        })
        const { state } = optimizer.stateDict()
        c.averages?.forEach((average, k) => expectClose(state[k].ax, average, `average ${k}`, 1e-11))
      })
    }
  }
})

const isNamed = (x: unknown): x is Named => typeof x === 'object' && x !== null && 'op' in x
type MakeSchedule = new (...args: unknown[]) => optim.Schedule

function scheduleOf(optimizer: optim.SGD, { op, args, options }: Named): optim.Schedule {
  const own = args.map(a => (Array.isArray(a) && a.some(isNamed) ? a.map(part => scheduleOf(optimizer, part)) : a))
  const Kind = (optim as unknown as Record<string, MakeSchedule>)[op]
  if (op === 'ChainedScheduler') return new Kind(...own)
  return op === 'SequentialLR' ? new Kind(optimizer, ...own) : new Kind(optimizer, ...own, options)
}

describe('schedules as PyTorch has them', () => {
  for (const c of schedules) {
    const { seen, ...named } = c
    test(JSON.stringify(named), () => {
      const make = (): optim.SGD => new optim.SGD([new Parameter(zeros([1]))], { lr: 0.8, momentum: 0.9 })
      const [optimizer, resumed] = [make(), make()]
      const schedule = scheduleOf(optimizer, c)
      const check = (o: optim.SGD, i: number): void => {
        expect(o.lr, `rate ${i}`).toBeCloseTo(seen[i][0], 12)
        expect(o.groups[0].options.momentum, `momentum ${i}`).toBeCloseTo(seen[i][1], 12)
      }
      seen.forEach((_, i) => {
        if (i > 0) schedule.step()
        check(optimizer, i)
        if (i !== 9) return
        // another one that takes its state goes on from here
        const other = scheduleOf(resumed, c)
        other.loadStateDict(schedule.stateDict())
        check(resumed, 9)
        other.step()
        check(resumed, 10)
      })
    })
  }
})

describe('L-BFGS as PyTorch has it', () => {
  const rosenbrock = (p: Tensor): Tensor => {
    const [head, rest] = [p.index(slice(0, -1)), p.index(slice(1))]
    return rest.sub(head.square()).square().sum().mul(100).add(head.neg().add(1).square().sum())
  }
  for (const c of lbfgs) {
    test(JSON.stringify(c.options), () => {
      const make = (): Parameter => new Parameter(tensor(Float64Array.of(-1.5, 2, 0.5, -0.5)))
      let p = make()
      let optimizer = new optim.LBFGS([p], c.options)
      c.seen.forEach((wanted, i) => {
        const loss = optimizer.minimize(() => rosenbrock(p))
        expect(loss, `loss ${i}`).toBeCloseTo(wanted.loss, 6)
        p.dataSync().forEach((x, k) => expect(x, `p${k} after ${i + 1}`).toBeCloseTo(wanted.p[k], 6))
        if (i !== 2) return
        // goes on with another one that takes its state
        const state = optimizer.stateDict()
        const values = p.detach()
        p = make()
        p.assign(values)
        optimizer = new optim.LBFGS([p])
        optimizer.loadStateDict(state)
      })
      const { evaluations, iterations } = optimizer.stateDict()
      expect([evaluations, iterations]).toEqual([c.evaluations, c.iterations])
    })
  }
})
