import { describe, expect, test } from 'vitest'
import * as optim from '../../src/optim/index.ts'
import { compile, Parameter, type Tensor } from '../../src/tensor/index.ts'
import { expectClose, fixture, toTensor, type FixtureArray } from './support.ts'

type Pair = { a: FixtureArray; b: FixtureArray }
interface Case { name: string; op: string; options: Record<string, unknown>; after1: Pair; after10: Pair }
const { params, grads, cases } = fixture<{ params: Pair; grads: Pair[]; cases: Case[] }>('optim')

type Make = new (parameters: Parameter[], options: object) => optim.Optimizer
const known = cases.filter(c => c.op in optim)

describe('optimizers as PyTorch has them', () => {
  test('all of the first set are there', () => {
    expect([...new Set(known.map(c => c.op))]).toEqual(
      expect.arrayContaining(['SGD', 'Adam', 'AdamW', 'RMSprop', 'Adagrad']),
    )
  })
  for (const c of known) {
    for (const compiled of [false, true]) {
      test(`${c.name}${compiled ? ', compiled' : ''}`, () => {
        const own = [new Parameter(toTensor(params.a)), new Parameter(toTensor(params.b))]
        const optimizer = new (optim as unknown as Record<string, Make>)[c.op](own, c.options)
        const plain = (a: Tensor, b: Tensor): void => { optimizer.step([a, b]) }
        const step = compiled ? compile(plain) : plain
        grads.forEach((g, i) => {
          step(toTensor(g.a), toTensor(g.b))
          const after = i === 0 ? c.after1 : i === 9 ? c.after10 : null
          if (!after) return
          expectClose(own[0], after.a, `a after ${i + 1}`, 1e-11)
          expectClose(own[1], after.b, `b after ${i + 1}`, 1e-11)
        })
      })
    }
  }
})
