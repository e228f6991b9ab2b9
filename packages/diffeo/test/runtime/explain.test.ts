/** @file `explain` says what a mapping becomes, and does nothing. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { installExecutor } from '../../src/graph/executor.ts'
import { assignAll } from '../../src/tensor/cells.ts'
import {
  compile,
  explain,
  gradients,
  ones,
  Parameter,
  rand,
  seed,
  tensor,
  type Tensor,
} from '../../src/tensor/index.ts'
import { isTracing } from '../../src/tensor/scope.ts'
import { TraceError } from '../../src/util/errors.ts'
import { makeExecutor, watched } from './support/executors.ts'

const { executor, watch } = watched('native')
beforeEach(() => { installExecutor(executor); watch.clear() })
afterEach(() => expect(isTracing()).toBe(false))

describe('explain', () => {
  test('one kernel for a row of maps; flops and bytes are counted', () => {
    const e = explain((x: Tensor) => x.mul(2).add(1).relu(), ones([1000]))
    expect([e.kernels.length, e.bytes]).toEqual([1, 8000])
    expect(e.flops).toBeGreaterThanOrEqual(3000)
    expect(e.kernels[0].turns).toBeGreaterThan(0)
  })
  test('the counts are those of the program that compile makes', () => {
    const f = compile((x: Tensor, w: Tensor) => x.matmul(w).softmax(1).sum(0))
    const [x, w] = [rand([32, 16]), rand([16, 8])]
    const e = explain(f, x, w)
    f(x, w)
    const ran = watch.runs.at(-1)!
    expect([e.kernels.length, e.flops, e.bytes]).toEqual([ran.kernels, ran.flops, ran.bytes])
    expect(String(e).split('\n')).toHaveLength(e.kernels.length + 2)
    expect(String(e)).toMatch(/kernels? .*flops.*bytes/s)
  })
  test('a whole step: nothing runs, no cell changes, no random number is taken, pending stays pending', () => {
    const w = new Parameter(rand([4, 3]))
    const pending = rand([5, 4])
    const step = (x: Tensor, lr: number): Tensor => {
      const loss = x.add(pending).add(rand([4])).matmul(w).square().mean()
      const [g] = gradients(loss, [w])
      assignAll([[w, w.sub(g!.mul(lr))]])
      return loss
    }
    seed(3)
    const x = rand([5, 4])
    const e = explain(step, x, 0.5)
    expect(e.kernels.length).toBeGreaterThan(1)
    expect([watch.runs.length, w.cell.version, x.node.storage, pending.node.storage]).toEqual([0, 0, null, null])
    const next = rand([2]).arraySync()
    seed(3)
    x.mul(0)
    rand([5, 4])
    expect(rand([2]).arraySync()).toEqual(next)
    step(x, 0.5)
    expect(w.cell.version).toBeGreaterThan(0)
  })
  test('on a device that compiles nothing, and the errors of a trace', () => {
    installExecutor(makeExecutor('interp'))
    expect(explain((x: Tensor) => x.exp(), tensor([1, 2])).kernels).toHaveLength(1)
    expect(() => explain((x: Tensor) => x.item(), tensor(1))).toThrow(TraceError)
    expect(() =>
      compile((x: Tensor) => {
        explain((y: Tensor) => y, x)
        return x
      })(tensor(1)),
    ).toThrow(/explain inside a trace/)
  })
})
