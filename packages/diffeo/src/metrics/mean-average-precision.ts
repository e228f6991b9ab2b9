/** @file How well boxes and their classes are found in images. */
import type { Tensor } from '../tensor/index.ts'
import { DataError, ShapeError } from '../util/errors.ts'
import { checkOptions, whatIs } from '../util/options.ts'
import type { MetricState } from './metric.ts'

/** The boxes of an image, `[n, 4]` (left, top, right, bottom), and their classes, `[n]`. */
export interface Objects { readonly boxes: Tensor; readonly labels: Tensor }
/** Those that were found, with what the model gives each, `[n]`. */
export interface Detections extends Objects { readonly scores: Tensor }

export interface MeanAveragePrecisionOptions {
  /** Overlaps from which on a box is found (0.5, 0.55 … 0.95). */
  thresholds?: readonly number[]
  /** Of an image and class only so many with the greatest scores are looked at (100). */
  maxDetections?: number
}
export interface MeanAveragePrecisionResult {
  /** The mean over classes that occur, and over the thresholds. */
  readonly map: number
  /** That at each threshold. */
  readonly byThreshold: number[]
  /** The part of objects that are found, the mean over classes and thresholds. */
  readonly recall: number
  /** The classes that occur as targets, and what each has: its mean over the thresholds. */
  readonly classes: { readonly label: number; readonly map: number; readonly recall: number }[]
}

interface Image { readonly found: Detections; readonly target: Objects }
interface Box { readonly at: ArrayLike<number>; readonly label: number; readonly score: number }

const standard = /* @__PURE__ */ Array.from({ length: 10 }, (_, i) => (10 + i) / 20)
const recallPoints = 101

/**
 * The mean average precision of detections, as COCO counts it: of each class the precision at 101 recalls, where a
 * detection is right if it overlaps an object of its class that no better one has taken (by IoU, at ten thresholds);
 * the mean over classes and thresholds. Objects have no crowds or sizes here. Lin et al., "Microsoft COCO" (2014).
 * @throws DataError, ShapeError where predictions and targets do not fit
 * @example
 * const map = new metrics.MeanAveragePrecision()
 * map.update([{ boxes, scores, labels }], [{ boxes: trueBoxes, labels: trueLabels }])
 * const { map: value, byThreshold: [at50] } = await map.compute()
 */
export class MeanAveragePrecision {
  readonly name = 'meanAveragePrecision'
  readonly higherIsBetter = true
  readonly #thresholds: readonly number[]
  readonly #most: number
  #images: Image[] = []

  constructor(options: MeanAveragePrecisionOptions = {}) {
    checkOptions('MeanAveragePrecision', options, { thresholds: true, maxDetections: true })
    const { thresholds = standard, maxDetections = 100 } = options
    if (thresholds.length === 0 || !thresholds.every(t => t > 0 && t <= 1))
      throw new DataError(`MeanAveragePrecision: the thresholds are [${thresholds.join(', ')}]: each is above 0, to 1`)
    if (!Number.isInteger(maxDetections) || maxDetections < 1)
      throw new DataError(`MeanAveragePrecision: maxDetections is ${maxDetections}: expected a whole number from 1 up`)
    this.#thresholds = thresholds
    this.#most = maxDetections
  }

  /** Takes what was found in images, one or several, and what is there. */
  update(found: Detections | readonly Detections[], target: Objects | readonly Objects[]): void {
    const [all, targets] = [[found].flat(), [target].flat()] as [Detections[], Objects[]]
    if (all.length !== targets.length)
      throw new DataError(
        `MeanAveragePrecision: there are predictions of ${all.length} images, targets of ${targets.length}`,
      )
    const images = all.map((f, i): Image => ({
      found: kept<Detections>(f, ['boxes', 'labels', 'scores'], 'prediction', i),
      target: kept<Objects>(targets[i], ['boxes', 'labels'], 'target', i),
    }))
    // now, lest the graph of the model be kept
    for (const part of images.flatMap(i => [i.found, i.target]))
      for (const t of Object.values(part) as Tensor[]) void t.realize()
    this.#images.push(...images)
  }

  /** @throws DataError where there was no batch, or no object in any */
  async compute(): Promise<MeanAveragePrecisionResult> {
    if (this.#images.length === 0)
      throw new DataError('MeanAveragePrecision.compute: there was no batch since the last reset: call update first')
    const images = await Promise.all(this.#images.map(async ({ found, target }) =>
      ({ found: await boxesOf(found, found.scores), target: await boxesOf(target) })))
    const labels = [...new Set(images.flatMap(i => i.target.map(b => b.label)))].sort((a, b) => a - b)
    if (labels.length === 0) throw new DataError('MeanAveragePrecision.compute: there is no object in any image')
    const classes = labels.map(label => {
      const own = images.map(({ found, target }) => matchable(
        found.filter(b => b.label === label), target.filter(b => b.label === label), this.#most))
      return { label, each: this.#thresholds.map(t => averagePrecision(own, t)) }
    })
    const mean = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0) / x.length
    const byThreshold = this.#thresholds.map((_, i) => mean(classes.map(c => c.each[i].precision)))
    const each = classes.map(({ label, each }) =>
      ({ label, map: mean(each.map(e => e.precision)), recall: mean(each.map(e => e.recall)) }))
    return { map: mean(byThreshold), byThreshold, recall: mean(each.map(c => c.recall)), classes: each }
  }
  reset(): void { this.#images = [] }
  stateDict(): MetricState { return { images: [...this.#images] } }
  loadStateDict(state: MetricState): void { this.#images = [...(state.images as Image[])] }
}

/** The parts of an image, without history. */
function kept<T extends Objects>(image: T, parts: readonly string[], what: string, at: number): T {
  const given = image as unknown as Record<string, Tensor | undefined>
  const missing = parts.find(p => given[p]?.shape === undefined)
  if (missing !== undefined)
    throw new DataError(
      `MeanAveragePrecision: ${what} ${at} has ${missing}: ${whatIs(given[missing])}: expected tensors ${parts.join(', ')}`,
    )
  const n = given.boxes!.shape[0]
  const shapes = parts.map(p => given[p]!.shape.join())
  if (shapes.some((s, i) => s !== (parts[i] === 'boxes' ? `${n},4` : `${n}`))) {
    throw new ShapeError(
      `MeanAveragePrecision: ${what} ${at} has ${parts.map((p, i) => `${p} [${shapes[i]}]`).join(', ')}: expected boxes ` +
        '[n,4], the others [n]',
    )
  }
  return Object.fromEntries(parts.map(p => [p, given[p]!.detach()])) as unknown as T
}

async function boxesOf({ boxes, labels }: Objects, scores?: Tensor): Promise<Box[]> {
  const [at, label, score] = await Promise.all([boxes.data(), labels.data(), scores?.data()])
  return Array.from(label, (l, i) => ({ at: at.slice(4 * i, 4 * i + 4), label: l, score: score?.[i] ?? 0 }))
}

function overlap(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const side = (i: number): number => Math.max(0, Math.min(a[i + 2], b[i + 2]) - Math.max(a[i], b[i]))
  const area = (x: ArrayLike<number>): number => (x[2] - x[0]) * (x[3] - x[1])
  const both = side(0) * side(1)
  return both === 0 ? 0 : both / (area(a) + area(b) - both)
}

/** An image's detections of a class from the best on, and how far each overlaps each object. */
interface Matchable {
  readonly scores: readonly number[]
  readonly overlaps: readonly (readonly number[])[]
  readonly objects: number
}

function matchable(found: readonly Box[], target: readonly Box[], most: number): Matchable {
  const best = found.toSorted((a, b) => b.score - a.score).slice(0, most)
  const overlaps = best.map(f => target.map(t => overlap(f.at, t.at)))
  return { scores: best.map(b => b.score), overlaps, objects: target.length }
}

/** Whether each detection takes an object: the one it overlaps most among those that are left; of equals the last. */
function taken({ overlaps, objects }: Matchable, threshold: number): boolean[] {
  const free = new Set(Array.from({ length: objects }, (_, i) => i))
  return overlaps.map(row => {
    let [at, most] = [-1, Math.min(threshold, 1 - 1e-10)]
    for (const i of free) if (row[i] >= most) [at, most] = [i, row[i]]
    return free.delete(at)
  })
}

function averagePrecision(images: readonly Matchable[], threshold: number): { precision: number; recall: number } {
  const objects = images.reduce((n, i) => n + i.objects, 0)
  const all = images.flatMap(image => taken(image, threshold).map((hit, i) => ({ hit, score: image.scores[i] })))
    .sort((a, b) => b.score - a.score)
  let hits = 0
  const recalls: number[] = []
  const precisions = all.map(({ hit }, i) => {
    if (hit) hits++
    recalls.push(hits / objects)
    return hits / (i + 1)
  })
  // the greatest precision at this recall or more
  for (let i = precisions.length - 2; i >= 0; i--) precisions[i] = Math.max(precisions[i], precisions[i + 1])
  let [sum, at] = [0, 0]
  for (let k = 0; k < recallPoints; k++) {
    while (at < recalls.length && recalls[at] < k / (recallPoints - 1)) at++
    sum += precisions[at] ?? 0
  }
  return { precision: sum / recallPoints, recall: hits / objects }
}
