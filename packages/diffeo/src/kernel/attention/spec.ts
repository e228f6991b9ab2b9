/**
 * @file Attention as kernels see it: where operands lie, which scores count, and how rows are blocked. A block of
 * queries lies along the lanes of vectors: scores are computed as k·qᵀ, one row a key, so that maxima and sums over the
 * keys are elementwise, and k and v are read where they lie.
 */
import type { MemType, Target } from '../ir.ts'
import type { BufferInfo } from '../nest.ts'

/** An operand in a slot. Strides in elements: one an axis in front, then of rows, then of columns. */
export interface Strided {
  readonly slot: number
  readonly offset: number
  readonly strides: readonly number[]
}

export interface Attention {
  readonly name: string
  readonly buffers: readonly BufferInfo[]
  /** Sizes of the axes in front, which operands may repeat (stride 0). */
  readonly batch: readonly number[]
  readonly queries: number
  readonly keys: number
  /** Columns of q and k, and of v. */
  readonly size: number
  readonly valueSize: number
  readonly scale: number
  readonly causal: boolean
  /** The columns of k, v and of what is written lie side by side. */
  readonly q: Strided
  readonly k: Strided
  readonly v: Strided
  readonly mask: (Strided & { readonly mem: MemType }) | null
  /** How many keys count, one a batch. */
  readonly length: Strided | null
}

export interface Forward extends Attention {
  readonly out: Strided
  /** [batch…, queries, 2]: what the row's exponentials were taken against, and their sum. */
  readonly totals: Strided
}

export interface Backward extends Attention {
  readonly out: Strided
  readonly totals: Strided
  /** The output's cotangent. */
  readonly cotangent: Strided
  readonly dq: Strided
  readonly dk: Strided
  readonly dv: Strided
}

/** How work is cut: a block of queries is `vectors` vectors wide, a register tile has `rows` rows. */
export interface Blocking {
  readonly lanes: number
  readonly vectors: number
  /** Queries of a block. */
  readonly width: number
  readonly rows: number
  /** Keys of a block: a multiple of `rows`. */
  readonly depth: number
}

export function blockingOf(a: Attention, target: Target): Blocking {
  const { lanes } = target
  const vectors = Math.min(2, Math.ceil(a.queries / lanes))
  const rows = target.vectorRegisters >= 32 ? 8 : 4
  return { lanes, vectors, width: vectors * lanes, rows, depth: 64 }
}

/** With a float mask scores are as they are; else they are in units of ln 2, so that their exponential is 2^score. */
export const unitOf = (a: Attention): number => (a.mask?.mem === 'f32' ? 1 : Math.LOG2E)

export const product = (numbers: readonly number[]): number => numbers.reduce((x, y) => x * y, 1)
