/** @file What a primitive is: one record, with every rule that the rest of the system walks by. */
import type { Index } from '../expr/index.ts'
import type { Expr, Exprs } from '../expr/scalar.ts'
import type { Attrs, Aval, Graph, Node, Op } from '../graph/node.ts'

/** A dense row-major array of the reference evaluator. Every dtype is held in float64 (uint32 and int32 are exact). */
export interface NDArray extends Aval {
  readonly data: Float64Array
}

/** Reads an operand at an index: one `Index` an axis. */
export type Operand = (index: readonly Index[]) => Expr

/**
 * The walks over graphs, passed to rules by whoever walks: the rules of primitives with a body (scan, call) walk it
 * with them; all others ignore them.
 */
export type EvaluateWalk = (graph: Graph, inputs: readonly NDArray[]) => readonly NDArray[]
export type GradientWalk =
  (outputs: readonly Node[], cotangents: readonly (Node | null)[], wrt: readonly Node[]) => (Node | null)[]
export type TangentWalk =
  (outputs: readonly Node[], inputs: readonly Node[], tangents: readonly (Node | null)[]) => (Node | null)[]
/** The graph on `size` examples at once; `batched` says which inputs (outputs) have the batch axis in front. */
export type BatchWalk =
  (graph: Graph, batched: readonly boolean[], size: number) => Batched
export interface Batched {
  readonly graph: Graph
  readonly batched: readonly boolean[]
}

export interface OpRecord<P extends Op> {
  /**
   * The output's shape and dtype (several for primitives with several outputs), or a ShapeError/DTypeError that says
   * what was found.
   */
  infer(inputs: readonly Aval[], attrs: Attrs[P], out: Partial<Aval>): Aval | readonly Aval[]
  /** The reference: exact in float64, written independently of `lower`. Rounding to the dtype is the caller's. */
  evaluate?(inputs: readonly NDArray[], node: Node<P>, walk: EvaluateWalk): NDArray | readonly NDArray[]
  /** Cotangents of the inputs, given the outputs' cotangents (null: zero); null where an input gets none. */
  vjp?(cotangents: readonly (Node | null)[], node: Node<P>, walk: GradientWalk): readonly (Node | null)[]
  /** Tangents of the outputs, given the inputs' tangents (null: zero); `back` is the walk of vjp. */
  jvp?(
    tangents: readonly (Node | null)[], node: Node<P>, walk: TangentWalk, back: GradientWalk,
  ): readonly (Node | null)[]
  /**
   * The primitive on inputs of which some have a batch axis in front (`batched[i]`); `inputs` are those inputs, of
   * `size` examples. Gives the outputs, each with the batch axis in front.
   */
  batch?(
    inputs: readonly Node[], batched: readonly boolean[], node: Node<P>, size: number, walk: BatchWalk,
  ): readonly Node[]
  /**
   * The element at `index` (one Index an axis of the output) as a scalar expression of the operands' elements. Absent
   * where the schedule has a routine for it.
   */
  lower?(e: Exprs, operands: readonly Operand[], index: readonly Index[], node: Node<P>): Expr
}

export type Records = { readonly [P in Op]: OpRecord<P> }
