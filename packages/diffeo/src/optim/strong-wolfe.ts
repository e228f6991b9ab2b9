/** @file A line search that ends where the strong Wolfe conditions hold. Nocedal & Wright (2006), section 3.5. */

/** A point of the line: how far along, its loss, its slope along the line, and what else was computed there. */
export interface Point<G> { readonly t: number; readonly f: number; readonly slope: number; readonly gradient: G }

const SUFFICIENT = 1e-4
const CURVATURE = 0.9

/** Where the cubic through two points with their slopes is least, held within the bounds. */
function cubicMinimum(a: Point<unknown>, b: Point<unknown>, low: number, high: number): number {
  const [x, y] = a.t <= b.t ? [a, b] : [b, a]
  const d1 = a.slope + b.slope - (3 * (a.f - b.f)) / (a.t - b.t)
  const square = d1 ** 2 - a.slope * b.slope
  if (!(square >= 0)) return (low + high) / 2
  const d2 = Math.sqrt(square)
  const least = y.t - (y.t - x.t) * ((y.slope + d2 - d1) / (y.slope - x.slope + 2 * d2))
  return Math.min(Math.max(least, low), high)
}

/** A trial within the bracket, moved off its ends where the last one was near them too. */
function trial(a: Point<unknown>, b: Point<unknown>, stuck: boolean): { t: number; stuck: boolean } {
  const [low, high] = [Math.min(a.t, b.t), Math.max(a.t, b.t)]
  const t = cubicMinimum(a, b, low, high)
  const margin = 0.1 * (high - low)
  if (Math.min(high - t, t - low) >= margin) return { t, stuck: false }
  if (!stuck && t < high && t > low) return { t, stuck: true }
  return { t: Math.abs(t - high) < Math.abs(t - low) ? high - margin : low + margin, stuck: false }
}

/**
 * A step along a line from `start` (t = 0) that lowers the loss enough and whose slope is small enough, or the lowest
 * point found within `maxSteps`; as PyTorch's `_strong_wolfe`, whose trials it repeats.
 * @param evaluate - loss and slope at t
 * @param size - the greatest element of the direction: a bracket of less than `tolerance` in it is not refined
 */
export function strongWolfe<G>(
  evaluate: (t: number) => Point<G>,
  start: Point<G>,
  first: number,
  { size, tolerance, maxSteps }: { size: number; tolerance: number; maxSteps: number },
): { point: Point<G>; evaluations: number } {
  const tooHigh = (p: Point<G>): boolean => p.f > start.f + SUFFICIENT * p.t * start.slope
  const isFlat = (p: Point<G>): boolean => Math.abs(p.slope) <= -CURVATURE * start.slope
  let [before, point] = [start, evaluate(first)]
  let steps = 0
  let bracket: [Point<G>, Point<G>] | null = null
  // go on until a minimum is bracketed
  for (; steps < maxSteps; steps++) {
    const rises = tooHigh(point) || (steps > 1 && point.f >= before.f)
    if (!rises && isFlat(point)) return { point, evaluations: steps + 1 }
    if (rises || point.slope >= 0) {
      bracket = [before, point]
      break
    }
    const t = cubicMinimum(before, point, point.t + 0.01 * (point.t - before.t), point.t * 10)
    before = point
    point = evaluate(t)
  }
  bracket ??= [start, point]
  let [low, high] = bracket[0].f <= bracket[1].f ? [0, 1] : [1, 0]
  let stuck = false
  for (let done = false; !done && steps < maxSteps; steps++) {
    if (Math.abs(bracket[1].t - bracket[0].t) * size < tolerance) break
    const next = trial(bracket[0], bracket[1], stuck)
    stuck = next.stuck
    const found = evaluate(next.t)
    if (tooHigh(found) || found.f >= bracket[low].f) {
      bracket[high] = found
      ;[low, high] = bracket[0].f <= bracket[1].f ? [0, 1] : [1, 0]
      continue
    }
    done = isFlat(found)
    if (!done && found.slope * (bracket[high].t - bracket[low].t) >= 0) bracket[high] = bracket[low]
    bracket[low] = found
  }
  return { point: bracket[low], evaluations: steps + 1 }
}
