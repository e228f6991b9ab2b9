/**
 * @file Open loops while a nest is emitted. A value is computed in the outermost frame that knows all it depends on.
 */
import type { Expr } from '../../expr/scalar.ts'
import type { Block, Value } from '../ir.ts'

/** One register for each unrolled turn of the vector loop; a single one where all turns agree. */
export type Registers = readonly Value[]

/** How a loop variable runs inside its frame. */
export interface Binding {
  /** The variable's value; in a vector loop its value in lane 0 of register 0. */
  readonly value: Value
  /** Lanes a register, registers a turn; null for a scalar loop. */
  readonly vector: Vector | null
}

export interface Vector {
  readonly lanes: number
  readonly unroll: number
  /** Lanes in use in a tail. */
  readonly mask: Value | null
}

export class Frame {
  readonly block: Block
  readonly bindings = new Map<number, Binding>()
  readonly values = new Map<Expr, Registers>()
  /** Values whose loads were clamped because a condition guards them. */
  readonly guarded = new Map<Expr, Registers>()
  readonly ints = new Map<string, Value>()
  /** Scalars of this frame, in all lanes. */
  readonly splats = new Map<Value, Value>()

  constructor(block: Block) { this.block = block }
}
