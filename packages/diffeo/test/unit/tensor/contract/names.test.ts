import { expect, test } from 'vitest'
import { device } from './device.ts'
import * as api from '../../../../src/tensor/index.ts'

const words = (text: string): string[] => text.trim().split(/\s+/)

test('every name of the contract is there', () => {
  const functions =
    words(`
    tensor zeros ones full empty arange linspace eye tril triu zerosLike onesLike fullLike seed rand randn
    randint bernoulli randperm where concat stack einsum meshgrid slice grad valueAndGrad gradients vjp jvp
    vmap jacobian hessian checkpoint customGradient stopGradient compile scan
  `)
  const methods =
    words(`
    data dataSync item itemSync array arraySync realize dispose add sub mul div pow mod neg abs sign
    reciprocal sqrt rsqrt square exp exp2 expm1 log log2 log10 log1p sin cos tan asin acos atan atan2 sinh
    cosh tanh asinh acosh atanh erf sigmoid relu gelu silu softplus floor ceil round trunc clamp maximum
    minimum lerp eq ne lt le gt ge and or xor not isNaN isFinite isInf equal allClose sum prod mean max min
    var std argmax argmin all any logsumexp norm cumsum cumprod median quantile reshape view flatten unflatten
    squeeze unsqueeze transpose permute expand flip pad roll tile repeatInterleave split chunk unbind diagonal
    index indexSet gather indexSelect scatter scatterAdd maskedFill oneHot nonzero matmul dot outer softmax
    logSoftmax sort argsort topk to cast detach
  `)
  const x = api.tensor([[1, 2], [3, 4]])
  expect(functions.filter(n => typeof (api as Record<string, unknown>)[n] !== 'function')).toEqual([])
  expect(methods.filter(n => typeof (x as unknown as Record<string, unknown>)[n] !== 'function')).toEqual([])
  expect([x.shape, x.dtype, x.device, x.size, x.rank, x.T.arraySync()]).toEqual([
    [2, 2],
    'float32',
    device,
    4,
    2,
    [
      [1, 3],
      [2, 4],
    ],
  ])
  expect(new api.Parameter([1])).toBeInstanceOf(api.Tensor)
  expect(new api.Buffer([1])).toBeInstanceOf(api.Tensor)
})

test('creation', () => {
  expect(api.arange(3).arraySync()).toEqual([0, 1, 2])
  expect(api.arange(1, 2, 0.25, { dtype: 'float64' }).arraySync()).toEqual([
    1, 1.25, 1.5, 1.75,
  ])
  expect(api.arange(5, 0, -2, { dtype: 'int32' }).arraySync()).toEqual([5, 3, 1])
  expect(api.linspace(0, 1, 5).arraySync()).toEqual([0, 0.25, 0.5, 0.75, 1])
  expect(api.linspace(2, 9, 1).arraySync()).toEqual([2])
  expect(api.eye(2, 3).arraySync()).toEqual([[1, 0, 0], [0, 1, 0]])
  expect(api.full([2], true).dtype).toBe('bool')
  expect(api.zerosLike(api.ones([2], { dtype: 'int8' })).dtype).toBe('int8')
  expect(api.meshgrid([[1, 2], [3, 4, 5]])[1].arraySync()).toEqual([[3, 4, 5], [3, 4, 5]])
  expect(api.where([true, false], 1, [5, 6]).arraySync()).toEqual([1, 6])
  expect(() => api.zeros([-1])).toThrow(/whole numbers from 0 up/)
})
