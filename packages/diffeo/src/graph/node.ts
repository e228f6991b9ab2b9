/**
 * @file The graph: a mapping from tensors to tensors, written down. A node is one application of a primitive; its
 * inputs are nodes. Nodes are immutable but for `storage`, where the runtime keeps a value it has computed.
 */
import type { Cell } from './cell.ts'
import type { BinaryOp, Combine, UnaryOp } from '../expr/types.ts'
import type { DType } from './dtype.ts'
import { currentOrigin, type Origin } from './origin.ts'
import type { NodeStorage, Shape } from './storage.ts'

export type { NodeStorage, Shape }

/** What is known of a value before it is computed. */
export interface Aval {
  readonly shape: Shape
  readonly dtype: DType
}

export type { BinaryOp, Combine, UnaryOp }

/** Windows over the last `size.length` axes; positions outside the input are not there (max: −∞, add: 0). */
export interface WindowAttrs {
  readonly size: readonly number[]
  readonly stride: readonly number[]
  /** [before, after] an axis; negative never. */
  readonly pad: readonly (readonly [number, number])[]
  readonly dilation: readonly number[]
}

/**
 * Convolution (cross-correlation) of `[batch, in, ...space]` with `[out, in/groups, ...window]`, giving
 * `[batch, out, ...space]`. `dilateInput` inserts zeros between input elements, `pad` may be negative (it crops).
 */
export interface ConvAttrs {
  readonly stride: readonly number[]
  readonly pad: readonly (readonly [number, number])[]
  readonly dilateInput: readonly number[]
  readonly dilateKernel: readonly number[]
  readonly groups: number
}

/** `dot`: out = [...batch, ...free axes of a, ...free axes of b], each in its operand's order. */
export interface DotAttrs {
  readonly batch: readonly (readonly [number, number])[]
  readonly contract: readonly (readonly [number, number])[]
}

/**
 * What a kernel written for a composite's name must know of its body beside the shapes. A composite that has them takes
 * any number of axes in front, each input its size or 1: so it keeps its name when it is batched.
 */
export type CompositeOptions = Readonly<Record<string, number | boolean>>

type NoAttrs = Record<never, never>

/** The attributes of each primitive. */
export type Attrs = {
  /** The same value in every element. `argument`: a number of the user's, kept out of a program's structure. */
  constant: { readonly value: number; readonly argument?: boolean }
  /** A value that is there: `storage` is set. */
  buffer: NoAttrs
  /** The value of a cell as it was at `version`. */
  read: { readonly cell: Cell; readonly version: number }
  /** Element i along `axis` is i. */
  iota: { readonly axis: number }
  /**
   * uint32 bits of the Threefry-2x32 generator: element n is a function of (key, counter + n) alone. Inputs: key [2]
   * uint32, counter [2] uint32 (lo, hi).
   */
  randomBits: NoAttrs
  placeholder: { readonly index: number }
  /** Inputs of the same shape and dtype (less and equal give bool; where takes bool first). */
  where: NoAttrs
  cast: NoAttrs
  /** `behind`: of a barrier that keeps it apart, whose token is a second input. */
  bitcast: { readonly behind?: number }
  reshape: NoAttrs
  /** Axes of size 1 are repeated to the output's size; the rank stays. */
  expand: NoAttrs
  /** Output axis i is input axis perm[i]. */
  permute: { readonly perm: readonly number[] }
  /** Elements start, start + step, … below stop; steps are positive. */
  slice: { readonly start: readonly number[]; readonly stop: readonly number[]; readonly step: readonly number[] }
  /** `value` before and after; `inner` of it between elements; negative before or after crops. */
  pad: {
    readonly pads: readonly (readonly [number, number])[]
    readonly inner: readonly number[]
    readonly value: number
  }
  flip: { readonly axes: readonly number[] }
  concat: { readonly axis: number }
  /** Inputs: x, then one int32 scalar an axis; starts are clamped so that the slice lies inside. */
  dynamicSlice: { readonly size: readonly number[] }
  /** Inputs: x, update, then one int32 scalar an axis; clamped likewise. */
  dynamicUpdate: NoAttrs
  /** The reduced axes are dropped. */
  reduce: { readonly combine: Combine; readonly axes: readonly number[] }
  /** int32 position of the first greatest (least) element; a NaN counts as greatest (least). The axis is dropped. */
  argReduce: { readonly combine: 'max' | 'min'; readonly axis: number }
  cumulative: { readonly combine: Combine; readonly axis: number; readonly reverse: boolean }
  dot: DotAttrs
  conv: ConvAttrs
  reduceWindow: WindowAttrs & { readonly combine: Combine }
  /** int32 number, inside the window (row-major), of its first greatest (least) element. */
  argReduceWindow: WindowAttrs & { readonly combine: 'max' | 'min' }
  /** Inputs x, which: out = the element of each window that `which` names. */
  takeWindow: WindowAttrs
  /** Inputs g, which: the transpose of takeWindow; `shape` is x's. */
  putWindow: WindowAttrs
  /**
   * Inputs x, index (int32; same rank; an axis other than `axis` is x's size or 1): out[i] = x[i, with index[i] on
   * `axis`]. Out of range is an error at run time; `check` says what that means where the index tests something.
   */
  gather: { readonly axis: number; readonly check?: string }
  /** Inputs x, index, updates (shaped as gather's output): x with updates added or set at index. */
  scatter: { readonly axis: number; readonly mode: 'add' | 'set' }
  /** int32 permutation that sorts along the last axis, ascending, stable, NaN last. */
  argSort: NoAttrs
  /** A loop over the leading axis. `body` maps (carry…, slices…, consts…) to (carry…, ys…). */
  scan: {
    readonly body: Graph
    readonly carries: number
    readonly sequences: number
    readonly length: number
    readonly reverse: boolean
  }
  /**
   * A named composite: the body is its meaning; `gradient` maps (inputs…, outputs…, cotangents…) to input cotangents.
   * It may be a function that writes it, always the same, when it is asked for: such a rule may be in terms of the
   * composite itself.
   */
  call: {
    readonly name: string
    readonly body: Graph
    readonly gradient?: Graph | (() => Graph)
    readonly jvpAllowed?: boolean
    /** The gradient is made of ops that are linear in the cotangents: forward mode is its transpose, not the body's. */
    readonly linearGradient?: boolean
    readonly options?: CompositeOptions
  }
  /** Output `index` of a primitive with several outputs (scan, call, barrier). */
  pick: { readonly index: number }
  /** Identity of all inputs but the last, which is a token: nothing passes it in simplification or interning. */
  barrier: { readonly id: number }
  stopGradient: NoAttrs
} & { [P in UnaryOp | BinaryOp]: NoAttrs }

export type Op = keyof Attrs

/** A closed mapping: `inputs` are its placeholders. */
export interface Graph {
  readonly inputs: readonly Node[]
  readonly outputs: readonly Node[]
}


export class Node<P extends Op = Op> implements Aval {
  readonly op: P
  readonly inputs: readonly Node[]
  readonly attrs: Attrs[P]
  readonly shape: Shape
  readonly dtype: DType
  /** What each output is, for primitives with several; `shape` and `dtype` are then the first's. */
  readonly outputs: readonly Aval[] | null
  /** The value, once it is there. */
  storage: NodeStorage | null = null
  /** The number of the last walk that met it: see walk.ts. */
  met = 0
  /** What the cuts of history note about it: see tensor/history.ts. (A WeakMap would take a third of a short call.) */
  cuts: unknown = null
  /** What it is part of: nothing that is computed depends on it. */
  origin: Origin | null = currentOrigin()

  constructor(op: P, inputs: readonly Node[], attrs: Attrs[P], out: Aval, outputs: readonly Aval[] | null = null) {
    this.op = op
    this.inputs = inputs
    this.attrs = attrs
    this.shape = out.shape
    this.dtype = out.dtype
    this.outputs = outputs
  }
}

/** Narrows a node to its primitive, so that `attrs` is typed. */
export function is<P extends Op>(node: Node, op: P): node is Node<P> {
  return (node as Node<Op>).op === op
}

export const sizeOf = (shape: Shape): number => {
  let n = 1
  for (const d of shape) n *= d
  return n
}
