/** @file Movement: the same elements elsewhere. Negative axes count from the end. */
import * as g from '../../graph/build.ts'
import { sizeOf, type Node, type Shape } from '../../graph/node.ts'
import { ShapeError } from '../../util/errors.ts'
import { whatIs } from '../../util/options.ts'
import { axesOf, axisOf, broadcastTo, checkIsNumber, commonType, promoted, shapeText } from './promote.ts'

const whole = (n: unknown): n is number => typeof n === 'number' && Number.isInteger(n)
/** Throws where a shape is not made of whole numbers ≥ 0. */
export function checkShape(op: string, shape: Shape): Shape {
  if (!Array.isArray(shape)) {
    const fix = typeof shape === 'number' ? `: sizes come in one array, as in [${shape as number}] or [2, 3]` : ''
    throw new ShapeError(`${op}: a shape is an array of whole numbers from 0 up, got ${whatIs(shape)}${fix}`)
  }
  if (!shape.every(d => whole(d) && d >= 0)) {
    for (const d of shape) checkIsNumber(op, 'a size of the shape', d)
    throw new ShapeError(`${op}: a shape is an array of whole numbers from 0 up, got ${shapeText(shape)}`)
  }
  return shape
}

/** The shape with its one −1 worked out. */
export function fullShape(op: string, size: number, wanted: Shape): Shape {
  const open = wanted.indexOf(-1)
  if (wanted.lastIndexOf(-1) !== open)
    throw new ShapeError(`${op}: one size can be -1, to be worked out from the others: got ${shapeText(wanted)}`)
  if (open < 0) return checkShape(op, wanted)
  const rest = sizeOf(wanted.filter((_, i) => i !== open))
  checkShape(op, wanted.map((d, i) => (i === open ? 1 : d)))
  if (rest === 0 || size % rest !== 0) {
    throw new ShapeError(`${op}: ${size} elements do not fill ${shapeText(wanted)}: ${size} is no multiple of ${rest}`)
  }
  return wanted.map((d, i) => (i === open ? size / rest : d))
}

/** The shape may have one −1, which is worked out. */
export function reshape(a: Node, wanted: Shape, op = 'reshape'): Node {
  const size = sizeOf(a.shape)
  const shape = fullShape(op, size, wanted)
  if (sizeOf(shape) !== size) {
    throw new ShapeError(`${op}: ${shapeText(a.shape)} has ${size} elements, ${shapeText(wanted)} has ${sizeOf(shape)}`)
  }
  return g.reshape(a, shape)
}

export function flatten(a: Node, start = 0, end = -1): Node {
  if (a.shape.length === 0) return g.reshape(a, [1])
  const [from, to] = [axisOf('flatten', start, a.shape.length), axisOf('flatten', end, a.shape.length)]
  if (from > to) throw new ShapeError(`flatten: the first axis, ${start}, comes after the last, ${end}`)
  return g.reshape(a, [...a.shape.slice(0, from), sizeOf(a.shape.slice(from, to + 1)), ...a.shape.slice(to + 1)])
}

export function unflatten(a: Node, axis: number, sizes: Shape): Node {
  const i = axisOf('unflatten', axis, a.shape.length)
  const full = fullShape('unflatten', a.shape[i], sizes)
  if (sizeOf(full) !== a.shape[i]) {
    throw new ShapeError(
      `unflatten: axis ${axis} has size ${a.shape[i]}, ${shapeText(sizes)} has ${sizeOf(full)} elements`,
    )
  }
  return g.reshape(a, [...a.shape.slice(0, i), ...full, ...a.shape.slice(i + 1)])
}

/** Drops axes of size 1: those named (where they have size 1), or all. */
export function squeeze(a: Node, axes?: number | readonly number[]): Node {
  const list = axesOf('squeeze', axes, a.shape.length)
  return g.reshape(a, a.shape.filter((d, i) => d !== 1 || !list.includes(i)))
}

export function unsqueeze(a: Node, axis: number): Node {
  const i = axisOf('unsqueeze', axis, a.shape.length + 1)
  return g.reshape(a, [...a.shape.slice(0, i), 1, ...a.shape.slice(i)])
}

export function permute(a: Node, axes: readonly number[]): Node {
  const rank = a.shape.length
  const order = axes.map(i => axisOf('permute', i, rank))
  if (order.length !== rank || new Set(order).size !== rank) {
    throw new ShapeError(`permute: [${axes.join(',')}] is not an order of the ${rank} axes of ${shapeText(a.shape)}`)
  }
  return g.permute(a, order)
}

export function transpose(a: Node, from: number, to: number): Node {
  const rank = a.shape.length
  const [i, j] = [axisOf('transpose', from, rank), axisOf('transpose', to, rank)]
  return g.permute(a, a.shape.map((_, k) => (k === i ? j : k === j ? i : k)))
}

/** The axes `from` moved to the places `to`; the others keep their order. */
export function moveAxis(a: Node, from: number | readonly number[], to: number | readonly number[]): Node {
  const rank = a.shape.length
  const [source, target] = [from, to].map(x => [x].flat().map(i => axisOf('moveAxis', i as number, rank)))
  if (source.length !== target.length || new Set(source).size < source.length || new Set(target).size < target.length) {
    throw new ShapeError(`moveAxis: axes [${String(from)}] cannot go to [${String(to)}]`)
  }
  const order: number[] = new Array<number>(rank).fill(-1)
  target.forEach((place, k) => { order[place] = source[k] })
  const rest = a.shape.map((_, i) => i).filter(i => !source.includes(i))
  return g.permute(a, order.map(i => (i < 0 ? rest.shift()! : i)))
}

/** All axes in reverse order. */
export const reverseAxes = (a: Node): Node => g.permute(a, a.shape.map((_, i) => a.shape.length - 1 - i))

/** Axes of size 1 repeated to `shape`; −1 keeps an axis; new axes come in front. */
export function expand(a: Node, shape: Shape): Node {
  const extra = shape.length - a.shape.length
  const full = shape.map((d, i) => (d === -1 && i >= extra ? a.shape[i - extra] : d))
  checkShape('expand', full)
  const fits = extra >= 0 && a.shape.every((d, i) => d === 1 || d === full[i + extra])
  if (!fits)
    throw new ShapeError(`expand: ${shapeText(a.shape)} does not expand to ${shapeText(shape)}: only axes of size 1 do`)
  return broadcastTo(a, full)
}

export const flip = (a: Node, axes?: number | readonly number[]): Node =>
  g.flip(a, axesOf('flip', axes, a.shape.length))

export type Pads = readonly (readonly [number, number])[]
/** [before, after] for each axis, in order; negative crops. */
export function pad(a: Node, pads: Pads, value = 0): Node {
  if (pads.length !== a.shape.length) {
    throw new ShapeError(`pad: ${pads.length} pairs for the ${a.shape.length} axes of ${shapeText(a.shape)}`)
  }
  pads.forEach((p, i) => {
    if (!Array.isArray(p) || p.length !== 2 || !p.every(whole))
      throw new ShapeError(
        `pad: entry ${i}, [${[p].flat().map(whatIs).join(', ')}], is not [before, after] in whole numbers`,
      )
    if (a.shape[i] + p[0] + p[1] < 0)
      throw new ShapeError(`pad: [${p.join(',')}] crops more than axis ${i}, of size ${a.shape[i]}, has`)
  })
  return pads.every(([before, after]) => before === 0 && after === 0) ? a : g.pad(a, pads, value)
}

/** Elements from, from + step, … below `to` on one axis. */
export function sliceAxis(a: Node, axis: number, from: number, to: number, step = 1): Node {
  if (from === 0 && to === a.shape[axis] && step === 1) return a
  const at = <T>(value: T, rest: (d: number) => T): T[] => a.shape.map((d, i) => (i === axis ? value : rest(d)))
  return g.slice(a, at(from, () => 0), at(to, d => d), at(step, () => 1))
}

const remainder = (n: number, d: number): number => ((n % d) + d) % d
/** Elements move by `shifts` along `axes`, around the end; without axes, in the flattened tensor. */
export function roll(a: Node, shifts: number | readonly number[], axes?: number | readonly number[]): Node {
  if (axes === undefined)
    return g.reshape(rollAxis(g.reshape(a, [sizeOf(a.shape)]), [shifts].flat()[0] as number, 0), a.shape)
  const [by, along] = [[shifts].flat() as number[], [axes].flat() as number[]]
  if (by.length !== along.length) throw new ShapeError(`roll: ${by.length} shifts for ${along.length} axes`)
  return along.reduce((out, axis, k) => rollAxis(out, by[k], axisOf('roll', axis, a.shape.length)), a)
}
function rollAxis(a: Node, by: number, axis: number): Node {
  const n = a.shape[axis]
  const cut = n === 0 ? 0 : remainder(-by, n)
  return cut === 0 ? a : g.concat([sliceAxis(a, axis, cut, n), sliceAxis(a, axis, 0, cut)], axis)
}

/** The whole, `reps[i]` times along axis i; new axes come in front. */
export function tile(a: Node, reps: readonly number[]): Node {
  checkShape('tile', reps)
  const rank = Math.max(reps.length, a.shape.length)
  const times = [...new Array<number>(rank - reps.length).fill(1), ...reps]
  const shape = [...new Array<number>(rank - a.shape.length).fill(1), ...a.shape]
  const spread = g.expand(g.reshape(a, shape.flatMap(d => [1, d])), shape.flatMap((d, i) => [times[i], d]))
  return g.reshape(spread, shape.map((d, i) => d * times[i]))
}

/** Each element `times` times in a row along the axis; without an axis, of the flattened tensor. */
export function repeatInterleave(a: Node, times: number, axis?: number): Node {
  if (!whole(times) || times < 0) throw new ShapeError(`repeatInterleave: ${times} is not a number of times`)
  if (axis === undefined) return repeatInterleave(g.reshape(a, [sizeOf(a.shape)]), times, 0)
  const i = axisOf('repeatInterleave', axis, a.shape.length)
  const middle = [...a.shape.slice(0, i + 1), 1, ...a.shape.slice(i + 1)]
  const spread = g.expand(g.reshape(a, middle), middle.map((d, k) => (k === i + 1 ? times : d)))
  return g.reshape(spread, a.shape.map((d, k) => (k === i ? d * times : d)))
}

/** Pieces of a size (the last may be smaller), or of the sizes listed, which must add up. */
export function split(a: Node, sizes: number | readonly number[], axis = 0): Node[] {
  const i = axisOf('split', axis, a.shape.length)
  const n = a.shape[i]
  let list: readonly number[]
  if (typeof sizes === 'number') {
    if (!whole(sizes) || sizes <= 0) throw new ShapeError(`split: ${sizes} is not a size of pieces`)
    list = Array.from({ length: Math.max(1, Math.ceil(n / sizes)) }, (_, k) => Math.min(sizes, n - k * sizes))
  } else list = checkShape('split', sizes)
  const total = list.reduce((s, d) => s + d, 0)
  if (total !== n) throw new ShapeError(`split: sizes [${list.join(',')}] add up to ${total}, axis ${axis} has ${n}`)
  let from = 0
  return list.map(d => sliceAxis(a, i, from, (from += d)))
}
/** At most `count` pieces of one size, the last smaller. */
export function chunk(a: Node, count: number, axis = 0): Node[] {
  const i = axisOf('chunk', axis, a.shape.length)
  if (!whole(count) || count <= 0) throw new ShapeError(`chunk: ${count} is not a number of pieces`)
  return split(a, Math.max(1, Math.ceil(a.shape[i] / count)), i)
}
export function unbind(a: Node, axis = 0): Node[] {
  const i = axisOf('unbind', axis, a.shape.length)
  const shape = a.shape.filter((_, k) => k !== i)
  return Array.from({ length: a.shape[i] }, (_, k) => g.reshape(sliceAxis(a, i, k, k + 1), shape))
}

/** The diagonal `offset` above the main one, of the matrices over two axes; it becomes the last axis. */
export function diagonal(a: Node, offset = 0, first = 0, second = 1): Node {
  const rank = a.shape.length
  const [i, j] = [axisOf('diagonal', first, rank), axisOf('diagonal', second, rank)]
  if (i === j) throw new ShapeError(`diagonal: axes ${first} and ${second} are one`)
  const rest = a.shape.map((_, k) => k).filter(k => k !== i && k !== j)
  const m = g.permute(a, [...rest, i, j])
  const lead = rest.map(k => a.shape[k])
  const [row, column] = [Math.max(0, -offset), Math.max(0, offset)]
  const n = Math.max(0, Math.min(a.shape[i] - row, a.shape[j] - column))
  if (n === 0) return g.constant(0, [...lead, 0], a.dtype)
  const square = sliceAxis(sliceAxis(m, rest.length, row, row + n), rest.length + 1, column, column + n)
  return sliceAxis(g.reshape(square, [...lead, n * n]), rest.length, 0, n * n, n + 1)
}

/** Whether column − row ≤ k, over the last two axes. */
function below(a: Node, k: number): Node {
  const [rows, columns] = a.shape.slice(-2)
  const at = (axis: number): Node => g.iota(axis, [rows, columns])
  return broadcastTo(g.not(g.less(g.shift(at(0), k), at(1))), a.shape)
}
function triangle(op: string, a: Node, k: number, lower: boolean): Node {
  checkIsNumber(op, 'k, the diagonal,', k)
  if (a.shape.length < 2) throw new ShapeError(`${op} takes matrices, got shape ${shapeText(a.shape)}`)
  const zero = g.constantLike(a, 0)
  return lower ? g.where(below(a, k), a, zero) : g.where(below(a, k - 1), zero, a)
}
export const tril = (a: Node, k = 0): Node => triangle('tril', a, k, true)
export const triu = (a: Node, k = 0): Node => triangle('triu', a, k, false)

function sameRank(op: string, parts: readonly Node[]): Node[] {
  if (parts.length === 0) throw new ShapeError(`${op} of no tensors`)
  const dtype = parts.reduce((d, p) => promoted(d, p.dtype), commonType(op, [parts[0]]))
  return parts.map(p => g.cast(p, dtype))
}
export function concat(parts: readonly Node[], axis = 0): Node {
  const list = sameRank('concat', parts)
  const i = axisOf('concat', axis, list[0].shape.length)
  list.forEach((p, k) => {
    const fits = p.shape.length === list[0].shape.length && p.shape.every((d, j) => j === i || d === list[0].shape[j])
    if (!fits) {
      throw new ShapeError(
        `concat: tensor ${k} has shape ${shapeText(p.shape)}, tensor 0 has ${shapeText(list[0].shape)}: only axis ${i} may differ`,
      )
    }
  })
  return g.concat(list, i)
}
export function stack(parts: readonly Node[], axis = 0): Node {
  const list = sameRank('stack', parts)
  list.forEach((p, k) => {
    if (!g.sameShape(p.shape, list[0].shape)) {
      throw new ShapeError(
        `stack: tensor ${k} has shape ${shapeText(p.shape)}, tensor 0 has ${shapeText(list[0].shape)}`,
      )
    }
  })
  const i = axisOf('stack', axis, list[0].shape.length + 1)
  return g.concat(list.map(p => unsqueeze(p, i)), i)
}
/** One matrix of coordinates for each vector: 'ij' (rows first) or 'xy'. */
export function meshgrid(vectors: readonly Node[], indexing: 'ij' | 'xy' = 'ij'): Node[] {
  vectors.forEach((v, k) => {
    if (v.shape.length > 1) throw new ShapeError(`meshgrid takes vectors, tensor ${k} has shape ${shapeText(v.shape)}`)
  })
  const shape = vectors.map(v => v.shape[0] ?? 1)
  const grids = vectors.map((v, k) => g.broadcastInto(g.reshape(v, [shape[k]]), shape, [k]))
  return indexing === 'xy' && grids.length > 1 ? grids.map(x => transpose(x, 0, 1)) : grids
}
