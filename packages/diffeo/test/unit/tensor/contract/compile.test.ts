import { afterEach, describe, expect, test, vi } from 'vitest'
import { counts } from './device.ts'
import {
  arange,
  Buffer,
  compile,
  grad,
  gradients,
  Parameter,
  rand,
  randn,
  seed,
  tensor,
  type Tensor,
  valueAndGrad,
  vmap,
  zeros,
  concat,
  checkpoint,
  where,
} from '../../../../src/tensor/index.ts'
import { isTracing } from '../../../../src/tensor/scope.ts'
import { configuration, observe } from '../../../../src/util/configuration.ts'
import { TraceError } from '../../../../src/util/errors.ts'

const x3 = tensor([1, 2, 3])
const counted = <A extends any[], R>(f: (...args: A) => R): { f: (...args: A) => R; traces: () => number } => {
  let n = 0
  return { f: compile((...args: A) => { n++; return f(...args) }, { name: 'f' }), traces: () => n }
}
const inInt = (...v: number[]): Tensor => tensor(v, { dtype: 'int32' })
afterEach(() => { expect(isTracing()).toBe(false) })

describe('compile: what can change is an input, not a constant', () => {
  test('number arguments are scalar inputs (no retrace a step)', () => {
    const { f, traces } = counted((x: Tensor, n: number) => x.mul(n))
    expect([f(x3, 2), f(x3, 0.5), f(x3, -1)].map(t => t.arraySync())).toEqual([[2, 4, 6], [0.5, 1, 1.5], [-1, -2, -3]])
    expect(traces()).toBe(1)
  })
  test('numbers stay weak: with integers a whole number is an integer', () => {
    const { f, traces } = counted((x: Tensor, n: number) => x.mul(n))
    const i = inInt(1, 2)
    expect([f(i, 3).dtype, f(i, 4).dtype, f(i, 0.5).dtype, f(i, 7).dtype]).toEqual([
      'int32',
      'int32',
      'float32',
      'int32',
    ])
    expect(traces()).toBe(2)
  })
  test('parameters and buffers (lr, counters) are read at each call', () => {
    const lr = new Buffer(0.5)
    const { f, traces } = counted((x: Tensor) => x.mul(lr))
    const a = f(x3).arraySync()
    lr.assign(2)
    expect([a, f(x3).arraySync(), traces()]).toEqual([[0.5, 1, 1.5], [2, 4, 6], 1])
  })
  test('counters advance inside', () => {
    const steps = new Buffer(0)
    const f = compile(() => { steps.assign(steps.add(1)); return steps.mul(1) })
    expect([f(), f(), f()].map(t => t.itemSync())).toEqual([1, 2, 3])
    expect(steps.itemSync()).toBe(3)
  })
  test('random state: each call draws anew, as the same calls outside do', () => {
    seed(5)
    const outside = [0, 1].map(() => [rand([3]).arraySync(), randn([2]).arraySync()])
    seed(5)
    const f = compile(() => [rand([3]), randn([2])])
    expect([f(), f()].map(r => r.map(t => t.arraySync()))).toEqual(outside)
    expect(rand([1]).itemSync()).not.toBe(outside[0][0][0])
  })
  test('captured tensors are inputs, realized once, pending ones too', () => {
    const pending = x3.mul(10)
    const f = compile((x: Tensor) => x.add(pending).add(x3))
    expect(f(x3).arraySync()).toEqual([12, 24, 36])
    expect(pending.node.op).toBe('buffer')
    expect(f(zeros([3])).arraySync()).toEqual([11, 22, 33])
  })
})

describe('compile: the signature', () => {
  test('shapes and dtypes', () => {
    const { f, traces } = counted((x: Tensor) => x.add(x))
    expect([f(x3).shape, f(zeros([2])).shape, f(inInt(1)).dtype, f(x3).arraySync(), traces()]).toEqual([
      [3],
      [2],
      'int32',
      [2, 4, 6],
      3,
    ])
  })
  test('strings, booleans and null', () => {
    const { f, traces } = counted((x: Tensor, mode: string, flag: boolean | null) =>
      mode === 'neg' ? x.neg() : flag ? x.mul(2) : x,
    )
    expect(
      [f(x3, 'neg', true), f(x3, 'pos', true), f(x3, 'pos', false), f(x3, 'pos', null), f(x3, 'neg', true)].map(
        t => t.arraySync()[0],
      ),
    ).toEqual([-1, 2, 1, 1, -1])
    expect(traces()).toBe(4)
  })
  test('the tree: objects, arrays, key names', () => {
    const { f, traces } = counted((p: { a: Tensor; b?: readonly Tensor[] }) => concat([p.a, ...(p.b ?? [])]))
    expect(f({ a: x3, b: [x3] }).shape).toEqual([6])
    expect(f({ a: x3 }).shape).toEqual([3])
    expect([f({ a: x3, b: [x3] }).shape, traces()]).toEqual([[6], 2])
  })
  test('aliasing of arguments: gradients of one tensor given twice are of both uses', () => {
    const { f, traces } = counted((a: Tensor, b: Tensor) => gradients(a.mul(b).sum(), [a])[0]!)
    expect(f(x3, x3).arraySync()).toEqual([2, 4, 6])
    expect(f(x3, tensor([5, 5, 5])).arraySync()).toEqual([5, 5, 5])
    expect(traces()).toBe(2)
  })
  test('settings read while tracing (train/eval, frozen) are guards, rechecked when one changed', () => {
    let training = true
    const mode = (): boolean => observe(() => training)
    const { f, traces } = counted((x: Tensor) => (mode() ? x.mul(2) : x))
    expect(f(x3).arraySync()).toEqual([2, 4, 6])
    training = false; configuration.changed()
    expect(f(x3).arraySync()).toEqual([1, 2, 3])
    training = true; configuration.changed()
    expect([f(x3).arraySync(), traces()]).toEqual([[2, 4, 6], 2])
    configuration.changed()
    f(x3)
    expect(traces()).toBe(2)
  })
  test('a frozen flag', () => {
    const w = new Parameter([1])
    const { f, traces } = counted((x: Tensor) => (w.frozen ? x : x.mul(2)))
    f(x3); w.frozen = true
    expect([f(x3).arraySync(), traces()]).toEqual([[1, 2, 3], 2])
  })
  test('a parameter as an argument is the cell itself', () => {
    const [v, w] = [new Parameter([1]), new Parameter([10])]
    const { f, traces } = counted((p: Parameter, x: Tensor) => { p.assign(p.add(x)); return p.mul(1) })
    expect([f(v, tensor([1])), f(w, tensor([1])), f(v, tensor([1]))].map(t => t.itemSync())).toEqual([2, 11, 3])
    expect([v.itemSync(), w.itemSync(), traces()]).toEqual([3, 11, 2])
  })
  test('typed arrays are refused: their contents may change unseen', () => {
    expect(() => compile((a: Float32Array) => tensor(a))(new Float32Array(1))).toThrow(/pass tensor\(data\)/)
  })
  test('the number of programs kept is bounded', () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const { f, traces } = counted((x: Tensor) => x)
    for (let n = 1; n <= 80; n++) f(zeros([n]))
    f(zeros([80]))
    expect(traces()).toBe(80)
    f(zeros([1]))
    expect(traces()).toBe(81)
  })
  test('a call site that keeps retracing is warned about once, with what differs', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    warn.mockClear()
    const f = compile((x: Tensor) => x, { name: 'shapes' })
    for (let n = 1; n <= 20; n++) f(zeros([n]))
    expect(warn).toHaveBeenCalledTimes(1)
    expect(warn.mock.calls[0][0]).toMatch(
      /compile\('shapes'\) was traced 9 times.*argument 0 was float32\[8\] on \w+, and is float32\[9\]/,
    )
  })
})

describe('compile: the trace', () => {
  test('JS numbers in the closure and side effects belong to the trace', () => {
    let scale = 2
    let calls = 0
    const f = compile((x: Tensor) => { calls++; return x.mul(scale) })
    f(x3); scale = 3
    expect([f(x3).arraySync(), calls]).toEqual([[2, 4, 6], 1])
  })
  test('DIFFEO_VERIFY=1 finds a number of the closure that changed', () => {
    process.env.DIFFEO_VERIFY = '1'
    try {
      let scale = 2
      const f = compile((x: Tensor) => x.mul(scale).add(rand([3])), { name: 'hidden' })
      f(x3); f(x3)
      scale = 3
      expect(() => f(x3)).toThrow(/compile\('hidden'\) would compute something else/)
    } finally { delete process.env.DIFFEO_VERIFY }
  })
  test('a value asked for in a trace is a TraceError with the line and the fix', () => {
    const ask = (f: (x: Tensor) => unknown): void => {
      expect(() => compile(f, { name: 'ask' })(tensor([1]))).toThrow(TraceError)
      expect(() => compile(f, { name: 'ask' })(tensor([1]))).toThrow(
        /compile\('ask'\) was tracing \(at .*compile\.test\.ts:\d+\).*Return the tensor/,
      )
    }
    ask(x => x.item())
    ask(x => x.itemSync())
    ask(x => x.data())
    ask(x => x.add(1).arraySync())
    ask(() => x3.dataSync())
  })
  test('what has a size that is data: a mask, nonzero', () => {
    expect(() => compile((x: Tensor) => x.index(x.gt(1)))(x3)).toThrow(/by a mask inside compile/)
    expect(() => compile((x: Tensor) => x.nonzero())(x3)).toThrow(/where\(mask, a, b\)/)
    expect(compile((x: Tensor) => x.indexSet([x.gt(1)], 0))(x3).arraySync()).toEqual([1, 0, 0])
  })
  test('a Promise returned in a trace is a TraceError', () => {
    expect(() => compile(async (x: Tensor) => x, { name: 'later' })(x3)).toThrow(
      /compile\('later'\): the function returned a Promise/,
    )
  })
  test('asking a number argument for its value is a TraceError', () => {
    expect(() => compile((x: Tensor, n: number) => (n > 1 ? x : x.neg()))(x3, 2)).toThrow(TraceError)
    expect(() => compile((n: number) => zeros([n]))(2)).toThrow(/value of a number argument/)
    expect(() => compile((n: number) => Math.sqrt(n))(2)).toThrow(/number argument/)
    expect(() => compile((n: number) => [1, 2, 3][n])(2)).toThrow(/number argument/)
    expect(() => compile((n: number) => `${n}`)(2)).toThrow(/number argument/)
    expect(() => compile((n: number) => arange(n))(2)).toThrow(/number argument/)
    expect(() => compile((n: number) => arange(0, n))(2)).toThrow(/number argument/)
    expect(compile((x: Tensor, n: number) => where(x.lt(n), x, n))(x3, 2).arraySync()).toEqual([1, 2, 2])
  })
  test('a whole number argument is an index', () => {
    const { f: at, traces } = counted((x: Tensor, n: number) => x.index(n))
    expect([0, 2, -1].map(n => at(x3, n).itemSync())).toEqual([1, 3, 3])
    expect(traces()).toBe(1)
    expect(() => at(x3, 3).itemSync()).toThrow(/out of range/)
    expect(() => at(x3, 1.5)).toThrow(/an index has dtype float32/)
    const set = compile((x: Tensor, n: number) => x.indexSet([n], 9))
    expect(set(x3, 1).arraySync()).toEqual([1, 9, 3])
  })
  test('a number argument that does not fit the integers it meets is a DTypeError at each call', () => {
    const times = compile((x: Tensor, n: number) => x.mul(n), { name: 'times' })
    const whole = x3.cast('int32')
    expect(times(whole, 3).arraySync()).toEqual([3, 6, 9])
    expect(() => times(whole, 3e9)).toThrow(/compile\('times'\): 3000000000 does not fit int32/)
    expect(times(x3, 3e9).dtype).toBe('float32')
  })
  test('what holds tensors unseen is not taken as an argument', () => {
    expect(() => compile((m: Map<string, Tensor>) => m.get('x')!.mul(2))(new Map([['x', x3]])))
      .toThrow(/argument 0 is a Map, whose contents may change unseen: pass an array or a plain object/)
  })
  test('a tensor kept aside by a trace cannot be used after it, unless it needs nothing of the trace', () => {
    let kept: Tensor[] = []
    compile((x: Tensor) => { kept = [x.mul(2), zeros([2]).add(1)]; return x }, { name: 'leaky' })(x3)
    expect(() => kept[0].arraySync()).toThrow(/made while compile\('leaky'\) was tracing is used after it/)
    expect(kept[1].arraySync()).toEqual([1, 1])
  })
  test('an exception in mid-trace leaves no trace active and no cell changed', () => {
    const w = new Parameter([1])
    const f = compile(() => { w.assign([5]); throw new Error('oops') })
    expect(() => f()).toThrow('oops')
    expect([w.itemSync(), x3.add(1).arraySync()]).toEqual([1, [2, 3, 4]])
  })
  test('seed, a new parameter and a move to another device do not belong into a trace', () => {
    expect(() => compile(() => seed(1))()).toThrow(TraceError)
    expect(() => compile(() => { new Parameter([1]) })()).toThrow(TraceError)
    expect(() => compile((x: Tensor) => x.to('null'))(x3)).toThrow(TraceError)
  })
})

describe('compile: results', () => {
  test('returning an input, the same tensor twice, a parameter: buffers of their own', () => {
    const w = new Parameter([1, 2])
    const f = compile((x: Tensor) => ({ x, twice: [x, x], w }))
    const r = f(x3)
    expect(r.x).not.toBe(x3)
    r.x.dispose()
    expect([r.twice[0].arraySync(), r.w.arraySync(), x3.arraySync()]).toEqual([[1, 2, 3], [1, 2], [1, 2, 3]])
    w.assign([9, 9])
    expect([r.w.arraySync(), f(x3).w.arraySync()]).toEqual([[1, 2], [9, 9]])
  })
  test('an output that is a cell before and after an assignment', () => {
    const w = new Parameter([1])
    const f = compile(() => { const before = w.mul(1); w.assign(w.add(1)); return [before, w] })
    expect(f().map(t => t.itemSync())).toEqual([1, 2])
    expect(f().map(t => t.itemSync())).toEqual([2, 3])
  })
  test('a tree with numbers, strings and null; the last assignment wins', () => {
    const w = new Parameter([1])
    const f = compile((x: Tensor) => {
      w.assign([2])
      w.assign([3])
      return { x, n: 1, s: 'a', none: null, u: undefined }
    })
    const { x, ...rest } = f(x3)
    expect([rest, x.shape, w.itemSync()]).toEqual([{ n: 1, s: 'a', none: null, u: undefined }, [3], 3])
    expect(() => compile(() => new Map())()).toThrow(/the result is a Map/)
  })
  test('an output fed back in, and outputs held over many calls', () => {
    const f = compile((x: Tensor) => x.add(1))
    let x = zeros([1])
    const all: Tensor[] = []
    for (let i = 0; i < 5; i++) all.push(x = f(x))
    expect(all.map(t => t.itemSync())).toEqual([1, 2, 3, 4, 5])
  })
  test('pending arguments are computed first, once', () => {
    const pending = x3.exp().log().round()
    const f = compile((x: Tensor) => x.mul(2))
    expect(f(pending).arraySync()).toEqual([2, 4, 6])
    const before = counts.realized
    f(pending)
    expect(counts.realized).toBe(before)
  })
  test('a pending read of a parameter keeps its value though a program updates it', () => {
    const w = new Parameter([1])
    const pending = w.mul(10)
    compile(() => { w.assign([7]) })()
    expect([pending.itemSync(), w.itemSync()]).toEqual([10, 7])
  })
})

describe('compile and the other transforms', () => {
  test('nested compiled functions are inlined', () => {
    const inner = compile((x: Tensor) => x.mul(2))
    const before = counts.compiled
    expect(compile((x: Tensor) => inner(inner(x)))(x3).arraySync()).toEqual([4, 8, 12])
    expect(counts.compiled).toBe(before + 1)
  })
  test('compile inside grad, grad inside compile, and vmap of grad', () => {
    const f = compile((x: Tensor) => x.pow(3).sum())
    expect(grad(f)(x3).arraySync()).toEqual([3, 12, 27])
    expect(compile(grad(f))(x3).arraySync()).toEqual([3, 12, 27])
    expect(compile(vmap(grad((x: Tensor) => x.square().sum())))(tensor([[1], [2]])).arraySync()).toEqual([[2], [4]])
  })
  test('valueAndGrad with buffers assigned inside, in compile and out', () => {
    const mean = new Buffer([0])
    const lossOf = (w: Tensor, x: Tensor): Tensor => {
      mean.assign(mean.mul(0.5).add(x.mean().reshape([1])))
      return w.mul(x).sum()
    }
    const step = compile(valueAndGrad(lossOf))
    expect(step(x3, x3)[1].arraySync()).toEqual([1, 2, 3])
    expect(mean.itemSync()).toBe(2)
    valueAndGrad(lossOf)(x3, x3)
    expect(mean.itemSync()).toBe(3)
    valueAndGrad((w: Tensor) => checkpoint((w: Tensor) => lossOf(w, x3))(w))(x3)
    expect(mean.itemSync()).toBe(3.5)
  })
  test('two gradient steps in one program: the second is of the new value', () => {
    const w = new Parameter([4])
    const step = compile(() => {
      for (let i = 0; i < 2; i++) {
        const [g] = gradients(w.square().sum(), [w])
        w.assign(w.sub(g!.mul(0.25)))
      }
    })
    step()
    expect(w.itemSync()).toBe(1)
  })
  test('assign inside vmap is a TraceError', () => {
    const w = new Parameter([1])
    expect(() =>
      vmap((x: Tensor) => {
        w.assign(x)
        return x
      })(tensor([[1], [2]])),
    ).toThrow(/assign to a cell inside vmap/)
  })
})
