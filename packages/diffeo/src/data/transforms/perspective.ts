/** @file Images seen from aside. */
import { DataError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'
import type { Random } from '../random.ts'
import { checkChance, type ImageTransform } from './sample.ts'
import { geometric, type Warp } from './warp.ts'

type Point = readonly [x: number, y: number]

/** x of A x = b for rows [A | b], by elimination with the greatest pivot of each column. */
function solved(rows: number[][]): number[] {
  const n = rows.length
  for (let k = 0; k < n; k++) {
    const pivot = rows.slice(k).reduce((best, row, i) => (Math.abs(row[k]) > Math.abs(rows[best][k]) ? k + i : best), k)
    ;[rows[k], rows[pivot]] = [rows[pivot], rows[k]]
    for (let i = 0; i < n; i++) {
      if (i === k) continue
      const factor = rows[i][k] / rows[k][k]
      for (let j = k; j <= n; j++) rows[i][j] -= factor * rows[k][j]
    }
  }
  return rows.map((row, k) => row[n] / row[k])
}

/** The map by which each of four places of the result comes from one of the source. */
export function perspectiveWarp(height: number, width: number, to: readonly Point[], from: readonly Point[]): Warp {
  // (a x + b y + c)/(g x + h y + 1) = u and (d x + e y + f)/(g x + h y + 1) = v, linear in a … h
  const rows = to.flatMap(([x, y], i) => {
    const [u, v] = from[i]
    return [[x, y, 1, 0, 0, 0, -u * x, -u * y, u], [0, 0, 0, x, y, 1, -v * x, -v * y, v]]
  })
  const [a, b, c, d, e, f, g, h] = solved(rows)
  return { height, width, matrix: [a, b, c, d, e, f], tilt: [g, h] }
}

export interface RandomPerspectiveOptions {
  /** How far a corner moves at most, as a share of half of the image; 0.5. */
  distortion?: number
  p?: number
  fill?: number
}
/**
 * With probability p each corner is moved inwards by up to a share of half of the image, as if it were seen from aside.
 * @example transforms.randomPerspective({ distortion: 0.3 })
 */
export function randomPerspective(options: RandomPerspectiveOptions = {}): ImageTransform {
  checkOptions('randomPerspective', options, { distortion: true, p: true, fill: true })
  const { distortion = 0.5, p = 0.5, fill } = options
  checkChance('randomPerspective', p)
  // at 1 two corners may meet, and there is no such view
  if (!(distortion >= 0 && distortion < 1))
    throw new DataError(`randomPerspective: distortion is ${distortion}: expected 0 to below 1`)
  return geometric('randomPerspective', (h, w, random) => {
    if (!random.chance(p)) return null
    const corners: Point[] = [[0, 0], [w, 0], [w, h], [0, h]]
    const inwards = (at: number, size: number, r: Random): number =>
      Math.abs(at - r.uniform(0, distortion * size / 2))
    const moved = corners.map(([x, y]): Point => [inwards(x, w, random), inwards(y, h, random)])
    return { ...perspectiveWarp(h, w, moved, corners), fill }
  })
}
