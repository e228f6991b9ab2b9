/** @file What a picture shows, apart from the paper around it. */

/** How strongly each pixel is part of what is shown. */
export interface Ink { readonly pixels: Float32Array; readonly width: number; readonly height: number }

/** The brightness around the picture, and how much most of it differs from that. */
export function paperOf(pixels: Uint8Array, width: number, height: number): { level: number; spread: number } {
  const border: number[] = []
  for (let x = 0; x < width; x++) border.push(pixels[x], pixels[(height - 1) * width + x])
  for (let y = 0; y < height; y++) border.push(pixels[y * width], pixels[y * width + width - 1])
  const level = middle(border)
  return { level, spread: middle(border.map(p => Math.abs(p - level)), 0.9) }
}
const middle = (values: number[], share = 0.5): number =>
  values.sort((a, b) => a - b)[Math.floor((values.length - 1) * share)]

/** What is at least so strong, and the rectangle around it. */
export function cropped({ pixels, width, height }: Ink, least: number): Ink {
  let [left, right, top, bottom] = [width, -1, height, -1]
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (pixels[y * width + x] < least) continue
      left = Math.min(left, x)
      right = Math.max(right, x)
      top = Math.min(top, y)
      bottom = Math.max(bottom, y)
    }
  }
  const [w, h] = [right - left + 1, bottom - top + 1]
  const out = new Float32Array(w * h)
  for (let y = 0; y < h; y++) out.set(pixels.subarray((top + y) * width + left, (top + y) * width + left + w), y * w)
  return { pixels: out, width: w, height: h }
}

/**
 * The longer side becomes `side`; each new pixel is the mean of the area that it covers, or lies between its
 * neighbours.
 */
export function scaled({ pixels, width, height }: Ink, side: number): Ink {
  const scale = side / Math.max(width, height)
  const [w, h] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))]
  const across = resample(
    pixels,
    height,
    width,
    w,
    (line, i) => line * width + i,
    (line, i) => line * w + i,
  )
  return {
    pixels: resample(
      across,
      w,
      height,
      h,
      (line, i) => i * w + line,
      (line, i) => i * w + line,
    ),
    width: w,
    height: h,
  }
}

/** Along one axis, by a triangle as wide as a new pixel (at least as an old one). */
function resample(
  from: Float32Array,
  lines: number,
  length: number,
  wanted: number,
  at: (line: number, i: number) => number,
  to: (line: number, i: number) => number,
): Float32Array {
  const out = new Float32Array(lines * wanted)
  const step = length / wanted
  const reach = Math.max(1, step)
  for (let i = 0; i < wanted; i++) {
    const middle = (i + 0.5) * step - 0.5
    const [first, last] = [Math.max(0, Math.ceil(middle - reach)), Math.min(length - 1, Math.floor(middle + reach))]
    for (let line = 0; line < lines; line++) {
      let [sum, weights] = [0, 0]
      for (let k = first; k <= last; k++) {
        const weight = 1 - Math.abs(k - middle) / reach
        sum += weight * from[at(line, k)]
        weights += weight
      }
      out[to(line, i)] = weights > 0 ? sum / weights : from[at(line, Math.round(middle))]
    }
  }
  return out
}
