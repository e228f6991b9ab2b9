/** @file How good probabilities are: log loss, Brier score, calibration, perplexity. */
import { arange, tensor, where, zeros, type Tensor } from '../tensor/index.ts'
import { DataError, ShapeError } from '../util/errors.ts'
import { checkOptions, type Names } from '../util/options.ts'
import { checkChoice, checkLabels, classesIn, rows, taskOf, text, type Task } from './classes.ts'
import { meanOf, ratio, Sums, type Metric, type MetricState } from './metric.ts'

export interface ProbabilityOptions {
  /** Taken from the shapes if it is not given: `[N, C]` against whole-number `[N]` is multiclass, `[N]` binary. */
  task?: Task
  /** What outputs are: 'logits' unless it is said; probabilities of a row sum to 1. */
  from?: 'logits' | 'probabilities'
}
const names: Names<ProbabilityOptions> = { task: true, from: true }

/** Logarithms of the probabilities `[N, C]` and labels `[N]`, of binary outputs with C = 2. */
interface Guess { readonly logs: Tensor; readonly labels: Tensor }

function guesses(of: string, output: Tensor, target: Tensor, { task, from }: ProbabilityOptions): Guess {
  const isProbability = from === 'probabilities'
  const x = output.detach()
  if ((task ?? taskOf(of, output, target)) === 'multiclass') {
    const scores = rows(of, x)
    const labels = classesIn(x, target)
    checkLabels(of, labels, scores.shape[0])
    return { logs: isProbability ? scores.log() : scores.logSoftmax(1), labels: labels.flatten().cast('int32') }
  }
  if (output.size !== target.size)
    throw new ShapeError(`${of}: the output is ${text(output)}, the target ${text(target)}: binary ones have one size`)
  const p = x.flatten().unsqueeze(1)
  const side = tensor([-1, 1], { dtype: p.dtype, device: p.device })
  // log σ(±x), and log(1 − p), log p
  const logs = isProbability ? p.mul(side).add(tensor([1, 0], { dtype: p.dtype, device: p.device })).log()
    : p.mul(side).logSigmoid()
  return { logs, labels: target.flatten().cast('int32') }
}
const count = (n: number, { device }: Tensor): Tensor => tensor(n, { dtype: 'int32', device })

abstract class MeanOfGuesses implements Metric {
  abstract readonly name: string
  readonly #of: string
  readonly #options: ProbabilityOptions
  readonly #sums: Sums
  constructor(options: ProbabilityOptions, of: string) {
    checkOptions(of, options, names)
    checkChoice(of, 'task', options.task, ['binary', 'multiclass'])
    checkChoice(of, 'from', options.from, ['logits', 'probabilities'])
    this.#of = of
    this.#options = options
    this.#sums = new Sums(of)
  }
  /** Of each example. @internal */
  protected abstract each(guess: Guess, isBinary: boolean): Tensor

  update(output: Tensor, target: Tensor): void {
    const guess = guesses(this.#of, output, target, this.#options)
    const isBinary = (this.#options.task ?? taskOf(this.#of, output, target)) === 'binary'
    this.#sums.add({ total: this.each(guess, isBinary).sum(), n: count(guess.labels.size, guess.labels) })
  }
  async compute(): Promise<number> {
    const { total, n } = await this.#sums.values()
    return meanOf(this.#of, total[0], n[0])
  }
  reset(): void { this.#sums.reset() }
  stateDict(): MetricState { return this.#sums.stateDict() }
  loadStateDict(state: MetricState): void { this.#sums.loadStateDict(state) }
}

/**
 * −mean log p(label): the cross-entropy, in nats; Infinity where a label had probability 0 (scikit-learn clips it).
 * @example const loss = new metrics.LogLoss({ from: 'probabilities' })
 */
export class LogLoss extends MeanOfGuesses {
  readonly name = 'logLoss'
  readonly higherIsBetter = false
  constructor(options: ProbabilityOptions = {}) { super(options, 'LogLoss') }
  protected override each({ logs, labels }: Guess): Tensor { return logs.gather(1, labels.unsqueeze(1)).neg() }
}

/**
 * The mean squared distance of probabilities to what happened: binary (p − y)², multiclass Σₖ (pₖ − yₖ)² (Brier 1950).
 * @example const brier = new metrics.BrierScore()
 */
export class BrierScore extends MeanOfGuesses {
  readonly name = 'brierScore'
  readonly higherIsBetter = false
  constructor(options: ProbabilityOptions = {}) { super(options, 'BrierScore') }
  protected override each({ logs, labels }: Guess, isBinary: boolean): Tensor {
    const classes = logs.shape[1]
    const squares = logs.exp().sub(labels.oneHot(classes).cast(logs.dtype)).square()
    // both classes of a binary guess are off by the same
    return isBinary ? squares.sum(1).div(2) : squares.sum(1)
  }
}

export interface CalibrationErrorOptions extends ProbabilityOptions {
  /** How many bins of equal width: 15 unless it is said. */
  bins?: number
  /** Over bins: 'l1' the mean gap (ECE), 'l2' the root of the mean square, 'max' the greatest (MCE). */
  norm?: 'l1' | 'l2' | 'max'
}

/**
 * How far confidence is from accuracy: Σ (n_b/n)·|accuracy_b − confidence_b| over bins (l, u] of confidence (Guo et al.
 * 2017). Multiclass confidence is the greatest probability; binary that of class 1, against how often it occurs.
 * @example const ece = new metrics.CalibrationError({ bins: 10 })
 */
export class CalibrationError implements Metric {
  readonly name = 'calibrationError'
  readonly higherIsBetter = false
  readonly #options: ProbabilityOptions
  readonly #bins: number
  readonly #norm: 'l1' | 'l2' | 'max'
  readonly #sums = new Sums('CalibrationError')

  constructor(options: CalibrationErrorOptions = {}) {
    checkOptions('CalibrationError', options, { ...names, bins: true, norm: true })
    const { bins = 15, norm = 'l1', ...rest } = options
    checkChoice('CalibrationError', 'task', rest.task, ['binary', 'multiclass'])
    checkChoice('CalibrationError', 'from', rest.from, ['logits', 'probabilities'])
    checkChoice('CalibrationError', 'norm', norm, ['l1', 'l2', 'max'])
    if (!Number.isInteger(bins) || bins < 1)
      throw new DataError(`CalibrationError: bins is ${bins}: it must be a whole number above 0`)
    this.#options = rest
    this.#bins = bins
    this.#norm = norm
  }

  update(output: Tensor, target: Tensor): void {
    const { logs, labels } = guesses('CalibrationError', output, target, this.#options)
    const isBinary = (this.#options.task ?? taskOf('CalibrationError', output, target)) === 'binary'
    const chances = logs.exp()
    const confidence = isBinary ? chances.index('...', 1) : chances.max(1)
    const right = isBinary ? labels.gt(0) : chances.argmax(1).eq(labels)
    const bin = confidence.mul(this.#bins).ceil().sub(1).clamp(0, this.#bins - 1).cast('int32').unsqueeze(1)
    const inBin = bin.eq(arange(this.#bins, { dtype: 'int32', device: bin.device }))
    const zero = zeros([], { dtype: confidence.dtype, device: bin.device })
    this.#sums.add({
      n: inBin.sum(0), right: inBin.and(right.unsqueeze(1)).sum(0),
      confidence: where(inBin, confidence.unsqueeze(1), zero).sum(0),
    })
  }
  async compute(): Promise<number> {
    const { n, right, confidence } = await this.#sums.values()
    const all = n.reduce((s, x) => s + x, 0)
    const gaps = n.map((count, b) =>
      ({ share: meanOf('CalibrationError', count, all), gap: Math.abs(ratio(right[b] - confidence[b], count)) }))
    if (this.#norm === 'max') return Math.max(...gaps.map(g => g.gap))
    const power = this.#norm === 'l1' ? 1 : 2
    return gaps.reduce((s, g) => s + g.share * g.gap ** power, 0) ** (1 / power)
  }
  reset(): void { this.#sums.reset() }
  stateDict(): MetricState { return this.#sums.stateDict() }
  loadStateDict(state: MetricState): void { this.#sums.loadStateDict(state) }
}

export interface PerplexityOptions {
  /** A token that does not count, as padding. */
  ignoreIndex?: number
}

/**
 * exp(−mean log p(token)) of logits `[..., V]` against whole-number tokens `[...]`: how many tokens a model wavers
 * between. @throws DataError from compute where all tokens are ignored
 * @example const perplexity = new metrics.Perplexity({ ignoreIndex: -100 }); perplexity.update(logits, tokens)
 */
export class Perplexity implements Metric {
  readonly name = 'perplexity'
  readonly higherIsBetter = false
  readonly #ignored: number | undefined
  readonly #sums = new Sums('Perplexity')
  constructor(options: PerplexityOptions = {}) {
    checkOptions('Perplexity', options, { ignoreIndex: true })
    this.#ignored = options.ignoreIndex
  }
  update(output: Tensor, target: Tensor): void {
    const fits = output.rank === target.rank + 1 && target.shape.every((d, i) => d === output.shape[i])
    if (!fits) {
      throw new ShapeError(
        `Perplexity: the output is ${text(output)}, the target ${text(target)}: logits are [..., vocabulary], tokens [...]`,
      )
    }
    checkLabels('Perplexity', target, target.size)
    const logs = output.detach().reshape([target.size, output.shape[output.rank - 1]]).logSoftmax(1)
    const tokens = target.flatten().cast('int32')
    const counted = this.#ignored === undefined ? tokens.eq(tokens) : tokens.ne(this.#ignored)
    const own = logs.gather(1, where(counted, tokens, 0).cast('int32').unsqueeze(1)).squeeze(1)
    const zero = zeros([], { dtype: own.dtype, device: own.device })
    this.#sums.add({ loss: where(counted, own.neg(), zero).sum(), n: counted.sum() })
  }
  async compute(): Promise<number> {
    const { loss, n } = await this.#sums.values()
    if (n[0] === 0) throw new DataError('Perplexity: no token counts: all are ignored')
    return Math.exp(loss[0] / n[0])
  }
  reset(): void { this.#sums.reset() }
  stateDict(): MetricState { return this.#sums.stateDict() }
  loadStateDict(state: MetricState): void { this.#sums.loadStateDict(state) }
}
