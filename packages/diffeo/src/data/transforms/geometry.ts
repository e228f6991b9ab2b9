/** @file Transforms that move pixels: image, masks and boxes together. */
import { DataError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'
import { checkChance, checkRange, checkSize, compose, type ImageTransform } from './sample.ts'
import { geometric, type Warp } from './warp.ts'

type Size = number | readonly [number, number]

const cut = (top: number, left: number, height: number, width: number, fill?: number): Warp =>
  ({ height, width, matrix: [1, 0, left, 0, 1, top], fill })
const scaled = (from: readonly [number, number], [height, width]: readonly [number, number]): Warp | null =>
  from[0] === height && from[1] === width
    ? null
    : { height, width, matrix: [from[1] / width, 0, 0, 0, from[0] / height, 0] }

/**
 * To this height and width, antialiased; one number is the shorter side, and the shape stays.
 * @example transforms.resize([64, 64]), transforms.resize(256)
 */
export function resize(size: Size): ImageTransform {
  const pair = checkSize('resize', size)
  return geometric('resize', (h, w) => {
    if (typeof size !== 'number') return scaled([h, w], pair)
    const factor = size / Math.min(h, w)
    return scaled([h, w], [Math.max(1, Math.floor(h * factor)), Math.max(1, Math.floor(w * factor))])
  })
}

/** The middle; what lies outside of the image is `fill`. @example transforms.centerCrop(224) */
export function centerCrop(size: Size, options: { fill?: number } = {}): ImageTransform {
  checkOptions('centerCrop', options, { fill: true })
  const [height, width] = checkSize('centerCrop', size)
  return geometric('centerCrop', (h, w) =>
    cut(Math.round((h - height) / 2), Math.round((w - width) / 2), height, width, options.fill))
}

/**
 * A part of this size from anywhere, after so many pixels were added on each side.
 * @throws DataError where the image is smaller
 * @example transforms.randomCrop(32, { padding: 4 })
 */
export function randomCrop(size: Size, options: { padding?: number; fill?: number } = {}): ImageTransform {
  checkOptions('randomCrop', options, { padding: true, fill: true })
  const { padding = 0, fill } = options
  const [height, width] = checkSize('randomCrop', size)
  if (!Number.isInteger(padding) || padding < 0)
    throw new DataError(`randomCrop: padding is ${padding}: expected a whole number from 0 up`)
  return geometric('randomCrop', (h, w, random) => {
    const [down, across] = [h + 2 * padding - height, w + 2 * padding - width]
    if (down < 0 || across < 0)
      throw new DataError(
        `randomCrop: ${height}×${width} is more than the image of ${h}×${w} with ${padding} added on each side`,
      )
    return cut(random.integer(down + 1) - padding, random.integer(across + 1) - padding, height, width, fill)
  })
}

/**
 * A part of random area and shape, brought to this size (Szegedy et al., 2015).
 * @example transforms.randomResizedCrop(224, { scale: [0.2, 1] })
 */
export function randomResizedCrop(
  size: Size, options: { scale?: readonly [number, number]; ratio?: readonly [number, number] } = {},
): ImageTransform {
  checkOptions('randomResizedCrop', options, { scale: true, ratio: true })
  const { scale = [0.08, 1], ratio = [3 / 4, 4 / 3] } = options
  const pair = checkSize('randomResizedCrop', size)
  checkRange('randomResizedCrop', 'scale', scale, 0)
  checkRange('randomResizedCrop', 'ratio', ratio, 1e-6)
  const part = geometric('randomResizedCrop', (h, w, random) => {
    for (let attempt = 0; attempt < 10; attempt++) {
      const area = h * w * random.uniform(...scale)
      const shape = Math.exp(random.uniform(Math.log(ratio[0]), Math.log(ratio[1])))
      const [width, height] = [Math.round(Math.sqrt(area * shape)), Math.round(Math.sqrt(area / shape))]
      if (width > 0 && width <= w && height > 0 && height <= h)
        return cut(random.integer(h - height + 1), random.integer(w - width + 1), height, width)
    }
    // none fitted: the largest part of an allowed shape, from the middle
    const shape = Math.min(Math.max(w / h, ratio[0]), ratio[1])
    const [width, height] = [Math.min(w, Math.round(h * shape)), Math.min(h, Math.round(w / shape))]
    return cut(Math.floor((h - height) / 2), Math.floor((w - width) / 2), height, width)
  })
  return compose(part, resize(pair))
}

const mirrored = (h: number, w: number): Warp => ({ height: h, width: w, matrix: [-1, 0, w, 0, 1, 0] })
const upsideDown = (h: number, w: number): Warp => ({ height: h, width: w, matrix: [1, 0, 0, 0, -1, h] })
/** Left and right change places. */
export const horizontalFlip = (): ImageTransform => geometric('horizontalFlip', mirrored)
/** Top and bottom change places. */
export const verticalFlip = (): ImageTransform => geometric('verticalFlip', upsideDown)
/** Left and right change places with probability p. */
export function randomHorizontalFlip(p = 0.5): ImageTransform {
  checkChance('randomHorizontalFlip', p)
  return geometric('randomHorizontalFlip', (h, w, random) => (random.chance(p) ? mirrored(h, w) : null))
}
/** Top and bottom change places with probability p. */
export function randomVerticalFlip(p = 0.5): ImageTransform {
  checkChance('randomVerticalFlip', p)
  return geometric('randomVerticalFlip', (h, w, random) => (random.chance(p) ? upsideDown(h, w) : null))
}
/** Adds so many pixels on each side. */
export function pad(padding: number, options: { fill?: number } = {}): ImageTransform {
  checkOptions('pad', options, { fill: true })
  if (!Number.isInteger(padding) || padding < 0)
    throw new DataError(`pad: padding is ${padding}: expected a whole number from 0 up`)
  return geometric('pad', (h, w) => cut(-padding, -padding, h + 2 * padding, w + 2 * padding, options.fill))
}

export interface AffineOptions {
  /** Degrees, clockwise. */
  degrees?: number
  /** Pixels to the right and down. */
  translate?: readonly [number, number]
  scale?: number
  /** Degrees along x and y. */
  shear?: readonly [number, number]
  fill?: number
}

/** The map of an affine transform about the image's middle: M = T C R(degrees) Shear scale C⁻¹, inverted. */
export function affineWarp(h: number, w: number, options: AffineOptions): Warp {
  const { degrees = 0, translate = [0, 0], scale = 1, shear = [0, 0], fill } = options
  const [rotation, shearX, shearY] = [degrees, ...shear].map(v => v * Math.PI / 180)
  // a shear along y, then along x, then the rotation, as torchvision composes them
  const a = Math.cos(rotation - shearY) / Math.cos(shearY)
  const b = -Math.cos(rotation - shearY) * Math.tan(shearX) / Math.cos(shearY) - Math.sin(rotation)
  const c = Math.sin(rotation - shearY) / Math.cos(shearY)
  const d = -Math.sin(rotation - shearY) * Math.tan(shearX) / Math.cos(shearY) + Math.cos(rotation)
  // the determinant of [a b; c d] is 1
  const [ia, ib, ic, id] = [d / scale, -b / scale, -c / scale, a / scale]
  const [mx, my] = [w / 2, h / 2]
  const [dx, dy] = [-mx - translate[0], -my - translate[1]]
  return { height: h, width: w, matrix: [ia, ib, ia * dx + ib * dy + mx, ic, id, ic * dx + id * dy + my], fill }
}

/**
 * Turned, moved, scaled and sheared about its middle, by so much. @example transforms.affine({ degrees: 10, scale: 1.1
 * })
 */
export function affine(options: AffineOptions): ImageTransform {
  checkOptions('affine', options, { degrees: true, translate: true, scale: true, shear: true, fill: true })
  if (options.scale !== undefined && !(options.scale > 0))
    throw new DataError(`affine: scale is ${options.scale}: expected more than 0`)
  return geometric('affine', (h, w) => affineWarp(h, w, options))
}
/** Turned about its middle, counter-clockwise (as in torchvision, whose affine turns clockwise). */
export const rotate = (degrees: number, options: { fill?: number } = {}): ImageTransform =>
  affine({ degrees: -degrees, ...options })

export interface RandomAffineOptions {
  /** Up to so many degrees, either way; or from … to. */
  degrees?: number | readonly [number, number]
  /** Up to these shares of width and height, either way. */
  translate?: readonly [number, number]
  scale?: readonly [number, number]
  /** Up to so many degrees along x, either way. */
  shear?: number
  fill?: number
}
/**
 * An affine transform drawn from these ranges. @example transforms.randomAffine({ degrees: 10, translate: [0.1, 0.1] })
 */
export function randomAffine(options: RandomAffineOptions): ImageTransform {
  checkOptions('randomAffine', options, { degrees: true, translate: true, scale: true, shear: true, fill: true })
  const { degrees = 0, translate = [0, 0], scale = [1, 1], shear = 0, fill } = options
  const range = typeof degrees === 'number' ? [-degrees, degrees] as const : degrees
  checkRange('randomAffine', 'degrees', range)
  checkRange('randomAffine', 'scale', scale, 1e-6)
  return geometric('randomAffine', (h, w, random) => affineWarp(h, w, {
    degrees: random.uniform(...range),
    translate: [random.uniform(-translate[0], translate[0]) * w, random.uniform(-translate[1], translate[1]) * h],
    scale: random.uniform(...scale), shear: [random.uniform(-shear, shear), 0], fill,
  }))
}
/** Turned by up to so many degrees, either way. */
export const randomRotation = (
  degrees: number | readonly [number, number],
  options: { fill?: number } = {},
): ImageTransform => randomAffine({ degrees, ...options })
