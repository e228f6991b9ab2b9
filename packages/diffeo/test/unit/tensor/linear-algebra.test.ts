/** @file What linalg and fft promise beside values: batches, derivatives of higher order, singular matrices, errors. */
import { describe, expect, test } from 'vitest'
import './setup.ts'
import {
  bincount,
  compile,
  concat,
  customGradient,
  eye,
  fft,
  grad,
  hessian,
  jacobian,
  jvp,
  linalg,
  nn,
  ones,
  randn,
  scatterReduce,
  searchsorted,
  seed,
  slice,
  tensor,
  unique,
  vmap,
  zeros,
  type Tensor,
} from '../../../src/index.ts'

const f64 = { dtype: 'float64' } as const
const worst = (a: Tensor, b: Tensor): number => a.sub(b).abs().max().itemSync()
const regular = (n: number): Tensor => randn([n, n], f64).add(eye(n, f64).mul(3))
const definite = (n: number): Tensor => { const a = randn([n, n], f64); return a.matmul(a.T).add(eye(n, f64)) }
const symmetric = (): Tensor => definite(3)
seed(3)

/** Functions of one matrix, as they are and as a sum that knows no signs of vectors. */
const functions: Record<string, readonly [make: () => Tensor, f: (a: Tensor) => Tensor]> = {
  solve: [() => regular(3), a => linalg.solve(a, ones([3], f64)).square().sum()],
  inv: [() => regular(3), a => linalg.inv(a).square().sum()],
  det: [() => regular(3), a => linalg.det(a)],
  slogdet: [() => regular(3), a => linalg.slogdet(a).logabsdet],
  cholesky: [symmetric, a => linalg.cholesky(a).square().mul([[1, 1, 1], [2, 1, 1], [3, 5, 4]]).sum()],
  solveTriangular: [() => regular(3), a => linalg.solveTriangular(a, eye(3, f64), { upper: true }).square().sum()],
  qr: [() => randn([4, 3], f64), a => linalg.qr(a).Q.mul(tensor([1, 2, 4])).square().mul([[1], [2], [3], [5]]).sum()],
  lu: [() => regular(3), a => linalg.lu(a).U.square().sum().add(linalg.lu(a).L.square().sum())],
  eigh: [symmetric, a => {
    const { eigenvalues, eigenvectors } = linalg.eigh(a)
    return eigenvectors.square().mul([[1], [2], [5]]).mul(eigenvalues).sum()
  }],
  svd: [() => randn([4, 3], f64), a => {
    const { U, S, Vh } = linalg.svd(a, { fullMatrices: false })
    return U.mul(S.square()).matmul(Vh).square().mul([[1], [2], [5], [3]]).sum()
  }],
  pinv: [() => randn([4, 3], f64), a => linalg.pinv(a).square().sum()],
  matrixExp: [() => randn([3, 3], f64), a => linalg.matrixExp(a).sum()],
  rfft: [() => randn([12], f64), a => fft.rfft(a).square().mul(a.sum()).sum()],
}

describe('derivatives agree with one another', () => {
  for (const [name, [make, f]] of Object.entries(functions)) {
    test(name, () => {
      const a = make()
      const any = randn(a.shape, f64)
      // of a symmetric matrix one triangle is read: the gradient is for symmetric changes
      const direction = make === symmetric ? any.add(any.T) : any
      const slope = jvp(f, [a], [direction])[1]
      expect(worst(slope, grad(f)(a).mul(direction).sum()) / (1 + Math.abs(slope.itemSync()))).toBeLessThan(1e-9)
      // differences of a gradient that is right are those of the second derivative
      const h = 1e-5
      const step = direction.mul(h)
      const bend = grad(f)(a.add(step)).sub(grad(f)(a.sub(step))).div(2 * h)
      const product = jvp(grad(f), [a], [direction])[1]
      expect(worst(product, bend) / (1 + product.abs().max().itemSync())).toBeLessThan(1e-6)
      const again = grad((x: Tensor) => grad(f)(x).mul(direction).sum())(a)
      expect(worst(product, again) / (1 + product.abs().max().itemSync())).toBeLessThan(1e-9)
    })
  }
  test('to the third order', () => {
    // d³ log x = 2/x³
    const third = grad(grad(grad((x: Tensor) => linalg.slogdet(x.reshape(1, 1)).logabsdet)))
    expect(third(tensor(2, f64)).itemSync()).toBeCloseTo(0.25, 12)
    expect(worst(hessian((x: Tensor) => linalg.det(x.reshape(2, 2)))(tensor([1, 2, 3, 4], f64)),
      tensor([[0, 0, 0, 1], [0, 0, -1, 0], [0, -1, 0, 0], [1, 0, 0, 0]], f64))).toBeLessThan(1e-12)
  })
})

describe('a batch, vmap and compile are what one matrix after the other gives', () => {
  for (const [name, [make, f]] of Object.entries(functions)) {
    test(name, () => {
      const list = Array.from({ length: 3 }, make)
      const batch = concat(list.map(a => a.unsqueeze(0)))
      const single = concat(list.map(a => f(a).reshape(1)))
      expect(worst(vmap(f)(batch), single)).toBeLessThan(1e-9 * (1 + single.abs().max().itemSync()))
      const slopes = concat(list.map(a => grad(f)(a).unsqueeze(0)))
      expect(worst(vmap(grad(f))(batch), slopes)).toBeLessThan(1e-8 * (1 + slopes.abs().max().itemSync()))
      expect(worst(compile(grad(f))(list[0]), grad(f)(list[0]))).toBeLessThan(
        1e-9 * (1 + slopes.abs().max().itemSync()),
      )
    })
  }
  test('leading axes', () => {
    const a = concat([regular(3), regular(3)].map(x => x.unsqueeze(0))).unsqueeze(1)
    const b = randn([4, 3, 2], f64)
    expect(linalg.solve(a, b).shape).toEqual([2, 4, 3, 2])
    expect(worst(a.matmul(linalg.solve(a, b)), b.expand([2, 4, 3, 2]))).toBeLessThan(1e-12)
    const none = linalg.svd(zeros([0, 3, 2], f64), { fullMatrices: false })
    expect([none.U.shape, none.S.shape, none.Vh.shape]).toEqual([[0, 3, 2], [0, 2], [0, 2, 2]])
  })
})

describe('hard matrices', () => {
  const orthogonal = (q: Tensor): number => worst(q.T.matmul(q), eye(q.shape[1], f64))
  test('of a rank that is not full', () => {
    const low = randn([6, 2], f64).matmul(randn([2, 5], f64))
    const { U, S, Vh } = linalg.svd(low)
    expect(orthogonal(U) + orthogonal(Vh)).toBeLessThan(1e-13)
    expect(worst(U.split([5, 1], 1)[0].mul(S).matmul(Vh), low)).toBeLessThan(1e-13)
    expect(linalg.matrixRank(low).itemSync()).toBe(2)
    const zero = linalg.svd(zeros([3, 2], f64))
    expect([zero.S.arraySync(), orthogonal(zero.U)]).toEqual([[0, 0], 0])
    expect(orthogonal(linalg.qr(low, { mode: 'complete' }).Q)).toBeLessThan(1e-13)
  })
  test('with equal eigenvalues, and gradients of them', () => {
    const q = linalg.qr(randn([4, 4], f64)).Q
    const a = q.mul(tensor([1, 1, 1, 2], f64)).matmul(q.T)
    const { eigenvalues, eigenvectors } = linalg.eigh(a)
    expect(worst(eigenvalues, tensor([1, 1, 1, 2], f64)) + orthogonal(eigenvectors)).toBeLessThan(1e-12)
    // the sum of all is the trace
    expect(worst(grad((x: Tensor) => linalg.eigvalsh(x).sum())(eye(3, f64)), eye(3, f64))).toBeLessThan(1e-12)
  })
  test('graded over twelve digits', () => {
    const g = tensor(Float64Array.from({ length: 12 }, (_, i) => 10 ** -i))
    const a = randn([12, 12], f64).mul(g)
    const { U, S, Vh } = linalg.svd(a)
    expect(worst(U.mul(S).matmul(Vh), a)).toBeLessThan(1e-14 * 12)
    expect(S.index(-1).itemSync()).toBeGreaterThan(1e-14)
  })
  test.each<[string, number[][], number[][]]>([
    ['zeros of 2', [[0, 0], [0, 0]], [[0, 0], [0, 0]]],
    ['zeros of 3', [[0, 0, 0], [0, 0, 0], [0, 0, 0]], [[0, 0, 0], [0, 0, 0], [0, 0, 0]]],
    ['nilpotent', [[0, 1], [0, 0]], [[0, 0], [-1, 0]]],
    ['rank 1 of 2', [[1, 2], [2, 4]], [[4, -2], [-2, 1]]],
    ['rank 1 of 3', [[1, 2, 3], [1, 2, 3], [2, 4, 6]], [[0, 0, 0], [0, 0, 0], [0, 0, 0]]],
    ['rank 2 of 3, a pivot in the middle', [[1, 2, 3], [2, 4, 7], [1, 2, 5]], [[6, -3, 0], [-4, 2, 0], [2, -1, 0]]],
    ['rank 2 of 3, two zero pivots', [[0, 2, 1], [0, 0, 3], [0, 0, 0]], [[0, 0, 0], [0, 0, 0], [6, 0, 0]]],
    ['huge and tiny', [[1e200, 0], [0, 0]], [[0, 0], [0, 1e200]]],
    ['of one', [[0]], [[1]]],
  ])('the gradient of det: cofactors of %s', (_, a, wanted) => {
    const x = tensor(a, f64)
    expect(worst(grad((x: Tensor) => linalg.det(x))(x), tensor(wanted, f64))).toBeLessThan(1e-14)
    expect(worst(grad((x: Tensor) => linalg.det(x.T))(x), tensor(wanted, f64))).toBeLessThan(1e-14)
    expect(worst(jvp((x: Tensor) => linalg.det(x), [x], [x.add(1)])[1], x.add(1).mul(tensor(wanted, f64)).sum()))
      .toBeLessThan(1e-14)
  })
  test('the gradient of det of singular and regular ones in a batch, of several sizes', () => {
    for (const n of [4, 7, 20]) {
      const a = randn([5, n, n], f64)
      // a row of zeros: the cofactors are those of the row alone
      const keep = tensor(Array.from({ length: n }, (_, i) => (i === 2 ? 0 : 1)), f64)
      const b = concat([a.mul(keep.unsqueeze(1)), a])
      const found = grad((x: Tensor) => linalg.det(x).sum())(b)
      const ofRow = grad((x: Tensor) => linalg.det(x).sum())(a).index('...', 2, slice())
      const scale = ofRow.abs().max().itemSync()
      expect(worst(found.index(slice(0, 5), 2), ofRow)).toBeLessThan(1e-12 * scale)
      expect(found.index(slice(0, 5)).mul(keep.unsqueeze(1)).abs().max().itemSync()).toBeLessThan(1e-12 * scale)
      expect(worst(found.index(slice(5), 2), ofRow)).toBe(0)
    }
  })
  test('singular ones: infinite or not a number, and said by info', () => {
    const a = tensor([[1, 2], [2, 4]], f64)
    expect(Math.abs(linalg.det(a).itemSync())).toBe(0)
    expect(linalg.slogdet(a).logabsdet.itemSync()).toBe(-Infinity)
    expect(Math.abs(linalg.slogdet(a).sign.itemSync())).toBe(0)
    expect(linalg.inv(a).isFinite().all().itemSync()).toBe(0)
    expect([linalg.invEx(a).info.itemSync(), linalg.solveEx(eye(2, f64), a).info.itemSync()]).toEqual([2, 0])
    expect(linalg.cond(a, { ord: 1 }).itemSync()).toBe(Infinity)
    expect(linalg.choleskyEx(tensor([[1, 2], [2, 1]], f64)).info.itemSync()).toBe(2)
    expect(linalg.choleskyEx(eye(2, f64)).info.itemSync()).toBe(0)
  })
})

describe('errors', () => {
  const a = ones([2, 3])
  const cases: Record<string, () => unknown> = {
    'linalg.inv: the matrix must be square, got shape [2, 3]': () => linalg.inv(a),
    'linalg.eigh: the matrix must be square': () => linalg.eigh(a),
    'linalg.cholesky: the matrix must be square': () => linalg.cholesky(a),
    'linalg.solve: B of shape [3] does not fit A of shape [2, 2]': () => linalg.solve(eye(2), ones([3])),
    'linalg.solve: one operand is float32, the other float64': () => linalg.solve(eye(2), ones([2], f64)),
    "linalg.svd: takes float32 or float64, got int32: write cast('float32')": () => linalg.svd(a.cast('int32')),
    'linalg.qr: takes a matrix, or a batch of them, got shape [3]': () => linalg.qr(ones([3])),
    "did you mean 'fullMatrices'": () => linalg.svd(a, { full_matrices: false } as never),
    'there is no norm 3': () => linalg.matrixNorm(a, { ord: 3 }),
    'linalg.multiDot: tensor 0 of shape [2, 3] does not fit [2, 3]': () => linalg.multiDot([a, a]),
    'linalg.lstsq: B of shape [3, 1] does not fit A of shape [2, 3]': () => linalg.lstsq(a, ones([3, 1])),
    'fft.fft: a complex tensor has a last axis of 2': () => fft.fft(a),
    "fft.rfft: norm is 'none'": () => fft.rfft(a, { norm: 'none' as never }),
    'fft.rfft: the length is 0': () => fft.rfft(a, { n: 0 }),
    'fft.stft: 3 samples are fewer than nFft = 8': () => fft.stft(a, 8, { center: false }),
    'customGradient: a linear rule takes nothing from outside': () => {
      const outside = tensor([1, 2])
      return grad((x: Tensor) =>
        customGradient(
          (x: Tensor) => x,
          g => g.mul(outside),
          { linear: true },
        )(x).sum(),
      )(ones([2]))
    },
  }
  for (const [message, f] of Object.entries(cases)) test(message, () => expect(f).toThrow(message))
})

describe('what the parts make together', () => {
  test('factors and their solvers', () => {
    const [a, b] = [regular(4), randn([4, 2], f64)]
    const { info, ...factors } = linalg.luFactorEx(a)
    expect(info.itemSync()).toBe(0)
    expect(worst(linalg.luSolve(factors, b), linalg.solve(a, b))).toBeLessThan(1e-13)
    const reflections = linalg.geqrf(randn([5, 3], f64))
    const q = linalg.householderProduct(reflections.a, reflections.tau)
    expect(worst(q.T.matmul(q), eye(3, f64))).toBeLessThan(1e-14)
    const tall = randn([5, 3], f64)
    const { U, S, Vh } = linalg.svd(tall)
    expect([U.shape, worst(U.matmul(U.T), eye(5, f64)) < 1e-14]).toEqual([[5, 5], true])
    expect(worst(U.split([3, 2], 1)[0].mul(S).matmul(Vh), tall)).toBeLessThan(1e-14)
    const { solution, residuals, rank } = linalg.lstsq(tall, ones([5, 1], f64))
    expect(worst(tall.T.matmul(tall.matmul(solution).sub(1)), zeros([3, 1], f64))).toBeLessThan(1e-13)
    expect([residuals.shape, rank.itemSync()]).toEqual([[1], 3])
    expect(linalg.qr(tall, { mode: 'r' }).Q.shape).toEqual([5, 0])
  })
  test('products and diagonals', () => {
    const a = randn([2, 3, 3], f64)
    expect(worst(linalg.matmul(a, a), a.matmul(a))).toBe(0)
    expect(linalg.diagonal(a, { offset: 1 }).arraySync()).toEqual(a.diagonal(1, 1, 2).arraySync())
    expect(linalg.vecdot(a, a).shape).toEqual([2, 3])
  })
  test('complex numbers', () => {
    const z = fft.complex(tensor([3, 0], f64), tensor([4, 1], f64))
    expect(fft.real(z).arraySync()).toEqual([3, 0])
    expect(fft.imag(fft.conj(z)).arraySync()).toEqual([-4, -1])
    expect(fft.mul(z, z).arraySync()).toEqual([[-7, 24], [-1, 0]])
    expect(fft.angle(z).arraySync()[1]).toBeCloseTo(Math.PI / 2, 12)
  })
  test('counts in compile have a length that is said', () => {
    const x = tensor([1, 1, 3], { dtype: 'int32' })
    expect(compile((x: Tensor) => bincount(x, { length: 5 }))(x).arraySync()).toEqual([0, 2, 0, 1, 0])
    expect(() => compile((x: Tensor) => bincount(x))(x)).toThrow('asked for a value')
    expect(() => compile((x: Tensor) => unique(x).values)(x)).toThrow('asked for a value')
    expect(() => searchsorted(ones([2, 3]), ones([3, 3]))).toThrow('differ in front')
    expect(() => scatterReduce(ones([2]), 0, x, ones([3]), 'max' as never)).toThrow("there is no 'max'")
  })
})

test('a linear rule is forward mode too, in vmap as well, and may call its function', () => {
  const cube: (x: Tensor) => Tensor = customGradient(
    (x: Tensor) => x.mul(x).mul(x),
    // wrong by a factor, to be seen
    (g, { inputs: [x] }) => g.mul(x.square().mul(6)),
    { linear: true },
  )
  const x = tensor([1, 2], f64)
  expect(jvp(cube, [x], [ones([2], f64)])[1].arraySync()).toEqual([6, 24])
  expect(vmap((x: Tensor) => jvp(cube, [x], [ones([], f64)])[1])(x).arraySync()).toEqual([6, 24])
  const power: (x: Tensor, e: Tensor) => Tensor = customGradient(
    (x: Tensor, e: Tensor) => x.pow(e),
    (g, { inputs: [x, e] }) => [power(x, e.sub(1)).mul(e).mul(g), null],
    { linear: true },
  )
  const fifth = (x: Tensor): Tensor => power(x, tensor(5, f64)).sum()
  expect(grad(grad(grad(fifth)))(tensor(2, f64)).itemSync()).toBeCloseTo(240, 10)
})

test('gradients of each sample by vmap(grad(functionalCall)) are those of a loop', () => {
  const model = new nn.Sequential(
    new nn.Conv2d(1, 2, 3), new nn.ReLU(), new nn.MaxPool2d(2), new nn.Flatten(), new nn.Linear(18, 4),
  )
  const parameters = Object.fromEntries(model.namedParameters().map(([name, p]) => [name, p as Tensor]))
  const [x, y] = [randn([3, 1, 8, 8]), tensor([0, 3, 1], { dtype: 'int32' })]
  const loss = (p: Record<string, Tensor>, x: Tensor, y: Tensor): Tensor =>
    nn.crossEntropy(nn.functionalCall(model, p, x.unsqueeze(0)) as Tensor, y.unsqueeze(0))
  const all = vmap(grad(loss), { in: [null, 0, 0] })(parameters, x, y)
  for (let i = 0; i < 3; i++) {
    const one = grad(loss)(parameters, x.index(i), y.index(i))
    for (const name of Object.keys(parameters)) expect(worst(all[name].index(i), one[name])).toBeLessThan(1e-6)
  }
})

test('the third derivative of a composed function', () => {
  // f = e^(sin x): f‴ = cos x (cos² x − 3 sin x − 1) e^(sin x)
  const f = (x: Tensor): Tensor => x.sin().exp().sum()
  const x = tensor([0.3, -1.2], f64)
  const third = grad((x: Tensor) => grad((x: Tensor) => grad(f)(x).sum())(x).sum())(x)
  const [s, c] = [x.sin(), x.cos()]
  expect(worst(third, c.mul(c.square().sub(s.mul(3)).sub(1)).mul(s.exp()))).toBeLessThan(1e-13)
  const forward = jacobian((x: Tensor) => hessian(f)(x).diagonal())(x).diagonal()
  expect(worst(forward, third)).toBeLessThan(1e-13)
})
