import { expect, test } from 'vitest'
import './setup.ts'
import {
  compile,
  grad,
  gradients,
  vmap,
  jacobian,
  hessian,
  jvp,
  vjp,
  scan,
  checkpoint,
  customGradient,
  tensor,
  rand,
  randn,
  Parameter,
  seed,
  zeros,
  Tensor,
  onesLike,
  stopGradient,
} from '../../../src/tensor/index.ts'

test('transforms', () => {
  const x = tensor([1, 2, 3])
  expect(grad((x: Tensor) => x.square().sum())(x).arraySync()).toEqual([2, 4, 6])
  expect(grad((x: Tensor) => grad((y: Tensor) => y.pow(3).sum())(x).sum())(x).arraySync()).toEqual([6, 12, 18])
  expect(vmap((a: Tensor) => a.sum())(tensor([[1, 2], [3, 4]])).arraySync()).toEqual([3, 7])
  expect(jacobian((x: Tensor) => x.mul(x))(x).arraySync()).toEqual([[2, 0, 0], [0, 4, 0], [0, 0, 6]])
  expect(hessian((x: Tensor) => x.pow(3).sum())(x).arraySync()).toEqual([[6, 0, 0], [0, 12, 0], [0, 0, 18]])
  expect(jvp((x: Tensor) => x.mul(x), [x], [onesLike(x)])[1].arraySync()).toEqual([2, 4, 6])
  const [y, back] = vjp((x: Tensor) => x.mul(x), x)
  expect(back(onesLike(y))[0].arraySync()).toEqual([2, 4, 6])
  const [c, ys] = scan((s: Tensor, x: Tensor) => [s.add(x), s] as const, zeros([]), x)
  expect(c.itemSync()).toBe(6)
  expect(ys.arraySync()).toEqual([0, 1, 3])
  const w = tensor([2, 2, 2])
  expect(grad((x: Tensor) => checkpoint((x: Tensor) => x.mul(w).sin())(x).sum())(x).arraySync()[0]).toBeCloseTo(
    2 * Math.cos(2),
  )
  expect(
    grad((x: Tensor) =>
      customGradient(
        (x: Tensor) => x.mul(3),
        g => g.mul(w),
      )(x).sum(),
    )(x).arraySync(),
  ).toEqual([2, 2, 2])
})
test('random', () => {
  seed(1)
  const loop = [0, 1, 2].map(() => rand([5]).arraySync())
  seed(1)
  expect(vmap((x: Tensor) => rand([5]).add(x))(zeros([3])).arraySync()).toEqual(loop)
  seed(1)
  expect(scan((c: Tensor, x: Tensor) => [c, rand([5]).add(x)] as const, zeros([]), zeros([3]))[1].arraySync()).toEqual(
    loop,
  )
  seed(1)
  const f = compile(() => rand([5]))
  expect([f().arraySync(), f().arraySync(), f().arraySync()]).toEqual(loop)
})
test('compile', () => {
  const w = new Parameter([1, 2, 3], { name: 'w' })
  let traced = 0
  const step = compile((x: Tensor, lr: number) => {
    traced++
    const loss = w.mul(x).sum()
    const [g] = gradients(loss, [w])
    w.assign(w.sub(g!.mul(lr)))
    return { loss, after: w.mul(x).sum() }
  }, { name: 'step' })
  const x = tensor([1, 1, 1])
  const a = step(x, 0.5)
  expect(a.loss.itemSync()).toBe(6)
  expect(a.after.itemSync()).toBe(4.5)
  const b = step(x, 0.25)
  expect([b.loss.itemSync(), b.after.itemSync(), a.loss.itemSync()]).toEqual([4.5, 3.75, 6])
  expect(traced).toBe(1)
  expect(() => gradients(b.loss, [w])).toThrow(/cut/)
  expect(() => compile((x: Tensor) => x.itemSync(), { name: 'bad' })(x)).toThrow(/compile\('bad'\).*smoke2\.test/s)
  expect(() => compile((x: Tensor) => { throw new Error('oops') })(x)).toThrow('oops')
  expect(x.add(1).arraySync()).toEqual([2, 2, 2])
})
