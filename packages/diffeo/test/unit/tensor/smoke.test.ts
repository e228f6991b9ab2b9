import { expect, test } from 'vitest'
import './setup.ts'
import { tensor, rand, randn, arange, eye, einsum, Parameter, seed } from '../../../src/tensor/index.ts'

test('smoke', async () => {
  const x = tensor([[1, 2], [3, 4]])
  expect(await x.add(1).mul(x).array()).toEqual([[2, 6], [12, 20]])
  expect(await x.matmul(x).array()).toEqual([[7, 10], [15, 22]])
  expect(await x.softmax(-1).sum(-1).array()).toEqual([1, 1])
  seed(0)
  const r = randn([1000]); console.log(String(r), r.mean().itemSync(), r.std().itemSync())
  console.log(String(r), rand([3]).toString(), String(arange(5)), String(eye(3)))
  const p = new Parameter([1, 2, 3])
  const y = p.mul(2)
  p.assign([4, 5, 6])
  expect(y.arraySync()).toEqual([2, 4, 6])
  expect(p.mul(2).arraySync()).toEqual([8, 10, 12])
  expect(einsum('ij,jk->ik', x, x).arraySync()).toEqual([[7, 10], [15, 22]])
  console.log(p)
  expect(() => x.add(tensor([1, 2, 3]))).toThrow('add: shapes [2,2] and [3] do not broadcast: axis 1 is 2 and 3')
})
