import { describe, expect, test } from 'vitest'
import './setup.ts'
import {
  checkpoint, customGradient, grad, gradients, hessian, jacobian, jvp, onesLike, Parameter, scan, stopGradient, tensor,
  type Tensor, valueAndGrad, vjp, vmap, zeros,
} from '../../../src/tensor/index.ts'
import { DTypeError, GradientError, ShapeError, TraceError } from '../../../src/util/errors.ts'

const x = tensor([1, 2, 3])
const cube = (t: Tensor): Tensor => t.pow(3).sum()

describe('grad and valueAndGrad', () => {
  test('the gradient of argument 0, nested, and through values asked for', () => {
    expect(grad(cube)(x).arraySync()).toEqual([3, 12, 27])
    expect(grad((t: Tensor) => grad(cube)(t).sum())(x).arraySync()).toEqual([6, 12, 18])
    const seen: number[] = []
    const peek = (t: Tensor): Tensor => { const y = t.mul(2); seen.push(...y.dataSync()); return y.sum() }
    expect(grad(peek)(x).arraySync()).toEqual([2, 2, 2])
    expect(seen).toEqual([2, 4, 6])
  })
  test('trees keep their form; argnums gives another argument, or a tuple; zeros where there is no way', () => {
    const f = (p: { w: Tensor; list: [Tensor, number] }, y: Tensor): Tensor => p.w.mul(y).sum()
    const p = { w: x, list: [tensor(1), 5] as [Tensor, number] }
    const d = grad(f)(p, x)
    expect([d.w.arraySync(), d.list[0].itemSync(), d.list[1]]).toEqual([[1, 2, 3], 0, 5])
    expect(grad(f, { argnums: 1 })(p, x).arraySync()).toEqual([1, 2, 3])
    const [value, [dp, dy]] = valueAndGrad(f, { argnums: [0, 1] })(p, tensor([2, 2, 2]))
    expect([value.itemSync(), dp.w.arraySync(), dy.arraySync()]).toEqual([12, [2, 2, 2], [1, 2, 3]])
  })
  test('what the function takes from outside is constant', () => {
    expect(grad((t: Tensor) => t.mul(x).sum())(x).arraySync()).toEqual([1, 2, 3])
    expect(gradients(grad((t: Tensor) => t.mul(x.square()).sum())(x).sum(), [x])[0]!.arraySync()).toEqual([2, 4, 6])
  })
  test('errors', () => {
    expect(() => grad((t: Tensor) => t)(x)).toThrow(ShapeError)
    expect(() => grad((t: Tensor) => t.sum())(tensor([1], { dtype: 'int32' }))).toThrow(DTypeError)
    expect(() => grad((async (t: Tensor) => t.sum()) as never)(x as never)).toThrow(TraceError)
    expect(() => grad(cube, { argnums: 1 })(x)).toThrow(GradientError)
    expect(() => gradients(x.gt(1).any(), [x])).toThrow(DTypeError)
  })
})

describe('vjp, jvp, jacobian, hessian', () => {
  test('agree', () => {
    const f = (t: Tensor): Tensor => t.square()
    const [y, pullback] = vjp(f, x)
    expect([y.arraySync(), pullback(onesLike(y))[0].arraySync()]).toEqual([[1, 4, 9], [2, 4, 6]])
    expect(jvp(f, [x], [onesLike(x)]).map(t => t.arraySync())).toEqual([[1, 4, 9], [2, 4, 6]])
    expect(jacobian(f)(x).arraySync()).toEqual([[2, 0, 0], [0, 4, 0], [0, 0, 6]])
    expect(hessian(cube)(x).arraySync()).toEqual([[6, 0, 0], [0, 12, 0], [0, 0, 18]])
    expect(() => pullback(zeros([2]))).toThrow(ShapeError)
  })
  test('of several outputs and arguments', () => {
    const [[s, p], pullback] = vjp((a: Tensor, b: Tensor) => [a.add(b), a.mul(b)] as const, x, x)
    const [da, db] = pullback([onesLike(s), onesLike(p)])
    expect([da.arraySync(), db.arraySync()]).toEqual([[2, 3, 4], [2, 3, 4]])
  })
})

describe('vmap', () => {
  const m = tensor([[1, 2], [3, 4], [5, 6]])
  test('axes in and out, trees, what has no axis', () => {
    expect(vmap((a: Tensor) => a.sum())(m).arraySync()).toEqual([3, 7, 11])
    expect(vmap((a: Tensor) => a.sum(), { in: 1 })(m).arraySync()).toEqual([9, 12])
    expect(vmap((a: Tensor) => a.mul(2), { out: 1 })(m).shape).toEqual([2, 3])
    expect(vmap((w: Tensor, a: Tensor) => w.dot(a), { in: [null, 0] })(tensor([1, 10]), m).arraySync()).toEqual([
      21, 43, 65,
    ])
    const { s, c } = vmap((p: { a: Tensor }) => ({ s: p.a.sum(), c: x }))({ a: m })
    expect([s.shape, c.shape]).toEqual([[3], [3, 3]])
  })
  test('nests, and with grad', () => {
    expect(vmap(vmap((a: Tensor) => a.square()))(m).arraySync()).toEqual([
      [1, 4],
      [9, 16],
      [25, 36],
    ])
    expect(vmap(grad((a: Tensor) => a.square().sum()))(m).arraySync()).toEqual([
      [2, 4],
      [6, 8],
      [10, 12],
    ])
    expect(grad((a: Tensor) => vmap((r: Tensor) => r.square().sum())(a).sum())(m).arraySync()).toEqual([
      [2, 4],
      [6, 8],
      [10, 12],
    ])
  })
  test('errors', () => {
    expect(() => vmap((a: Tensor, b: Tensor) => a.add(b))(m, x.index([0, 1]))).toThrow(/3 and 2 examples/)
    expect(() => vmap((a: Tensor) => a)(tensor(1))).toThrow(ShapeError)
    expect(() => vmap((a: Tensor) => { a.sum().itemSync(); return a })(m)).toThrow(/vmap was tracing/)
    let kept!: Tensor
    vmap((a: Tensor) => { kept = a.mul(2); return a })(m)
    expect(() => kept.arraySync()).toThrow(/made while vmap was tracing/)
  })
})

describe('scan', () => {
  const running = (sum: Tensor, t: Tensor): readonly [Tensor, Tensor] => [sum.add(t), sum]
  test('carry and ys, in reverse, with a length alone, and trees', () => {
    const [last, ys] = scan(running, zeros([]), x)
    expect([last.itemSync(), ys.arraySync()]).toEqual([6, [0, 1, 3]])
    expect(scan(running, zeros([]), x, { reverse: true })[1].arraySync()).toEqual([5, 3, 0])
    expect(scan((c: Tensor) => [c.mul(2), null] as const, tensor(1), null, { length: 5 })[0].itemSync()).toBe(32)
    const [{ a }, [y]] = scan(
      (c: { a: Tensor }, [t]: [Tensor]) => [{ a: c.a.add(t) }, [t]] as const,
      { a: tensor(0) },
      [x],
    )
    expect([a.itemSync(), y.shape]).toEqual([6, [3]])
  })
  test('gradients reach init, xs and what the body captures', () => {
    const w = tensor(2)
    const loss = scan((c: Tensor, t: Tensor) => [c.mul(w).add(t), null] as const, tensor(1), x)[0]
    // ((1·w + 1)·w + 2)·w + 3
    expect(loss.itemSync()).toBe(19)
    const again = scan((c: Tensor, t: Tensor) => [c.mul(w).add(t), null] as const, tensor(1), x)[0]
    expect(gradients(again, [w, x]).map(t => t!.arraySync())).toEqual([18, [4, 2, 1]])
  })
  test('errors', () => {
    expect(() => scan((c: Tensor, t: Tensor) => [c.add(t.expand(2)), null] as const, tensor(0), x)).toThrow(
      /tensor 0 of the carry has shape \[\]/,
    )
    expect(() => scan(running, zeros([]), tensor(1))).toThrow(ShapeError)
  })
})

describe('checkpoint, customGradient, stopGradient', () => {
  test('a checkpoint changes no value and no gradient, of captured parameters too', () => {
    const w = new Parameter([2, 2, 2])
    const f = (t: Tensor): Tensor => t.mul(w).sin()
    const [a, b] = [f, checkpoint(f)].map(h => gradients(h(x).sum(), [w, x]).map(t => t!.arraySync()))
    expect(b).toEqual(a)
  })
  test('a gradient by a rule, which may capture tensors and see inputs and output', () => {
    const w = tensor([5, 6, 7])
    const f = customGradient((t: Tensor) => t.mul(3), (d, { inputs, output }) => d.mul(w).add(inputs[0]).add(output))
    expect(f(x).arraySync()).toEqual([3, 6, 9])
    expect(grad((t: Tensor) => f(t).sum())(x).arraySync()).toEqual([9, 14, 19])
    const two = customGradient(
      (a: Tensor, b: Tensor) => a.add(b),
      d => [d.mul(2), null],
    )
    expect(grad((a: Tensor, b: Tensor) => two(a, b).sum(), { argnums: [0, 1] })(x, x).map(t => t.arraySync())).toEqual([
      [2, 2, 2],
      [0, 0, 0],
    ])
    expect(() =>
      customGradient(
        (a: Tensor) => a,
        () => [],
      )(x),
    ).toThrow(GradientError)
  })
  test('stopGradient', () => {
    expect(grad((t: Tensor) => t.mul(stopGradient(t)).sum())(x).arraySync()).toEqual([1, 2, 3])
  })
})
