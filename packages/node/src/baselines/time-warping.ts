/** @file Dynamic time warping: what recognised words before networks did. */
import { DataError } from 'diffeo'

/** Vectors one after the other: `[frames, features]`, row by row. */
export interface Series { readonly data: Float32Array; readonly frames: number }

export interface WarpOptions {
  /** How far one may run ahead of the other, as a share of the longer; 0.2. */
  band?: number
  /** Greater distances are of no interest: they come as Infinity, sooner. */
  atMost?: number
}

/**
 * The least mean distance of two series whose times are stretched to fit: over all monotone paths from both beginnings
 * to both ends, D(i, j) = min(D(i−1, j) + d, D(i, j−1) + d, D(i−1, j−1) + 2d) with d the Euclidean distance of frames i
 * and j, divided by the sum of the lengths (Sakoe and Chiba, 1978).
 * @throws DataError where the series have unlike features, or none
 * @example baselines.warpedDistance({ data: a, frames: 30 }, { data: b, frames: 42 })
 */
export function warpedDistance(a: Series, b: Series, { band = 0.2, atMost = Infinity }: WarpOptions = {}): number {
  const [n, m, features] = [a.frames, b.frames, a.data.length / a.frames]
  if (!Number.isInteger(features) || features < 1 || features !== b.data.length / m)
    throw new DataError(
      `warpedDistance: series of ${a.data.length} numbers in ${n} frames and ${b.data.length} in ${m}`,
    )
  // never so narrow that no path is left
  const width = Math.max(band * Math.max(n, m), m / n, 1)
  const worst = atMost * (n + m)
  const [x, y] = [a.data, b.data]
  let before = new Float64Array(m + 1).fill(Infinity)
  let row = new Float64Array(m + 1)
  before[0] = 0
  for (let i = 1; i <= n; i++) {
    row.fill(Infinity)
    const centre = i * m / n
    const last = Math.min(m, Math.floor(centre + width))
    let best = Infinity
    for (let j = Math.max(1, Math.ceil(centre - width)); j <= last; j++) {
      let square = 0
      for (let f = 0, p = (i - 1) * features, q = (j - 1) * features; f < features; f++) {
        const difference = x[p + f] - y[q + f]
        square += difference * difference
      }
      const d = Math.sqrt(square)
      row[j] = Math.min(before[j] + d, row[j - 1] + d, before[j - 1] + 2 * d)
      if (row[j] < best) best = row[j]
    }
    if (best > worst) return Infinity
    ;[before, row] = [row, before]
  }
  return before[m] / (n + m)
}

/**
 * The label of the known series that is nearest by `warpedDistance`.
 * @example const word = baselines.nearestWarped(templates, labels, series)
 */
export function nearestWarped(known: readonly Series[], labels: ArrayLike<number>, x: Series, band?: number): number {
  let [nearest, label] = [Infinity, labels[0]]
  known.forEach((series, i) => {
    const distance = warpedDistance(x, series, { band, atMost: nearest })
    if (distance < nearest) [nearest, label] = [distance, labels[i]]
  })
  return label
}
