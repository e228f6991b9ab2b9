/**
 * @file Loops on every compiled backend against the interpreter: forward, gradients of all orders, batches, nested;
 * bit-identical for 1 and 2 threads; code that does not grow with the number of turns.
 */
import { Worker } from 'node:worker_threads'
import { afterAll, describe, expect, test } from 'vitest'
import { installExecutor, type Executor } from '../../src/graph/executor.ts'
import { CompiledExecutor } from '../../src/runtime/compiled-executor.ts'
import { InterpExecutor } from '../../src/runtime/interp-executor.ts'
import type { Compiled } from '../../src/schedule/index.ts'
import { emitKernels } from '../../src/backend/native/codegen/index.ts'
import { nullTarget } from '../../src/backend/null/index.ts'
import {
  arange, checkpoint, concat, grad, jvp, ones, scan, stack, tensor, vmap, zeros, type Tensor,
} from '../../src/tensor/index.ts'
import { wasmTarget } from '../../src/backend/wasm/codegen.ts'
import { WasmLinker } from '../../src/backend/wasm/linker.ts'
import * as nn from '../../src/nn/index.ts'
import { backends, worst } from './support/backends.ts'
import { randomLoop, resultsOf } from './support/random-loop.ts'

const reference = new InterpExecutor()
afterAll(() => installExecutor(reference))

/** Values between −1 and 1 that do not repeat. */
const some = (shape: readonly number[], seed = 1): Tensor => {
  const size = shape.reduce((a, b) => a * b, 1)
  return tensor(Float32Array.from({ length: size }, (_, i) => Math.sin((i + 1) * 1.7 * seed + seed)), { shape })
}

type Cell = (h: Tensor, x: Tensor, w: Tensor) => readonly [Tensor, Tensor]
const recurrent: Cell = (h, x, w) => {
  const next = x.matmul(w).add(h.matmul(w)).tanh()
  return [next, next.mul(2).matmul(w)]
}
const run = (cell: Cell, h: Tensor, xs: Tensor, w: Tensor, reverse = false): [Tensor, Tensor] =>
  scan((c: Tensor, x: Tensor) => cell(c, x, w), h, xs, { reverse })
const loss = (h: Tensor, xs: Tensor, w: Tensor): Tensor => {
  const [last, ys] = run(recurrent, h, xs, w)
  return last.sum().add(ys.square().sum())
}

/** Scalar loop: one value carried. */
const power = (x: Tensor, turns: number): Tensor =>
  scan((c: Tensor) => [c.mul(x).add(c.sin()), c] as const, ones([]), null, { length: turns })[1].sum()

const b = 3
const n = 20
const gradOf = (turns: number) => () =>
  grad(loss, { argnums: [0, 1, 2] })(some([b, n]), some([turns, b, n], 2), some([n, n], 3).mul(0.3))

const cases: Record<string, () => readonly Tensor[]> = {
  'carry and ys': () => run(recurrent, some([b, n]), some([5, b, n], 2), some([n, n], 3)),
  'in reverse': () => run(recurrent, some([b, n]), some([6, b, n], 2), some([n, n], 3), true),
  'of one turn': () => run(recurrent, some([b, n]), some([1, b, n], 2), some([n, n], 3)),
  'of no turn': () => run(recurrent, some([b, n]), some([0, b, n], 2), some([n, n], 3)),
  'odd and even turns, last carry alone': () =>
    [2, 3, 4, 7].map(t => run(recurrent, some([b, n]), some([t, b, n], 2), some([n, n], 3))[0]),
  'ys alone, used elsewhere': () => {
    const [, ys] = run(recurrent, some([b, n]), some([5, b, n], 2), some([n, n], 3))
    return [ys.index(3).add(1), ys.sum(0)]
  },
  'the first value of a carry is used elsewhere': () => {
    const h = some([b, n]).exp()
    return [...run(recurrent, h, some([5, b, n], 2), some([n, n], 3)), h.add(1)]
  },
  'attention over what a loop gives': () => {
    const [, ys] = run(recurrent, some([b, n]), some([5, b, n], 2), some([n, n], 3))
    const memory = ys.transpose(0, 1)
    return [nn.scaledDotProductAttention(some([b, 4, n], 4), memory, memory)]
  },
  'no xs': () => scan((c: Tensor) => [c.mul(0.5).add(1), c] as const, some([7]), null, { length: 9 }),
  'no carry': () => [scan((_: null, x: Tensor) => [null, x.matmul(x).exp()] as const, null, some([4, 5, 5]))[1]],
  'carries that swap, and one that stays': () => {
    const [[p, q, r], ys] = scan(
      ([x, y, z]: [Tensor, Tensor, Tensor], t: Tensor) => [[y, x, z], x.mul(t).add(z)] as const,
      [some([4]), some([4], 2), some([4], 3)] as [Tensor, Tensor, Tensor], some([5, 4], 4),
    )
    return [p, q, r, ys]
  },
  'a shift register': () => {
    const [[p, q], ys] = scan(
      ([x, y]: [Tensor, Tensor], t: Tensor) => [[t, x], y] as const, [zeros([4]), ones([4])] as [Tensor, Tensor],
      some([6, 4]),
    )
    return [p, q, ys]
  },
  'integers and bools': () => {
    const [[i, f], ys] = scan(
      ([count, flag]: [Tensor, Tensor], x: Tensor) =>
        [[count.mul(3).add(x), flag.not()], flag.cast('int32').add(count)] as const,
      [tensor([1, 2, 3], { dtype: 'int32' }), tensor([true, false, true])] as [Tensor, Tensor],
      arange(0, 15, 1, { dtype: 'int32' }).reshape(5, 3),
    )
    return [i, f, ys]
  },
  'rows that are no whole words': () => {
    const xs = arange(0, 35, 1, { dtype: 'int32' }).mod(3).eq(0).reshape(5, 7)
    return scan((c: Tensor, x: Tensor) => [c.xor(x), c.and(x)] as const, tensor(Array(7).fill(true)), xs)
  },
  'sums in the carry': () => {
    const [[s, m], ys] = scan(
      ([sum, most]: [Tensor, Tensor], x: Tensor) => [[sum.add(x.matmul(x)), most.maximum(x)], sum] as const,
      [zeros([4, 4]), some([4, 4])] as [Tensor, Tensor], some([6, 4, 4], 3),
    )
    return [s, m, ys]
  },
  'indices in the body': () => {
    const table = some([10, 6])
    const ids = tensor([3, 1, 9, 0], { dtype: 'int32' })
    return scan((c: Tensor, i: Tensor) => {
      const row = table.indexSelect(0, i.reshape(1)).reshape(6)
      return [c.add(row).cumsum(0), row.mul(c)] as const
    }, zeros([6]), ids)
  },
  'gradients': gradOf(5),
  'gradients over many turns': gradOf(40),
  'gradients of one turn': gradOf(1),
  'gradients in reverse': () => grad(
    (h: Tensor, xs: Tensor, w: Tensor) => {
      const [last, ys] = run(recurrent, h, xs, w, true)
      return last.sum().add(ys.square().sum())
    }, { argnums: [0, 1, 2] })(some([b, n]), some([4, b, n], 2), some([n, n], 3).mul(0.3)),
  'forward mode': () => jvp(
    (h: Tensor, w: Tensor) => run(recurrent, h, some([5, b, n], 2), w),
    [some([b, n]), some([n, n], 3)], [some([b, n], 5), some([n, n], 6)],
  ).flat() as Tensor[],
  'second derivatives': () => [
    grad((x: Tensor) => grad((y: Tensor) => power(y, 6))(x).sum())(tensor(0.7)),
    grad((w: Tensor) => (grad((v: Tensor) => loss(some([2, 5]), some([3, 2, 5], 2), v))(w)).square().sum())(
      some([5, 5], 3).mul(0.4)),
  ],
  'third derivative': () =>
    [grad((x: Tensor) => grad((y: Tensor) => grad((z: Tensor) => power(z, 4))(y))(x))(tensor(0.3))],
  'forward over reverse': () => jvp(
    (w: Tensor) => grad((v: Tensor) => loss(some([2, 5]), some([3, 2, 5], 2), v))(w),
    [some([5, 5], 3).mul(0.4)], [some([5, 5], 7)],
  ).flat() as Tensor[],
  'vmap over everything': () => [vmap((h: Tensor, xs: Tensor, w: Tensor) => run(recurrent, h, xs, w)[1])(
    some([4, b, n]), some([4, 5, b, n], 2), some([4, n, n], 3))],
  'vmap over xs alone': () => [vmap((xs: Tensor) => run(recurrent, some([b, n]), xs, some([n, n], 3))[1])(
    some([4, 5, b, n], 2))],
  'gradients for each example': () => [vmap((h: Tensor, xs: Tensor) =>
    grad((w: Tensor) => loss(h, xs, w))(some([n, n], 3).mul(0.3)))(some([3, b, n]), some([3, 4, b, n], 2))],
  'a loop in a loop': () => scan(
    (h: Tensor, xs: Tensor) => run(recurrent, h, xs, some([n, n], 3).mul(0.3)), some([b, n]), some([4, 3, b, n], 2)),
  'gradients of a loop in a loop': () => grad((h: Tensor, xs: Tensor, w: Tensor) => {
    const [last, ys] = scan((c: Tensor, x: Tensor) => run(recurrent, c, x, w), h, xs)
    return last.sum().add(ys.square().sum())
  }, { argnums: [0, 1, 2] })(some([b, n]), some([4, 3, b, n], 2), some([n, n], 3).mul(0.3)),
  'a loop in the batch of a loop in a loop': () => [vmap((xs: Tensor) => scan(
    (h: Tensor, x: Tensor) => run(recurrent, h, x, some([5, 5], 3)), some([2, 5]), xs)[1])(some([2, 3, 4, 2, 5], 2))],
  'a checkpoint around a loop, and in one': () => [
    grad((w: Tensor) => checkpoint((v: Tensor) => loss(some([b, n]), some([4, b, n], 2), v))(w))(
      some([n, n], 3).mul(0.3),
    ),
    grad((w: Tensor) =>
      scan(
        (h: Tensor, x: Tensor) => [checkpoint((c: Tensor) => c.matmul(w).add(x).tanh())(h), null] as const,
        some([b, n]),
        some([4, b, n], 2),
      )[0].sum(),
    )(some([n, n], 3).mul(0.3)),
  ],
  'two loops, one after the other': () => {
    const w = some([n, n], 3).mul(0.3)
    const f = (v: Tensor): Tensor => {
      const [, ys] = run(recurrent, some([b, n]), some([5, b, n], 2), v)
      return run(recurrent, zeros([b, n]), ys, v, true)[1].square().sum()
    }
    return [f(w), grad(f)(w)]
  },
  'a carry that is read by pieces, as it was, while its next value is written': () => scan((c: Tensor, x: Tensor) => {
    const [p] = c.split(4, 1)
    return [c.mul(0.5).add(1), [concat([p!, x], 1).add(1), c.pad([[0, 0], [0, 0]]).flip(1).mul(2)]] as const
  }, some([3, 8]), some([5, 3, 4], 2)).flat(2) as Tensor[],
  'sums over rows of a carry beside its next value': () => scan((c: Tensor, x: Tensor) => {
    const y = c.add(x)
    return [y.mul(x).sum(1, { keepdims: true }).mul(x).add(x), y.mul(2)] as const
  }, some([3, 8]), some([5, 3, 8], 2)),
  'a body of views and a concat': () => scan((c: Tensor, x: Tensor) => {
    const [p, q] = c.split(4, 1)
    return [concat([q!.flip(1), p!.add(x)], 1), stack([p!, q!])] as const
  }, some([3, 8]), some([5, 3, 4], 2)),
}

/** A recurrent layer with parameters that do not depend on the device: outputs, states, and gradients of all. */
function layer(module: nn.RNN | nn.LSTM | nn.GRU, x: Tensor, call: nn.RecurrentCall = {}): Tensor[] {
  const names = module.namedParameters()
  const params = Object.fromEntries(names.map(([name, p], i) => [name, some(p.shape, i + 2).mul(0.4)]))
  const outputs = (values: Record<string, Tensor>, input: Tensor): Tensor[] =>
    (nn.functionalCall(module as nn.GRU, values, input, null, call) as unknown[]).flat() as Tensor[]
  const loss = (values: Record<string, Tensor>, input: Tensor): Tensor =>
    outputs(values, input).map(y => y.square().sum()).reduce((p, q) => p.add(q))
  const [byName, byInput] = grad(loss, { argnums: [0, 1] })(params, x) as [Record<string, Tensor>, Tensor]
  return [...outputs(params, x), ...Object.values(byName), byInput]
}

const layers: Record<string, () => readonly Tensor[]> = {
  'RNN, both directions': () =>
    layer(new nn.RNN(6, 10, { bidirectional: true, nonlinearity: 'relu' }), some([7, 3, 6])),
  'LSTM, two layers': () => layer(new nn.LSTM(6, 20, { numLayers: 2, batchFirst: true }), some([3, 7, 6])),
  'LSTM, lengths and a projection, both directions': () =>
    layer(new nn.LSTM(6, 20, { projSize: 5, bidirectional: true }), some([7, 3, 6]), { lengths: [7, 2, 4] }),
  'GRU, two layers, lengths': () =>
    layer(new nn.GRU(6, 17, { numLayers: 2 }), some([5, 4, 6]), { lengths: [5, 0, 1, 3] }),
}

const workers: Worker[] = []
afterAll(() => Promise.all(workers.map(w => w.terminate())))
function spawn(source: string): Worker {
  const worker = new Worker(source, { eval: true })
  worker.unref()
  workers.push(worker)
  return worker
}
/** The wasm backend with threads. */
const threaded = { name: 'wasm', linker: new WasmLinker({ relaxed: false, spawn }), target: wasmTarget(false) }

const executors = [...backends().filter(b => b.name !== 'wasm'), threaded].map(({ name, linker, target }) => {
  const seen: Compiled[] = []
  const executor = new CompiledExecutor({ device: 'native', linker, target, onCompile: (_, c) => { seen.push(c) } })
  return { name, executor, linker, seen }
})

const values = (f: () => readonly Tensor[], on: Executor): Float64Array[] => {
  installExecutor(on)
  return f().map(t => Float64Array.from(t.dataSync() as Float32Array))
}

for (const { name, executor, linker } of executors) {
  describe(`loops on ${name}`, () => {
    for (const [what, f] of Object.entries({ ...cases, ...layers })) {
      test(what, () => {
        const want = values(f, reference)
        const got = values(f, executor)
        want.forEach((w, i) => {
          expect(got[i].length).toBe(w.length)
          expect(worst(got[i], w), `result ${i}`).toBeLessThan(1)
        })
      })
    }
    // the last two: a carry that another store of its kernel still reads
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 145, 287]) {
      test(`random loop ${seed}`, () => {
        const want = values(() => resultsOf(randomLoop(seed)), reference)
        const got = values(() => resultsOf(randomLoop(seed)), executor)
        want.forEach((w, i) => { expect(worst(got[i], w), `result ${i}`).toBeLessThan(1) })
      })
    }
    test('1 and 2 threads, bit for bit', async () => {
      const f = (): readonly Tensor[] =>
        grad(loss, { argnums: [0, 1, 2] })(some([48, 96]), some([5, 48, 96], 2), some([96, 96], 3).mul(0.1))
      const one = values(f, executor)
      linker.setThreads(2)
      if (linker instanceof WasmLinker) await linker.ready
      const two = values(f, executor)
      linker.setThreads(1)
      expect(two).toEqual(one)
    })
  })
}

describe('the code of a loop', () => {
  const { executor, seen } = executors[0]
  const compiled = (turns: number): Compiled[] => {
    seen.length = 0
    values(gradOf(turns), executor)
    return [...seen]
  }
  const bytes = (c: Compiled, inLoops: boolean): number => {
    const loops = c.program.loops ?? []
    const calls = c.program.calls.filter((_, i) => loops.some(l => l.first <= i && i < l.end) === inLoops)
    return emitKernels(calls.map(call => c.program.kernels[call.kernel]), nullTarget).code.length
  }
  const sum = (all: readonly Compiled[], inLoops: boolean): number => all.reduce((n, c) => n + bytes(c, inLoops), 0)
  test('does not grow with the number of turns', () => {
    const [short, long] = [compiled(64), compiled(640)]
    expect(long.map(c => c.program.calls.length)).toEqual(short.map(c => c.program.calls.length))
    expect(sum(short, true)).toBeGreaterThan(0)
    expect(sum(long, true)).toBe(sum(short, true))
    // the products over all turns are tiled by their depth
    expect(sum(long, false)).toBeLessThan(1.5 * sum(short, false))
  })
  test('3,000 turns', () => {
    const xs = Float32Array.from({ length: 3000 }, (_, i) => i % 7)
    for (const e of executors) {
      const [[last], ys] = values(() => scan((c: Tensor, x: Tensor) => [c.add(x), c] as const, zeros([]), tensor(xs)),
        e.executor)
      expect(last).toBe(xs.reduce((p, q) => p + q))
      expect([ys[0], ys[1], ys[2999]]).toEqual([0, xs[0], last - xs[2999]])
      // d/dx Σ cₜ with cₜ₊₁ = x·cₜ, c₀ = 1, at x = 1: Σ t
      const count = (x: Tensor): Tensor =>
        scan((c: Tensor) => [c.mul(x), c] as const, ones([]), null, { length: 3000 })[1].sum()
      const [[slope]] = values(() => [grad(count)(tensor(1))], e.executor)
      expect(slope).toBeCloseTo(2999 * 1500, -1)
    }
  })
})
