/** @file Numbers counted in buckets, as TensorBoard shows them. */
import { double, doubles, message, type Field } from './wire.ts'

const buckets = 50

/** A `HistogramProto` in a field; null where no number is finite. Those that are not are left out. */
export function histogram(field: number, values: ArrayLike<number>): Field | null {
  let [min, max, count, sum, squares] = [Infinity, -Infinity, 0, 0, 0]
  for (let i = 0; i < values.length; i++) {
    const x = values[i]
    if (!Number.isFinite(x)) continue
    min = Math.min(min, x)
    max = Math.max(max, x)
    count++
    sum += x
    squares += x * x
  }
  if (count === 0) return null
  const width = (max - min) / buckets
  const counts = new Array<number>(width > 0 ? buckets : 1).fill(0)
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue
    counts[width > 0 ? Math.min(buckets - 1, Math.floor((values[i] - min) / width)) : 0]++
  }
  const limits = counts.map((_, i) => (i === counts.length - 1 ? max : min + (i + 1) * width))
  return message(
    field, double(1, min), double(2, max), double(3, count), double(4, sum), double(5, squares),
    doubles(6, limits), doubles(7, counts),
  )
}
