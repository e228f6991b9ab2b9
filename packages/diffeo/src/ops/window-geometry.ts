/** @file The geometry of windows over the last axes: shapes, positions, what is not there. */
import type { DType } from '../graph/dtype.ts'
import { sizeOf, type Aval, type Combine, type Shape, type WindowAttrs } from '../graph/node.ts'
import { DTypeError, ShapeError } from '../util/errors.ts'

/** `[lead…, windows…]` for an input `[lead…, space…]`. */
export function windowShape(op: string, x: Aval, a: WindowAttrs): number[] {
  const n = a.size.length
  const lead = x.shape.length - n
  if (lead < 0)
    throw new ShapeError(
      `${op}: the window [${a.size}] has ${n} axes, but the input [${x.shape}] only ${x.shape.length}`,
    )
  checkWindow(op, a)
  const windows = a.size.map((size, i) => {
    const padded = x.shape[lead + i] + a.pad[i][0] + a.pad[i][1]
    const reach = (size - 1) * a.dilation[i] + 1
    if (padded < reach) {
      throw new ShapeError(
        `${op}: on axis ${lead + i} the window covers ${reach} elements (size ${size}, dilation ${a.dilation[i]}), `
          + `but the input [${x.shape}] has only ${padded} with its padding; pad more or use a smaller window`,
      )
    }
    return Math.floor((padded - reach) / a.stride[i]) + 1
  })
  return [...x.shape.slice(0, lead), ...windows]
}

function checkWindow(op: string, a: WindowAttrs): void {
  for (const name of ['size', 'stride', 'dilation'] as const) {
    if (a[name].length !== a.size.length || !a[name].every(v => Number.isInteger(v) && v >= 1)) {
      throw new ShapeError(
        `${op}: ${name} is [${a[name]}]; expected ${a.size.length} integers of at least 1, one a window axis`,
      )
    }
  }
  if (
    a.pad.length !== a.size.length
    || !a.pad.every(p => p.length === 2 && p.every(v => Number.isInteger(v) && v >= 0))
  ) {
    throw new ShapeError(
      `${op}: pad is ${JSON.stringify(a.pad)}; expected ${a.size.length} pairs [before, after], not negative`,
    )
  }
}

export function checkWhich(op: string, which: Aval, shape: Shape): void {
  if (which.dtype !== 'int32')
    throw new DTypeError(`${op}: which is ${which.dtype}; expected int32, as argReduceWindow gives it`)
  if (which.shape.join() !== shape.join()) {
    throw new ShapeError(
      `${op}: which is [${which.shape}], but there are [${shape}] windows; expected one number a window`,
    )
  }
}

export const checkOrdered = (op: string, combine: Combine, x: Aval): void => {
  if (x.dtype === 'bool' && (combine === 'add' || combine === 'mul')) {
    throw new DTypeError(`${op}: bool elements cannot be combined by ${combine}; cast them to int32 first`)
  }
}

const leastOf: Record<DType, number> = {
  float32: -Infinity,
  float64: -Infinity,
  float16: -Infinity,
  bfloat16: -Infinity,
  int32: -(2 ** 31),
  uint32: 0,
  int8: -128,
  uint8: 0,
  bool: 0,
}
const greatestOf: Record<DType, number> = {
  float32: Infinity,
  float64: Infinity,
  float16: Infinity,
  bfloat16: Infinity,
  int32: 2 ** 31 - 1,
  uint32: 2 ** 32 - 1,
  int8: 127,
  uint8: 255,
  bool: 1,
}
/** What a position that is not there counts as. */
export const identity = (combine: Combine, dtype: DType): number =>
  combine === 'add' ? 0 : combine === 'mul' ? 1 : combine === 'max' ? leastOf[dtype] : greatestOf[dtype]

// ---- the reference ----

/** For each (window, element), the flat position in the space that it is, or −1. */
function elements(space: Shape, a: WindowAttrs, windows: Shape): { table: Int32Array; count: number; size: number } {
  let table = Int32Array.of(0)
  let size = 1
  a.size.forEach((k, axis) => {
    const next = new Int32Array(table.length * windows[axis] * k)
    for (let n = 0; n < next.length; n++) {
      const [row, column] = [Math.floor(n / (size * k)), n % (size * k)]
      const before = table[Math.floor(row / windows[axis]) * size + Math.floor(column / k)]
      const at = (row % windows[axis]) * a.stride[axis] + (column % k) * a.dilation[axis] - a.pad[axis][0]
      next[n] = before >= 0 && at >= 0 && at < space[axis] ? before * space[axis] + at : -1
    }
    table = next
    size *= k
  })
  return { table, count: sizeOf(windows), size }
}

/** Calls `visit(window, positions)` for each window; a position is an offset into x, or −1. */
export function eachWindow(
  x: Shape,
  a: WindowAttrs,
  out: Shape,
  visit: (window: number, positions: readonly number[]) => void,
): void {
  const lead = x.length - a.size.length
  const { table, count, size } = elements(x.slice(lead), a, out.slice(lead))
  const area = sizeOf(x.slice(lead))
  for (let n = 0, at = 0; n < sizeOf(x.slice(0, lead)); n++) {
    for (let w = 0; w < count; w++) {
      const positions: number[] = []
      for (let k = 0; k < size; k++) positions.push(table[w * size + k] < 0 ? -1 : n * area + table[w * size + k])
      visit(at++, positions)
    }
  }
}

export const beats = (combine: 'max' | 'min', v: number, best: number): boolean =>
  Number.isNaN(v) ? !Number.isNaN(best) : combine === 'max' ? v > best : v < best

/** All element positions of a window, row-major. */
export function windowPositions(size: readonly number[]): number[][] {
  let out: number[][] = [[]]
  for (const n of size) out = out.flatMap(p => Array.from({ length: n }, (_, k) => [...p, k]))
  return out
}
