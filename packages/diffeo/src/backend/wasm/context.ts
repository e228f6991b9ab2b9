/** @file What the emitters of single instructions ask of the function they stand in. */
import type { Code, ValType } from '../../asm/wasm/index.ts'
import type { Fn, Value } from '../../kernel/ir.ts'
import type { Locals } from './locals.ts'

export interface FunctionOptions {
  readonly relaxed: boolean
  indexOf(callee: Fn): number
}

export interface Context {
  readonly code: Code
  readonly locals: Locals
  readonly options: FunctionOptions
  /** The local of the argument block. */
  readonly argumentBlock: number
  /** Pushes a value. */
  push(value: Value): void
  isInline(value: Value): boolean
  /** Leaves the top of the stack there and in a fresh local. */
  tee(type: ValType): number
}
