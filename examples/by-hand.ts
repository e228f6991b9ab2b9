/**
 * @file A network computed by hand, forward and backward, against autodiff: they agree to 1e-6.
 *
 * The worked example has x = [1, 2] → 3 hidden → 1 output, all linear. The text it comes from errs in its arithmetic:
 * 1·1 + 2·2 + 1 is 6 (not 7), so y is 93 (not 100); the gradient of a hidden value is δ_y·w, not δ_y; MSE(0.9, 1)/2 is
 * 0.005 (not 0.01), and −log 0.9 is 0.105 (not 0.15). Below are the right numbers, found twice.
 */
import { tensor, valueAndGrad, type Tensor } from 'diffeo'
import { recipes } from '@diffeo/node'
import { agree } from './support/agree.ts'

type Row = number[]
type Parameters = { w1: Tensor; b1: Tensor; w2: Tensor; b2: Tensor }

const x: Row = [1, 2]
const example = { w1: [[1, 2], [3, 4], [5, 6]], b1: [1, 2, 3] }
/** A tenth of it for curves: at 6, 13 and 20 a sigmoid is flat, and there would be nothing to compare. */
const tenth = { w1: example.w1.map(row => row.map(v => v / 10)), b1: example.b1.map(v => v / 10) }
const w2: Row = [1, 2, 3]
const b2 = 1
const target = 50

interface Activation {
  readonly name: string
  readonly hidden: typeof example
  readonly of: (z: number) => number
  readonly slope: (a: number) => number
  readonly tensor: (z: Tensor) => Tensor
}

/** The slope is written by the activation's value. */
const activations: readonly Activation[] = [
  { name: 'linear (the worked example)', hidden: example, of: z => z, slope: () => 1, tensor: z => z },
  {
    name: 'sigmoid',
    hidden: tenth,
    of: z => 1 / (1 + Math.exp(-z)),
    slope: a => a * (1 - a),
    tensor: z => z.sigmoid(),
  },
  { name: 'ReLU', hidden: tenth, of: z => Math.max(0, z), slope: a => (a > 0 ? 1 : 0), tensor: z => z.relu() },
  { name: 'tanh', hidden: tenth, of: Math.tanh, slope: a => 1 - a * a, tensor: z => z.tanh() },
]

const dot = (a: Row, b: Row): number => a.reduce((sum, v, i) => sum + v * b[i], 0)

/** Forward and backward, written out. */
function byHand({ of, slope, hidden: { w1, b1 } }: Activation) {
  const z = w1.map((row, i) => dot(row, x) + b1[i])
  const a = z.map(of)
  const y = dot(w2, a) + b2
  const loss = (y - target) ** 2
  const dy = 2 * (y - target)
  const dw2 = a.map(v => dy * v)
  const da = w2.map(w => dy * w)
  const dz = da.map((d, i) => d * slope(a[i]))
  const dw1 = dz.map(d => x.map(v => d * v))
  return { z, a, y, loss, dw1, db1: dz, dw2, db2: dy }
}

const network = ({ tensor: activation }: Activation, p: Parameters): Tensor =>
  activation(p.w1.matmul(tensor(x)).add(p.b1)).mul(p.w2).sum().add(p.b2)

const shown = (v: number): string => String(Number(v.toPrecision(6)))

export default recipes.recipe({
  name: 'by-hand',
  description: 'a network computed by hand, forward and backward, agrees with autodiff',
  source: 'the worked example [1, 2] → 3 hidden → 1',
  minutes: 0.05,
  defaults: {},
  async run({ print }) {
    const found: number[] = []
    for (const activation of activations) {
      const hand = byHand(activation)
      const [hidden, y] = [hand.a.map(shown).join(', '), shown(hand.y)]
      print(`${activation.name}: hidden [${hidden}], y ${y}, loss ${shown(hand.loss)}`)
      const { w1, b1 } = activation.hidden
      const parameters: Parameters = { w1: tensor(w1), b1: tensor(b1), w2: tensor(w2), b2: tensor(b2) }
      const lossOf = (p: Parameters): Tensor => network(activation, p).sub(target).square()
      const [loss, gradient] = valueAndGrad(lossOf)(parameters)
      found.push(await agree('loss', hand.loss, loss, print))
      found.push(await agree('∂loss/∂w1', hand.dw1, gradient.w1, print))
      found.push(await agree('∂loss/∂b1', hand.db1, gradient.b1, print))
      found.push(await agree('∂loss/∂w2', hand.dw2, gradient.w2, print))
      found.push(await agree('∂loss/∂b2', hand.db2, gradient.b2, print))
    }
    print('the losses of the text, at y = 0.9 and t = 1')
    const y = tensor(0.9)
    found.push(await agree('MSE/2 is 0.005', (0.9 - 1) ** 2 / 2, y.sub(1).square().div(2), print))
    found.push(await agree('cross entropy is 0.105', -Math.log(0.9), y.log().neg(), print))
    return [{ name: 'greatest difference from autodiff', value: Math.max(...found), atMost: 1e-6 }]
  },
})
