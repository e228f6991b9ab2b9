/** @file How a tensor reads when printed: its shape, dtype and device, and its values if they are there. */
import { isFloat, type DType } from '../graph/dtype.ts'
import type { TypedArray } from '../graph/executor.ts'
import { sizeOf, type Shape } from '../graph/node.ts'

/** Of longer axes the first and the last few are shown. */
const edge = 3
const shownWhole = 1000

export interface Printed {
  readonly name: string
  readonly shape: Shape
  readonly dtype: DType
  readonly device: string
}

/** `Tensor [2,3] float32 native` and, below, the values (or why there are none). */
export function show(what: Printed, values: TypedArray | null, missing: string): string {
  const head = `${what.name} [${what.shape.join(',')}] ${what.dtype} ${what.device}`
  if (!values) return `${head} (${missing})`
  const body = rows(values, what.shape, what.dtype)
  return what.shape.length > 0 ? `${head}\n${body}` : `${head} ${body}`
}

function rows(values: TypedArray, shape: Shape, dtype: DType): string {
  const cut = sizeOf(shape) > shownWhole
  const texts: string[] = []
  const places = (n: number): (number | null)[] =>
    cut && n > 2 * edge ? [...range(0, edge), null, ...range(n - edge, n)] : range(0, n)
  const visit = (axis: number, from: number): void => {
    if (axis === shape.length) { texts.push(text(values[from], dtype)); return }
    const stride = sizeOf(shape.slice(axis + 1))
    for (const i of places(shape[axis])) if (i !== null) visit(axis + 1, from + i * stride)
  }
  visit(0, 0)
  const width = Math.max(0, ...texts.map(t => t.length))
  let next = 0
  const build = (axis: number): string => {
    if (axis === shape.length) return texts[next++].padStart(shape.length > 1 ? width : 0)
    const parts = places(shape[axis]).map(i => (i === null ? '…' : build(axis + 1)))
    const depth = shape.length - axis - 1
    const separator = depth === 0 ? ', ' : `,${'\n'.repeat(depth)}${' '.repeat(axis + 1)}`
    return `[${parts.join(separator)}]`
  }
  return build(0)
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

function text(value: number, dtype: DType): string {
  if (dtype === 'bool') return value !== 0 ? 'true' : 'false'
  if (!isFloat(dtype) || !Number.isFinite(value)) return String(value)
  return String(Number(value.toPrecision(dtype === 'float64' ? 8 : 5)))
}
