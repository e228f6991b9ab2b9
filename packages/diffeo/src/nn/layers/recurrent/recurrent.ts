/** @file What RNN, LSTM and GRU share: layers, directions, initial states, sequences of several lengths. */
import {
  arange, concat, type Parameter, scan, stack, tensor, Tensor, where, zeros,
} from '../../../tensor/index.ts'
import { checkTensor } from '../../../tensor/internal.ts'
import { DTypeError, ShapeError } from '../../../util/errors.ts'
import { checkOptions, type Names, whatIs } from '../../../util/options.ts'
import { checkProbability, dropout } from '../../functional/dropout.ts'
import { linear } from '../../functional/linear.ts'
import { Module } from '../../module.ts'
import { positive } from '../../sizes.ts'
import { parameterNames, type ParameterOptions } from '../parameters.ts'
import { checkShape, recurrentParameters, type Weights, weightsOf } from './parameters.ts'

export interface RecurrentOptions extends ParameterOptions {
  /** Layers on top of one another, each reading the outputs of the one below. */
  numLayers?: number
  bias?: boolean
  /** Sequences are `[batch, time, size]` instead of `[time, batch, size]`. */
  batchFirst?: boolean
  /** Between layers, in training. */
  dropout?: number
  /** A second network reads from the end to the beginning; outputs are both, one behind the other. */
  bidirectional?: boolean
}
export const recurrentNames: Names<RecurrentOptions> = {
  numLayers: true, bias: true, batchFirst: true, dropout: true, bidirectional: true, ...parameterNames,
}

export interface RecurrentCall {
  /**
   * How many steps of each sequence there are, `[batch]`: beyond them outputs are 0 and states stay, and the other
   * direction starts there (what packing sequences gives in PyTorch).
   */
  lengths?: Tensor | readonly number[]
}

/** What the kind of network adds. */
interface Kind { readonly gates: number; readonly projected: number; readonly states: number }

/** The parameters are properties under PyTorch's names: `weight_ih_l0`, `bias_hh_l1_reverse`. */
export abstract class Recurrent<State>
  extends Module<[x: Tensor, state?: State | null, call?: RecurrentCall], [Tensor, State]> {
  [weight: `weight_${string}`]: Parameter
  readonly inputSize: number
  readonly hiddenSize: number
  readonly numLayers: number
  readonly bias: boolean
  readonly batchFirst: boolean
  readonly dropout: number
  readonly bidirectional: boolean
  /** The last axis of each state. */
  readonly #sizes: readonly number[]

  constructor(kind: Kind, inputSize: number, hiddenSize: number, options: RecurrentOptions) {
    super()
    const { name } = new.target
    const { numLayers = 1, bias = true, batchFirst = false, dropout: p = 0, bidirectional = false } = options
    this.inputSize = positive(`${name}: inputSize`, inputSize)
    this.hiddenSize = positive(`${name}: hiddenSize`, hiddenSize)
    this.numLayers = positive(`${name}: numLayers`, numLayers)
    this.bias = bias
    this.batchFirst = batchFirst
    this.dropout = checkProbability(name, p)
    this.bidirectional = bidirectional
    const output = kind.projected || hiddenSize
    this.#sizes = [output, hiddenSize].slice(0, kind.states)
    this.suffixes.forEach((suffix, i) => {
      const input = i < this.directions ? inputSize : output * this.directions
      const sizes = { input, hidden: hiddenSize, gates: kind.gates, bias, projected: kind.projected }
      Object.assign(this, recurrentParameters(name, suffix, sizes, options))
    })
  }

  /** The state after one step; its first tensor is the step's output. `x`: the input's part of the sums. */
  protected abstract step(x: Tensor, state: readonly Tensor[], weights: Weights): readonly Tensor[]
  /** What the input's part of the sums adds of the biases, of which the step adds the rest. */
  protected abstract inputBias(weights: Weights): Tensor | null

  get directions(): number { return this.bidirectional ? 2 : 1 }
  [bias: `bias_${string}`]: Parameter

  /** Of the parameters' names: layer by layer, forward and reverse. */
  private get suffixes(): string[] {
    const both = (k: number): string[] => [`_l${k}`, `_l${k}_reverse`].slice(0, this.directions)
    return Array.from({ length: this.numLayers }, (_, k) => both(k)).flat()
  }

  /** Outputs, and the last states `[layers·directions, batch, size]`. */
  protected run(x: Tensor, given: readonly Tensor[] | null, call: RecurrentCall = {}): [Tensor, Tensor[]] {
    const { name } = this.constructor
    checkOptions(`${name}.forward`, call, { lengths: true })
    checkTensor(name, 'input', x)
    checkStates(name, given, this.#sizes.length)
    const single = x.rank === 2
    const time = this.timeFirst(x)
    const [, batch] = time.shape
    const shapeOf = (size: number) => [this.numLayers * this.directions, ...(single ? [] : [batch]), size]
    given?.forEach((s, i) => checkShape(`${name}: the initial state`, s, shapeOf(this.#sizes[i])))
    const mask = call.lengths === undefined ? null : this.mask(call.lengths, time)
    const last: Tensor[][] = this.#sizes.map(() => [])
    let rows = time
    for (let layer = 0; layer < this.numLayers; layer++) {
      const outputs = this.suffixes.slice(layer * this.directions, (layer + 1) * this.directions).map((suffix, d) => {
        const init = this.#sizes.map((size, i) =>
          given ? given[i].index(layer * this.directions + d).reshape(batch, size)
            : zeros([batch, size], { dtype: x.dtype, device: x.device }))
        const [state, ys] = this.direction(rows, init, weightsOf(this, suffix), mask, d === 1)
        state.forEach((s, i) => last[i].push(s))
        return ys
      })
      rows = concat(outputs, 2)
      if (layer < this.numLayers - 1) rows = dropout(rows, this.dropout, { training: this.training })
    }
    const output = single ? rows.squeeze(1) : this.batchFirst ? rows.transpose(0, 1) : rows
    return [output, last.map((s, i) => stack(s).reshape(shapeOf(this.#sizes[i])))]
  }

  private direction(
    rows: Tensor, init: readonly Tensor[], weights: Weights, mask: Tensor | null, reverse: boolean,
  ): [readonly Tensor[], Tensor] {
    const inputs = linear(rows, weights.weightIh, this.inputBias(weights))
    const plain = (state: readonly Tensor[], x: Tensor): readonly [readonly Tensor[], Tensor] => {
      const next = this.step(x, state, weights)
      return [next, next[0]]
    }
    if (!mask) return scan(plain, init, inputs, { reverse })
    const masked = (state: readonly Tensor[], [x, there]: readonly [Tensor, Tensor]) => {
      const next = this.step(x, state, weights).map((s, i) => where(there, s, state[i]))
      return [next, where(there, next[0], 0)] as const
    }
    return scan(masked, init, [inputs, mask] as const, { reverse })
  }

  /** `[time, batch, size]`. */
  private timeFirst(x: Tensor): Tensor {
    const { name } = this.constructor
    if ((x.rank !== 2 && x.rank !== 3) || x.shape.at(-1) !== this.inputSize) {
      const axes = this.batchFirst ? 'batch, time' : 'time, batch'
      throw new ShapeError(
        `${name}: the input is [${x.shape.join(',')}], expected [${axes}, ${this.inputSize}] or [time, ${this.inputSize}]`,
      )
    }
    const w = weightsOf(this, '_l0').weightIh
    if (x.dtype !== w.dtype)
      throw new DTypeError(`${name}: the input is ${x.dtype}, the weights are ${w.dtype}: cast one of them`)
    return x.rank === 2 ? x.unsqueeze(1) : this.batchFirst ? x.transpose(0, 1) : x
  }

  /** `[time, batch, 1]`: which steps there are. */
  private mask(lengths: Tensor | readonly number[], rows: Tensor): Tensor {
    const { name } = this.constructor
    const [time, batch] = rows.shape
    const { device } = rows
    const list = 'node' in lengths ? null : lengths as readonly number[]
    const bad = list?.find(n => !Number.isInteger(n) || n < 0 || n > time)
    if (bad !== undefined) throw new ShapeError(`${name}: a length is ${bad}, the sequences have 0 to ${time} steps`)
    const t = list ? tensor([...list], { dtype: 'int32', device }) : lengths as Tensor
    checkShape(`${name}: lengths`, t, [batch])
    return arange(0, time, 1, { dtype: 'int32', device }).reshape(time, 1, 1).lt(t.reshape(1, batch, 1))
  }

  override describe(): string {
    const more = [
      this.numLayers > 1 ? `${this.numLayers} layers` : '', this.bidirectional ? 'both directions' : '',
      this.dropout > 0 ? `dropout ${this.dropout}` : '',
    ]
    return [`${this.constructor.name} ${this.inputSize}→${this.hiddenSize}`, ...more.filter(s => s)].join(', ')
  }
}

/** @throws DTypeError unless the second argument is what forward takes as the state, or nothing */
function checkStates(name: string, given: unknown, count: number): void {
  if (given === null) return
  const list: readonly unknown[] = Array.isArray(given) ? given : [given]
  if (list.length === count && list.every(s => s instanceof Tensor)) return
  const found = list.length === 1 ? whatIs(list[0]) : `an array of ${list.length}`
  throw new DTypeError(
    `${name}.forward: the second argument, the initial state, is ${found}, and must be ` +
      `${count === 1 ? 'a tensor' : `${count} tensors, [h, c]`} or null; lengths come third: forward(x, null, { lengths })`,
  )
}

/** The two biases of a layer whose step is a function of their sum. */
export const bothBiases = ({ biasIh, biasHh }: Weights): Tensor | null => (biasIh && biasHh ? biasIh.add(biasHh) : null)
