/** @file L-BFGS. */
import { concat, gradients, type Parameter, stack, tensor, type Tensor, zeros } from '../tensor/index.ts'
import { assignAll, checkLoss, isTracing } from '../tensor/internal.ts'
import { DataError, ShapeError, TraceError } from '../util/errors.ts'
import { checkOptions, whatIs, type Names } from '../util/options.ts'
import { checkNumbers, Group, listOf, type GroupOptions } from './group.ts'
import { checkParameters } from './optimizer.ts'
import { strongWolfe, type Point } from './strong-wolfe.ts'

export interface LBFGSOptions extends GroupOptions {
  /** How many iterations a call of `minimize` makes at most. */
  maxIter: number
  /** How often it evaluates the loss at most; null: 1.25 · maxIter. */
  maxEval: number | null
  /** It ends where no element of the gradient is greater … */
  toleranceGrad: number
  /** … or where parameters or loss change by less. */
  toleranceChange: number
  /** How many changes of the gradient it remembers. */
  historySize: number
  lineSearchFn: 'strong_wolfe' | null
}

/** What the next iteration begins with; vectors go over all parameters. */
export interface LBFGSState {
  readonly iterations: number
  readonly evaluations: number
  /** Of the first approximation of the inverse Hessian. */
  readonly scale: number
  /** The gradient before the last step, and that step; null before the first. */
  readonly gradient: Tensor | null
  readonly step: Tensor | null
  /** Changes of the gradient and the steps that made them, one a row. */
  readonly changes: Tensor | null
  readonly steps: Tensor | null
  readonly options: LBFGSOptions
}
interface Pair { readonly change: Tensor; readonly step: Tensor }

const defaults: Required<LBFGSOptions> = {
  lr: 1, maxIter: 20, maxEval: null, toleranceGrad: 1e-7, toleranceChange: 1e-9, historySize: 100, lineSearchFn: null,
  maximize: false,
}
const names: Names<LBFGSOptions> = {
  lr: true, maxIter: true, maxEval: true, toleranceGrad: true, toleranceChange: true, historySize: true,
  lineSearchFn: true, maximize: true,
}

const dot = (a: Tensor, b: Tensor): Tensor => a.mul(b).sum()
const greatest = (x: Tensor): number => x.abs().max().itemSync()

type Vector = ArrayLike<number>

/**
 * −H·g by the two-loop recursion, in double precision. It runs here, since each of its sums waits for the one before:
 * as tensors they would be a graph of hundreds of nodes that is another one each time.
 */
function twoLoops(
  gradient: Vector,
  pairs: readonly { readonly change: Vector; readonly step: Vector }[],
  scale: number,
): Float64Array {
  const d = Float64Array.from(gradient, x => -x)
  const product = (a: Vector, b: Vector): number => {
    let sum = 0
    for (let i = 0; i < a.length; i++) sum += a[i] * b[i]
    return sum
  }
  const add = (x: Vector, factor: number): void => { for (let i = 0; i < d.length; i++) d[i] += factor * x[i] }
  const inverses = pairs.map(p => 1 / product(p.change, p.step))
  const parts: number[] = []
  for (let i = pairs.length - 1; i >= 0; i--) {
    parts[i] = product(pairs[i].step, d) * inverses[i]
    add(pairs[i].change, -parts[i])
  }
  for (let i = 0; i < d.length; i++) d[i] *= scale
  pairs.forEach((p, i) => add(p.step, parts[i] - product(p.change, d) * inverses[i]))
  return d
}

function check(options: LBFGSOptions): void {
  checkNumbers(options)
  const { historySize, lineSearchFn } = options
  if (!Number.isInteger(historySize) || historySize < 1)
    throw new DataError(`LBFGS: historySize is ${historySize}: expected a whole number from 1 up`)
  if (lineSearchFn !== null && lineSearchFn !== 'strong_wolfe')
    throw new DataError(`LBFGS: lineSearchFn is ${whatIs(lineSearchFn)}: expected 'strong_wolfe' or null`)
}

/**
 * L-BFGS: p ← p + t·d with d = −H·g and H, an approximation of the inverse Hessian, made of the last changes of
 * gradient and parameters by the two-loop recursion; t = lr, or by `lineSearchFn: 'strong_wolfe'`. For full batches and
 * smooth losses. It evaluates the loss several times a step and reads it, so it runs outside of `compile`, on devices
 * that can be read at once. Liu & Nocedal (1989); Nocedal & Wright (2006), chapter 7.
 *
 * @param parameters - `model.parameters()`, all of one dtype on one device; it has no groups
 * @param options - `lr` (1), `maxIter` (20), `maxEval` (null: 1.25 · maxIter), `toleranceGrad` (1e-7),
 * `toleranceChange` (1e-9), `historySize` (100), `lineSearchFn` (null), `maximize` (false)
 * @example
 * const optimizer = new optim.LBFGS(model.parameters(), { lineSearchFn: 'strong_wolfe' })
 * for (let i = 0; i < 10; i++) optimizer.minimize(() => nn.mseLoss(model.forward(x), y))
 */
export class LBFGS {
  readonly parameters: readonly Parameter[]
  /** One group, for schedules. */
  readonly groups: readonly Group<LBFGSOptions>[]
  #pairs: Pair[] = []
  #iterations = 0
  #evaluations = 0
  /** Of the first approximation of the inverse Hessian, a multiple of the identity. */
  #scale = 1
  /** The gradient that the last direction was made of, and the step along it. */
  #last: { readonly gradient: Tensor; readonly step: Tensor } | null = null

  constructor(parameters: Iterable<Parameter>, options: Partial<LBFGSOptions> = {}) {
    checkOptions('LBFGS', options, names as Names<Partial<LBFGSOptions>>)
    this.parameters = listOf('LBFGS', parameters)
    checkParameters('LBFGS', this.parameters)
    this.groups = [new Group<LBFGSOptions>(this.parameters, { ...defaults, ...options }, ({ lr }) => ({ lr }), check)]
  }

  /** The learning rate: the first step tried. */
  get lr(): number { return this.groups[0].lr }
  set lr(lr: number) { this.groups[0].lr = lr }

  /**
   * Up to `maxIter` iterations. @returns the loss at the parameters that it began with
   * @throws DataError where it is given a loss: it wants a function that computes one; TraceError inside compile
   * @example optimizer.minimize(() => nn.mseLoss(model.forward(x), y))
   */
  minimize(closure: () => Tensor): number {
    if (typeof closure !== 'function')
      throw new DataError(
        `LBFGS.minimize takes a function that computes the loss, got ${whatIs(closure)}: write minimize(() => loss)`,
      )
    if (isTracing())
      throw new TraceError(
        'LBFGS.minimize inside compile: LBFGS reads the loss to choose its steps, so it runs outside of compile, as in ' +
          'for (…) optimizer.minimize(() => loss)',
      )
    const { maxIter, maxEval, toleranceGrad, toleranceChange } = this.groups[0].options
    const most = maxEval ?? Math.floor((maxIter * 5) / 4)
    const first = this.#evaluate(closure)
    let [now, evaluated] = [first, 1]
    for (let i = 1; i <= maxIter && greatest(now.gradient) > toleranceGrad; i++) {
      const direction = this.#direction(now.gradient)
      const slope = dot(now.gradient, direction).itemSync()
      if (slope > -toleranceChange) break
      const last = i === maxIter
      const moved = this.#move(closure, { ...now, t: 0, slope }, direction, { last, left: most - evaluated })
      evaluated += moved.evaluations
      const change = Math.abs(moved.point.f - now.f)
      now = moved.point
      if (last || evaluated >= most || greatest(this.#last!.step) <= toleranceChange || change < toleranceChange) break
    }
    return this.groups[0].options.maximize ? -first.f : first.f
  }

  /** Loss and gradient where the parameters are. */
  #evaluate(closure: () => Tensor): { f: number; gradient: Tensor } {
    const loss = closure()
    checkLoss('LBFGS.minimize', loss)
    const trained = this.parameters.filter(p => !p.frozen)
    const found = new Map(gradients(loss, trained).map((g, i) => [trained[i], g]))
    const parts = this.parameters.map(p => (found.get(p) ?? zeros(p.shape, p)).reshape([-1]))
    const all = parts.length === 1 ? parts[0] : concat(parts)
    const sign = this.groups[0].options.maximize ? -1 : 1
    const gradient = (sign < 0 ? all.neg() : all).detach()
    this.#evaluations++
    return { f: sign * loss.itemSync(), gradient }
  }

  /** The direction from a point with this gradient. */
  #direction(gradient: Tensor): Tensor {
    this.#iterations++
    if (!this.#last) return gradient.neg().detach()
    const change = gradient.sub(this.#last.gradient).detach()
    const both = dot(change, this.#last.step).itemSync()
    if (both > 1e-10) {
      const pair = { change, step: this.#last.step }
      this.#pairs = [...this.#pairs, pair].slice(-this.groups[0].options.historySize)
      this.#scale = both / dot(change, change).itemSync()
    }
    const { dtype, device } = this.parameters[0]
    const pairs = this.#pairs.map(p => ({ change: p.change.dataSync(), step: p.step.dataSync() }))
    return tensor(twoLoops(gradient.dataSync(), pairs, this.#scale), { dtype, device })
  }

  /** Goes along the direction: by the line search, or by a fixed step and without looking where it is the `last`. */
  #move(
    closure: () => Tensor,
    start: Point<Tensor>,
    direction: Tensor,
    { last, left }: { last: boolean; left: number },
  ): { point: Point<Tensor>; evaluations: number } {
    const { lr, lineSearchFn, toleranceChange: tolerance } = this.groups[0].options
    const t = this.#last ? lr : Math.min(1, 1 / start.gradient.abs().sum().itemSync()) * lr
    const from = this.parameters.map(p => p.detach())
    const place = (by: number): void => {
      const step = direction.mul(this.#number(by)).detach()
      const parts = step.split(this.parameters.map(p => p.size))
      assignAll(this.parameters.map((p, i) => [p, from[i].add(parts[i].reshape(p.shape))]))
      this.#last = { gradient: start.gradient, step }
    }
    const evaluate = (by: number): Point<Tensor> => {
      place(by)
      const found = this.#evaluate(closure)
      return { ...found, t: by, slope: dot(found.gradient, direction).itemSync() }
    }
    if (lineSearchFn) {
      const found = strongWolfe(evaluate, start, t, { size: greatest(direction), tolerance, maxSteps: left })
      place(found.point.t)
      return found
    }
    if (!last) return { point: evaluate(t), evaluations: 1 }
    place(t)
    return { point: start, evaluations: 0 }
  }

  /** A number as an input of the program: as a constant each would be another kernel. */
  #number(x: number): Tensor {
    const { dtype, device } = this.parameters[0]
    return tensor(Float64Array.of(x), { shape: [], dtype, device })
  }

  /** All that the next call depends on. */
  stateDict(): LBFGSState {
    const rows = (key: keyof Pair): Tensor | null =>
      this.#pairs.length > 0 ? stack(this.#pairs.map(p => p[key])) : null
    return {
      iterations: this.#iterations,
      evaluations: this.#evaluations,
      scale: this.#scale,
      gradient: this.#last?.gradient ?? null,
      step: this.#last?.step ?? null,
      changes: rows('change'),
      steps: rows('step'),
      options: { ...this.groups[0].options },
    }
  }

  /** Takes what `stateDict` gave; what is computed afterwards is the same to the bit. @throws DataError, ShapeError */
  loadStateDict(state: LBFGSState): void {
    const size = this.parameters.reduce((n, p) => n + p.size, 0)
    const { device, dtype } = this.parameters[0]
    for (const x of [state.gradient, state.step, state.changes, state.steps]) {
      if (x && x.shape.at(-1) !== size)
        throw new ShapeError(
          `LBFGS.loadStateDict: the state is of ${x.shape.at(-1)} numbers, the parameters have ${size}`,
        )
    }
    const own = (x: Tensor): Tensor => x.detach().to(device).cast(dtype)
    const [changes, steps] = [state.changes, state.steps].map(x => (x ? own(x).unbind(0) : []))
    this.groups[0].set(state.options)
    this.#iterations = state.iterations
    this.#evaluations = state.evaluations
    this.#scale = state.scale
    this.#last = state.gradient && state.step ? { gradient: own(state.gradient), step: own(state.step) } : null
    this.#pairs = changes.map((change, i) => ({ change, step: steps[i] }))
  }
}
