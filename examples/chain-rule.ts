/**
 * @file Two sigmoid layers from scratch, the chain rule written out, mean squared error, gradient descent. It
 * learns exclusive or; along the way its gradients are compared with those of autodiff, and agree to 1e-6.
 */
import { tensor, valueAndGrad, type Tensor } from 'diffeo'
import { recipes } from '@diffeo/node'
import { agree } from './support/agree.ts'

type Matrix = number[][]
interface Weights { w1: Matrix; b1: Matrix; w2: Matrix; b2: Matrix }
type Tensors = Record<keyof Weights, Tensor>

const x: Matrix = [[0, 0], [0, 1], [1, 0], [1, 1]]
const target: Matrix = [[0], [1], [1], [0]]

const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z))
const map = (a: Matrix, f: (v: number, i: number, j: number) => number): Matrix =>
  a.map((row, i) => row.map((v, j) => f(v, i, j)))
const transposed = (a: Matrix): Matrix => a[0].map((_, j) => a.map(row => row[j]))
const product = (a: Matrix, b: Matrix): Matrix =>
  a.map(row => b[0].map((_, j) => row.reduce((sum, v, k) => sum + v * b[k][j], 0)))
const layer = (a: Matrix, w: Matrix, b: Matrix): Matrix => map(product(a, w), (z, _, j) => sigmoid(z + b[0][j]))
const columnSums = (a: Matrix): Matrix => [a[0].map((_, j) => a.reduce((sum, row) => sum + row[j], 0))]

/** The loss and its gradient, by the chain rule. */
function byHand({ w1, b1, w2, b2 }: Weights): { loss: number; gradient: Weights } {
  // forward: a1 = σ(x·w1 + b1), a2 = σ(a1·w2 + b2), loss = mean (a2 − t)²
  const a1 = layer(x, w1, b1)
  const a2 = layer(a1, w2, b2)
  const loss = a2.reduce((sum, [v], i) => sum + (v - target[i][0]) ** 2, 0) / x.length
  // backward: ∂loss/∂a2 = 2 (a2 − t) / n, σ' = σ (1 − σ), and each layer hands δ·wᵀ to the one before
  const d2 = map(a2, (v, i, j) => (2 * (v - target[i][j]) / x.length) * v * (1 - v))
  const back = product(d2, transposed(w2))
  const d1 = map(a1, (v, i, j) => back[i][j] * v * (1 - v))
  return {
    loss,
    gradient: {
      w1: product(transposed(x), d1),
      b1: columnSums(d1),
      w2: product(transposed(a1), d2),
      b2: columnSums(d2),
    },
  }
}

/** The same mapping for autodiff: its gradient need not be written. */
const byAutodiff = valueAndGrad(({ w1, b1, w2, b2 }: Tensors): Tensor => {
  const a1 = tensor(x).matmul(w1).add(b1).sigmoid()
  const a2 = a1.matmul(w2).add(b2).sigmoid()
  return a2.sub(tensor(target)).square().mean()
})

const names = ['w1', 'b1', 'w2', 'b2'] as const

export default recipes.recipe({
  name: 'chain-rule',
  description: 'two sigmoid layers with the chain rule written out learn exclusive or',
  source: 'the four rows of exclusive or',
  minutes: 0.05,
  defaults: { epochs: 5000, lr: 2 },
  async run({ args: { epochs: steps, lr: rate }, print }) {
    let weights: Weights = {
      w1: [[0.5, -0.9, 0.8], [-0.4, 0.7, 0.9]], b1: [[0.1, -0.2, -0.3]],
      w2: [[0.7], [0.6], [-0.9]], b2: [[0.1]],
    }
    const found: number[] = []
    for (let step = 0; step <= steps; step++) {
      const { loss, gradient } = byHand(weights)
      if (step % 1000 === 0) {
        print(`step ${step}: loss ${loss.toFixed(6)}`)
        const tensors = Object.fromEntries(names.map(name => [name, tensor(weights[name])])) as Tensors
        const [value, derivative] = byAutodiff(tensors)
        found.push(await agree('loss', loss, value, print))
        for (const name of names) found.push(await agree(`∂loss/∂${name}`, gradient[name], derivative[name], print))
      }
      weights = Object.fromEntries(
        names.map(name => [name, map(weights[name], (v, i, j) => v - rate * gradient[name][i][j])]),
      ) as unknown as Weights
    }
    const { loss } = byHand(weights)
    const said = layer(layer(x, weights.w1, weights.b1), weights.w2, weights.b2)
    x.forEach(([a, b], i) => print(`${a} xor ${b} = ${target[i][0]}: ${said[i][0].toFixed(3)}`))
    return [
      { name: 'greatest difference from autodiff', value: Math.max(...found), atMost: 1e-6 },
      { name: 'loss', value: loss, atMost: 0.01 },
    ]
  },
})
