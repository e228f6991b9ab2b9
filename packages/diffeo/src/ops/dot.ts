/** @file `dot`: the tensor contraction, with batch and contracting axes named. */
import { Index } from '../expr/index.ts'
import { dot as dotNode, permute } from '../graph/build.ts'
import { isFloat, type DType } from '../graph/dtype.ts'
import { sizeOf, type Aval, type DotAttrs, type Node, type Shape } from '../graph/node.ts'
import { DTypeError, ShapeError } from '../util/errors.ts'
import type { NDArray, OpRecord } from './record.ts'
import { multiplier, wrapper } from './support/round.ts'
import { sumOf } from './support/rules.ts'

type Pairs = readonly (readonly [number, number])[]

/** The axes of an operand that are neither contracted nor batched, in the operand's order. */
const freeAxes = (rank: number, taken: readonly number[]): number[] => {
  const out: number[] = []
  for (let i = 0; i < rank; i++) if (!taken.includes(i)) out.push(i)
  return out
}

interface Axes {
  readonly batch: number[]
  readonly contract: number[]
  readonly free: number[]
}
const axesOf = (attrs: DotAttrs, side: 0 | 1, rank: number): Axes => {
  const batch = attrs.batch.map(p => p[side])
  const contract = attrs.contract.map(p => p[side])
  return { batch, contract, free: freeAxes(rank, [...batch, ...contract]) }
}

/** The permutation that undoes `perm`. */
const inverse = (perm: readonly number[]): number[] => {
  const out: number[] = new Array(perm.length)
  perm.forEach((p, i) => {
    out[p] = i
  })
  return out
}

/** The dtype of a product of two operands, or an error that names `op`. */
export function productDtype(op: string, a: Aval, b: Aval): DType {
  if (a.dtype !== b.dtype) {
    throw new DTypeError(`${op}: the operands are ${a.dtype} and ${b.dtype}; cast one of them so that they agree`)
  }
  if (a.dtype === 'bool')
    throw new DTypeError(`${op}: bool operands cannot be multiplied and summed; cast them to int32 first`)
  return a.dtype
}

function checkAxes(a: Aval, b: Aval, pairs: Pairs, role: string): void {
  for (const [i, j] of pairs) {
    const ok =
      Number.isInteger(i) && Number.isInteger(j) && i >= 0 && j >= 0 && i < a.shape.length && j < b.shape.length
    if (!ok) {
      throw new ShapeError(`dot: ${role} axes ${i} and ${j} of operands [${a.shape}] and [${b.shape}] are not there`)
    }
    if (a.shape[i] !== b.shape[j]) {
      throw new ShapeError(
        `dot: ${role} axis ${i} of [${a.shape}] has ${a.shape[i]} elements and axis ${j} of `
          + `[${b.shape}] has ${b.shape[j]}; they must be equal`,
      )
    }
  }
}

function checkDistinct(axes: readonly number[], shape: Shape, side: string): void {
  if (new Set(axes).size !== axes.length) {
    throw new ShapeError(
      `dot: axes [${axes}] of the ${side} operand [${shape}] name an axis twice; each can have one role`,
    )
  }
}

/** Row-major offsets of all positions along `axes` of an array of `shape`. */
function offsets(shape: Shape, axes: readonly number[]): Int32Array {
  const strides = shape.map(() => 1)
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = strides[i + 1] * shape[i + 1]
  let out = Int32Array.of(0)
  for (const axis of axes) {
    const next = new Int32Array(out.length * shape[axis])
    for (let i = 0, n = 0; i < out.length; i++) {
      for (let j = 0; j < shape[axis]; j++) next[n++] = out[i] + j * strides[axis]
    }
    out = next
  }
  return out
}

function contractArrays(a: NDArray, b: NDArray, attrs: DotAttrs, out: Aval): NDArray {
  const [axesA, axesB] = [axesOf(attrs, 0, a.shape.length), axesOf(attrs, 1, b.shape.length)]
  const [batchA, freeA, depthA] = [axesA.batch, axesA.free, axesA.contract].map(x => offsets(a.shape, x))
  const [batchB, freeB, depthB] = [axesB.batch, axesB.free, axesB.contract].map(x => offsets(b.shape, x))
  const times = multiplier(out.dtype)
  const wrap = wrapper(out.dtype)
  const data = new Float64Array(sizeOf(out.shape))
  let at = 0
  for (let n = 0; n < batchA.length; n++) {
    for (let i = 0; i < freeA.length; i++) {
      for (let j = 0; j < freeB.length; j++) {
        const [rowA, rowB] = [batchA[n] + freeA[i], batchB[n] + freeB[j]]
        let sum = 0
        for (let k = 0; k < depthA.length; k++) sum += times(a.data[rowA + depthA[k]], b.data[rowB + depthB[k]])
        data[at++] = wrap(sum)
      }
    }
  }
  return { ...out, data }
}

/**
 * The cotangent of one side. g is [batch, free a, free b]; contracting it with the other side's free axes gives
 * [batch, own free, own contracted axes in the other's order], which is then permuted to the operand's own order.
 */
function operandGradient(g: Node, node: Node<'dot'>, side: 0 | 1): Node {
  const [own, other] = side === 0 ? [node.inputs[0], node.inputs[1]] : [node.inputs[1], node.inputs[0]]
  const ownAxes = axesOf(node.attrs, side, own.shape.length)
  const otherAxes = axesOf(node.attrs, side === 0 ? 1 : 0, other.shape.length)
  const batches = ownAxes.batch.length
  const otherFirst = side === 0 ? batches + ownAxes.free.length : batches
  const raw = dotNode(
    g,
    other,
    otherAxes.free.map((axis, i) => [otherFirst + i, axis] as const),
    otherAxes.batch.map((axis, i) => [i, axis] as const),
  )
  const contracted = otherAxes.contract
    .map((axis, i) => [axis, ownAxes.contract[i]])
    .sort((x, y) => x[0] - y[0])
    .map(p => p[1])
  return permute(raw, inverse([...ownAxes.batch, ...ownAxes.free, ...contracted]))
}

/** The tangent of a bilinear map: f(ȧ, b) + f(a, ḃ). */
export function bilinearTangent(
  f: (a: Node, b: Node) => Node,
  inputs: readonly Node[],
  tangents: readonly (Node | null)[],
): Node | null {
  return sumOf(tangents[0] && f(tangents[0], inputs[1]), tangents[1] && f(inputs[0], tangents[1]))
}

const shifted = (pairs: Pairs, a: number, b: number): Pairs => pairs.map(([i, j]) => [i + a, j + b] as const)

/** Moves axis `from` to the front. */
export const toFront = (a: Node, from: number): Node =>
  permute(a, [from, ...a.shape.map((_, i) => i).filter(i => i !== from)])

export const dot: OpRecord<'dot'> = {
  infer([a, b], attrs) {
    const dtype = productDtype('dot', a, b)
    checkAxes(a, b, attrs.batch, 'batch')
    checkAxes(a, b, attrs.contract, 'contracting')
    const all = [...attrs.batch, ...attrs.contract]
    checkDistinct(
      all.map(p => p[0]),
      a.shape,
      'left',
    )
    checkDistinct(
      all.map(p => p[1]),
      b.shape,
      'right',
    )
    const [axesA, axesB] = [axesOf(attrs, 0, a.shape.length), axesOf(attrs, 1, b.shape.length)]
    const shape = [
      ...axesA.batch.map(i => a.shape[i]),
      ...axesA.free.map(i => a.shape[i]),
      ...axesB.free.map(i => b.shape[i]),
    ]
    return { shape, dtype }
  },

  evaluate: ([a, b], node) => contractArrays(a, b, node.attrs, { shape: node.shape, dtype: node.dtype }),

  vjp([g], node) {
    if (!g || !isFloat(node.dtype)) return [null, null]
    return [operandGradient(g, node, 0), operandGradient(g, node, 1)]
  },

  jvp: (tangents, node) => [
    bilinearTangent((a, b) => dotNode(a, b, node.attrs.contract, node.attrs.batch), node.inputs, tangents),
  ],

  batch([a, b], [inA, inB], node) {
    const { batch, contract } = node.attrs
    if (inA && inB) return [dotNode(a, b, shifted(contract, 1, 1), [[0, 0], ...shifted(batch, 1, 1)])]
    // the batch axis is a free axis of its side: first among the free axes there
    const free = node.inputs[0].shape.length - batch.length - contract.length
    const out = dotNode(a, b, shifted(contract, inA ? 1 : 0, inB ? 1 : 0), shifted(batch, inA ? 1 : 0, inB ? 1 : 0))
    return [toFront(out, inA ? batch.length : batch.length + free)]
  },

  lower(e, [a, b], index, node) {
    const [x, y] = node.inputs
    const [axesA, axesB] = [axesOf(node.attrs, 0, x.shape.length), axesOf(node.attrs, 1, y.shape.length)]
    const vars = e.reductionVariables(
      axesA.contract.map(i => x.shape[i]),
      index,
    )
    const nBatch = axesA.batch.length
    const indexA: Index[] = new Array(x.shape.length)
    const indexB: Index[] = new Array(y.shape.length)
    axesA.batch.forEach((axis, i) => {
      indexA[axis] = index[i]
    })
    axesB.batch.forEach((axis, i) => {
      indexB[axis] = index[i]
    })
    axesA.free.forEach((axis, i) => {
      indexA[axis] = index[nBatch + i]
    })
    axesB.free.forEach((axis, i) => {
      indexB[axis] = index[nBatch + axesA.free.length + i]
    })
    axesA.contract.forEach((axis, i) => {
      indexA[axis] = Index.of(vars[i])
    })
    axesB.contract.forEach((axis, i) => {
      indexB[axis] = Index.of(vars[i])
    })
    return e.reduce('add', vars, e.binary('mul', a(indexA), b(indexB)))
  },
}
