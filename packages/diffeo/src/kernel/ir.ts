/**
 * @file The kernel IR: structured SSA. A function is a block of instructions; a loop or an `if` holds blocks of its
 * own, and what a loop carries from turn to turn is named explicitly. Vector width is a parameter: a value has
 * one lane, `target.lanes` lanes, or half as many where it meets 64-bit ones (a vector holds half as many of those).
 * Addresses are byte addresses of kind `int`, formed only from argument slots
 * and from arithmetic on verified shapes.
 */

/** What a value is: an address or count, or one or more lanes of data, or a lane mask. */
export type Kind = 'int' | 'f32' | 'i32' | 'f64' | 'i64' | 'mask'

/**
 * How data lies in memory. A load widens `i8`, `u8`, `u16` to the `i32` kind, and a store keeps the low bits. `f16` is
 * of the kind `f32` (targets with `f16` only); its store rounds to nearest even.
 */
export type MemType = 'f32' | 'i32' | 'f64' | 'f16' | 'u16' | 'u8' | 'i8'

export const memBytes: Record<MemType, number> = { f32: 4, i32: 4, f64: 8, f16: 2, u16: 2, u8: 1, i8: 1 }

/** The kind of what is loaded and stored. */
export const kindOfMem = (mem: MemType): 'f32' | 'i32' | 'f64' =>
  mem === 'f64' ? 'f64' : mem === 'f32' || mem === 'f16' ? 'f32' : 'i32'

/** Whether lanes have 64 bits: then a vector has half of `target.lanes`. */
export const isWide = (kind: Kind): boolean => kind === 'f64' || kind === 'i64'

export interface Value {
  readonly id: number
  readonly kind: Kind
  /** 1, the target's lane count or half of it. Always 1 for `int`; for `f64` and `i64` never the whole count. */
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
  /** f32 to the nearest float16, as an f32 (targets with `f16` only). */
  | 'roundF16'
export type BinaryOp =
  | 'add' | 'sub' | 'mul' | 'div'
  /** `min(a, b)` is `b < a ? b : a`; `max(a, b)` is `a < b ? b : a`: unordered operands give `a`. */
  | 'min' | 'max' | 'minU' | 'maxU'
  | 'and' | 'or' | 'xor' | 'shl' | 'shrS' | 'shrU'
  /** i64: the product of the operands' low words, unsigned. */
  | 'mulU'
/** Comparisons give masks. On floats all but `ne` are false when an operand is NaN. */
export type CompareOp = 'eq' | 'ne' | 'lt' | 'le' | 'ltU' | 'leU'
/**
 * Floats to i32 truncate (out of range: unspecified); `u32ToF32` reads an i32 lane as unsigned; `f64ToF32` rounds to
 * nearest even.
 */
export type ConvertOp =
  | 'f32ToI32'
  | 'i32ToF32'
  | 'u32ToF32'
  | 'f32ToU32'
  | 'bitsToF32'
  | 'bitsToI32'
  | 'maskToI32'
  | 'i32ToMask'
  | 'f32ToF64'
  | 'f64ToF32'
  | 'i32ToF64'
  | 'f64ToI32'
  | 'bitsToF64'
  | 'bitsToI64'

/** What a prefetch is for: a read soon, a read from the second cache, a write. */
export const Hint = { read: 0, second: 1, write: 2 } as const

export type Opcode =
  | 'iconst' // imm: int
  | 'arg' // imm: slot of the argument block, to which the function's first parameter points; an int (an address)
  | IntOp // ints are non-negative where divided; the divisor of idiv/imod is a constant in imm
  | 'const' // imm: a number of kind f32, i32, f64 or i64, lanes as the result says (all equal)
  | 'constMask' // imm 0 or 1
  | UnaryOp
  | BinaryOp // also on masks: and, or, xor
  | CompareOp
  | ConvertOp
  | 'select' // args mask, a, b: a where the mask is set
  | 'fma' // a·b + c; one rounding where the target has it, two where it has not
  /** Of two vectors of 32-bit lanes, a0 b0 a1 b1 … of their lower or upper halves: log2(lanes) rounds transpose. */
  | 'zipLo'
  | 'zipHi'
  | 'splat' // one lane to all lanes (data, mask)
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
  | 'prefetch' // address, which may lie anywhere; imm: a Hint. No result
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
  /** 32-bit lanes of a vector. */
  readonly lanes: number
  /** Whether loads, stores and `firstLanes` take masks. */
  readonly masks: boolean
  readonly fma: boolean
  /** Whether float16 is a memory type and a rounding. */
  readonly f16: boolean
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
  /** What it computes, in words, for people. */
  readonly about?: string
  readonly entry: Fn
  /** Functions that `entry` calls, callees first. */
  readonly callees: readonly Fn[]
  readonly slots: number
  readonly total: number
  /** Turns are handed out in multiples of so many, where a turn is one element; 1 when absent. */
  readonly grain?: number
  readonly scratchBytes: number
  /** Counted from the iteration space; what `null` reports. */
  readonly flops: number
  readonly bytes: number
  /** It copies one slot to another: it is not called where these are one buffer. */
  readonly copies?: readonly [from: number, to: number]
  /** For slots that it writes: those that it may read afterwards, so that they must not be one buffer. */
  readonly beside?: ReadonlyMap<number, ReadonlySet<number>>
}
