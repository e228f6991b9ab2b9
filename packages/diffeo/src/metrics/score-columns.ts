/** @file Scores of classes with their labels, kept from all batches: what curves and the areas under them need. */
import type { Tensor } from '../tensor/index.ts'
import { DataError, ShapeError } from '../util/errors.ts'
import { checkOptions } from '../util/options.ts'
import { checkChoice, taskOf, type Task } from './classes.ts'
import { averages, type Average } from './counts.ts'
import { Kept, type MetricState } from './metric.ts'

export interface CurveOptions {
  /** Taken from the shapes, unless it is 'multilabel': `[N, L]` scores against `[N, L]` of 0 and 1. */
  task?: Task | 'multilabel'
}
export interface AreaOptions<A extends Average = Average> extends CurveOptions {
  /**
   * Of several classes, each against the rest, or labels: 'macro' is the mean over those for which it can be told,
   * 'weighted' that by how often each occurs, 'micro' takes all scores for one problem, 'none' gives each, NaN where it
   * cannot be told.
   */
  average?: A
}
/** A class against the rest: scores, whether each example is of it, and whether they are the sigmoid's arguments. */
export interface Column {
  readonly scores: readonly number[]
  readonly own: readonly boolean[]
  readonly isLogit: boolean
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))
/** Of rows of so many. */
function softmax(x: readonly number[], columns: number): number[] {
  const result: number[] = []
  for (let from = 0; from < x.length; from += columns) {
    const row = x.slice(from, from + columns)
    const top = Math.max(...row)
    // equal infinities have no difference
    const powers = row.map(v => (v === top ? 1 : Math.exp(v - top)))
    const total = powers.reduce((s, p) => s + p, 0)
    result.push(...powers.map(p => p / total))
  }
  return result
}

/**
 * Scores and labels by class. Where a score is outside of [0, 1] all are logits: those of a class among several are
 * compared after softmax, as the others of their example say how much they mean.
 */
export class ScoreColumns {
  readonly #of: string
  readonly #task: CurveOptions['task']
  readonly #kept: Kept<'scores' | 'labels'>
  /** Numbers an example has, as the first batch shows. */
  #first: { readonly columns: number; readonly labels: number } | undefined

  constructor(of: string, options: AreaOptions) {
    checkOptions(of, options, { task: true, average: true })
    checkChoice(of, 'task', options.task, ['binary', 'multiclass', 'multilabel'])
    checkChoice(of, 'average', options.average, averages)
    this.#of = of
    this.#task = options.task
    this.#kept = new Kept(of)
  }

  update(output: Tensor, target: Tensor): void {
    const task = this.#task ?? taskOf(this.#of, output, target)
    const columns = task === 'binary' ? 1 : output.shape[1]
    const labels = task === 'multilabel' ? columns : 1
    if (this.#first && this.#first.columns !== columns) {
      throw new ShapeError(
        `${this.#of}: this batch has ${columns} scores an example, those before ${this.#first.columns}`,
      )
    }
    const flat = task === 'binary' || output.rank === 2
    if (!flat || output.size * labels !== target.size * columns) {
      const shapes = `the output is [${output.shape.join(',')}], the target [${target.shape.join(',')}]`
      throw new ShapeError(`${this.#of}: ${shapes}: scores are [N] or [N, C], with a label (multilabel: C) a row`)
    }
    this.#first = { columns, labels }
    this.#kept.add({ scores: output, labels: target })
  }

  /** One column for binary scores, else one a class. */
  async columns(): Promise<Column[]> {
    const { scores, labels } = await this.#kept.values()
    if (scores.some(Number.isNaN)) throw new DataError(`${this.#of}: a score is NaN`)
    const { columns, labels: width } = this.#first!
    const areLogits = scores.some(s => s < 0 || s > 1)
    // the sigmoid changes no order, and would make great ones equal
    if (columns === 1) return [{ scores, own: labels.map(l => l > 0), isLogit: areLogits }]
    const isChoice = width === 1
    const compared = isChoice && areLogits ? softmax(scores, columns) : scores
    const each = (x: readonly number[], c: number): number[] => x.filter((_, i) => i % columns === c)
    return Array.from({ length: columns }, (_, c) => ({
      scores: each(compared, c), isLogit: areLogits && !isChoice,
      own: isChoice ? labels.map(l => l === c) : each(labels, c).map(l => l > 0),
    }))
  }
  reset(): void {
    this.#kept.reset()
    this.#first = undefined
  }
  stateDict(): MetricState { return { kept: this.#kept.stateDict(), ...this.#first } }
  loadStateDict({ kept, ...first }: MetricState): void {
    this.#kept.loadStateDict(kept)
    this.#first = 'columns' in first ? first as { columns: number; labels: number } : undefined
  }
}

/** An area averaged over columns; `area` gives NaN where it cannot be told. @throws DataError where no column can */
export function averageArea(
  columns: readonly Column[],
  average: Average,
  area: (column: Column) => number,
  untold: string,
): number | number[] {
  if (average === 'none') return columns.map(area)
  const parts = average === 'micro'
    ? [{ ...columns[0], scores: columns.flatMap(c => c.scores), own: columns.flatMap(c => c.own) }]
    : columns
  const told = parts.map(c => ({ value: area(c), weight: average === 'weighted' ? positives(c) : 1 }))
    .filter(p => !Number.isNaN(p.value))
  const total = told.reduce((s, p) => s + p.weight, 0)
  if (total === 0) throw new DataError(untold)
  return told.reduce((s, p) => s + p.weight * p.value, 0) / total
}
export const positives = ({ own }: Column): number => own.reduce((n, o) => n + Number(o), 0)

/**
 * How many examples of the class, and of the others, have at least each distinct score (as a probability), from the
 * greatest.
 */
export interface Step { readonly threshold: number; readonly hits: number; readonly wrong: number }

export function steps({ scores, own, isLogit }: Column): Step[] {
  const order = scores.map((_, i) => i).sort((a, b) => scores[b] - scores[a])
  const found: Step[] = []
  let [hits, wrong] = [0, 0]
  order.forEach((i, at) => {
    if (own[i]) hits++
    else wrong++
    const isLast = at + 1 === order.length || scores[order[at + 1]] !== scores[i]
    if (isLast) found.push({ threshold: isLogit ? sigmoid(scores[i]) : scores[i], hits, wrong })
  })
  return found
}
