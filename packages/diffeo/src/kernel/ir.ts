/**
 * @file The kernel IR: structured SSA. A function is a block of instructions; a loop or an `if` holds blocks of its
 * own, and what a loop carries from turn to turn is named explicitly. Vector width is a parameter: a value has
 * one lane or `target.lanes` lanes. Addresses are byte addresses of kind `int`, formed only from argument slots
 * and from arithmetic on verified shapes.
 */

/** What a value is: an address or count, or one or more lanes of data, or a lane mask. */
export type Kind = 'int' | 'f32' | 'i32' | 'mask'

/** How data lies in memory. A load widens `i8`, `u8` to the `i32` kind; a store keeps the low byte. */
export type MemType = 'f32' | 'i32' | 'u8' | 'i8'

export const memBytes: Record<MemType, number> = { f32: 4, i32: 4, u8: 1, i8: 1 }

export interface Value {
  readonly id: number
  readonly kind: Kind
  /** 1, or the target's lane count. Always 1 for `int`. */
  readonly lanes: number
  /** The instruction that computes it; null for function parameters, loop variables and carried values. */
  readonly def: Instr | null
}

/** The byte address `base + index · scale + disp`. */
export interface Address {
  readonly base: Value
  readonly index: Value | null
  readonly scale: 1 | 2 | 4 | 8
  readonly disp: number
}

export type IntOp = 'iadd' | 'isub' | 'imul' | 'idiv' | 'imod' | 'imin' | 'imax'
export type UnaryOp = 'neg' | 'abs' | 'sqrt' | 'floor' | 'ceil' | 'trunc' | 'round' | 'not'
export type BinaryOp =
  | 'add' | 'sub' | 'mul' | 'div'
  /** `min(a, b)` is `b < a ? b : a`; `max(a, b)` is `a < b ? b : a`: unordered operands give `a`. */
  | 'min' | 'max' | 'minU' | 'maxU'
  | 'and' | 'or' | 'xor' | 'shl' | 'shrS' | 'shrU'
/** Comparisons give masks. On f32 all but `ne` are false when an operand is NaN. */
export type CompareOp = 'eq' | 'ne' | 'lt' | 'le' | 'ltU' | 'leU'
/** f32→i32 truncates (out of range: unspecified); `u32ToF32` reads an i32 lane as unsigned. */
export type ConvertOp =
  | 'f32ToI32'
  | 'i32ToF32'
  | 'u32ToF32'
  | 'f32ToU32'
  | 'bitsToF32'
  | 'bitsToI32'
  | 'maskToI32'
  | 'i32ToMask'

export type Opcode =
  | 'iconst' // imm: int
  | 'arg' // imm: slot of the argument block, to which the function's first parameter points; an int (an address)
  | IntOp // ints are non-negative where divided; the divisor of idiv/imod is a constant in imm
  | 'const' // imm: a number of kind f32 or i32, lanes as the result says (all equal)
  | 'constMask' // imm 0 or 1
  | UnaryOp
  | BinaryOp // also on masks: and, or, xor
  | CompareOp
  | ConvertOp
  | 'select' // args mask, a, b: a where the mask is set
  | 'fma' // a·b + c; one rounding where the target has it, two where it has not
  | 'splat' // one lane to all lanes (f32, i32, mask)
  | 'fromInt' // int to an i32 of one lane
  | 'toInt' // an i32 of one lane to an int (sign extended)
  | 'iota' // i32 lanes 0, 1, 2, …
  | 'firstLanes' // args int n: mask of the lanes below n (targets with masks only)
  | 'any' // mask to an int, 1 when any lane is set
  | 'reduceAdd'
  | 'reduceMul'
  | 'reduceMin'
  | 'reduceMax'
  | 'reduceMinU'
  | 'reduceMaxU' // all lanes to one, in a fixed tree
  | 'load' // mem, address[, mask in args: unset lanes read nothing and give 0]
  | 'gather' // mem, address with lanes: address.base + args[0] (i32 lanes, element numbers ≥ 0) · memBytes + disp
  | 'store' // mem, address, args value[, mask]
  | 'loop' // see Loop
  | 'if' // args a, b (ints), cmp in `compare`: body, and orelse when there is one; no results
  | 'call' // callee, args ints; no result

export class Instr {
  readonly op: Opcode
  readonly args: readonly Value[]
  readonly imm: number
  result: Value | null = null
  mem: MemType | null = null
  address: Address | null = null
  loop: Loop | null = null
  branch: Branch | null = null
  callee: Fn | null = null
  constructor(op: Opcode, args: readonly Value[], imm = 0) {
    this.op = op
    this.args = args
    this.imm = imm
  }
}

/**
 * `for (v = start; v < end; v += step)`, start and end being the instruction's first two arguments and `inits` the
 * rest. May run zero times: then `results` are the inits.
 */
export interface Loop {
  readonly step: number
  readonly variable: Value
  readonly inits: readonly Value[]
  readonly carried: readonly Value[]
  readonly body: Block
  yields: readonly Value[]
  readonly results: readonly Value[]
}

export interface Branch {
  readonly compare: 'eq' | 'ne' | 'lt' | 'le'
  readonly body: Block
  readonly orelse: Block | null
}

export interface Block {
  readonly instrs: Instr[]
}

/** A function of int parameters. A kernel's entry takes (argument block, first, end, scratch). */
export interface Fn {
  readonly name: string
  readonly params: readonly Value[]
  readonly body: Block
  /** Values are numbered below this. */
  values: number
}

/** What code is generated for. Feature bits decide, never names. */
export interface Target {
  readonly isa: 'wasm' | 'avx512' | 'avx2'
  /** f32 lanes of a vector. */
  readonly lanes: number
  /** Whether loads, stores and `firstLanes` take masks. */
  readonly masks: boolean
  readonly fma: boolean
  /** Vector registers a kernel may count on. */
  readonly vectorRegisters: number
  /** Bytes of an address in the argument block. */
  readonly pointerBytes: number
}

/**
 * One iteration space, compiled. `entry(args, first, end, scratch)` does the turns [first, end) of `total`
 * independent ones; `args` points to the argument block, one address a slot, `scratch` to `scratchBytes` bytes
 * that belong to the calling thread, 64-byte aligned.
 */
export interface Kernel {
  readonly name: string
  readonly entry: Fn
  /** Functions that `entry` calls, callees first. */
  readonly callees: readonly Fn[]
  readonly slots: number
  readonly total: number
  readonly scratchBytes: number
  /** Counted from the iteration space; what `null` reports. */
  readonly flops: number
  readonly bytes: number
}
