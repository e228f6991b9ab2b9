// The vocabulary of the instruction tables, after the encoding lines of SDM volume 2
// (VEX.256.66.0F38.W0 98 /r …). Flags say what the line cannot.

/** Implied prefix. */
export const NP = 0
export const P66 = 1
export const PF3 = 2
export const PF2 = 3

/** Opcode map. */
export const M0F = 1
export const M38 = 2
export const M3A = 3

/** W of both encodings; WE: 0 (ignored) under VEX, 1 under EVEX, as for most double and quadword forms. */
export const W0 = 0
export const W1 = 1
export const WE = 2

// Tuple types (SDM volume 2, section 2.7.5), as the bytes they read: they give N of disp8*N.
/** The whole vector, half of it: embedded broadcast allowed. */
export const FULL = 0
export const HALF = 1
/** 1, 1/2, 1/4, 1/8 of the vector, no broadcast. */
export const MEM1 = 2
export const MEM2 = 3
export const MEM4 = 4
export const MEM8 = 5
/** A fixed number of bytes: B1 + log2 of it. */
export const B1 = 6
export const B2 = 7
export const B4 = 8
export const B8 = 9
export const B16 = 10
export const B32 = 11
/** vmovddup: 8, 32, 64 bytes. */
export const DUP = 12

/** Only VEX, only EVEX; else both. */
export const V = 1
export const E = 2
/** Vector length ignored, encoded as 0. */
export const LIG = 4
/** Needs an immediate. */
export const IMM = 8
/** The operand that may be memory must be a register, must be memory. */
export const REG = 16
export const MEM = 32
/** Allowed widths, where not all. */
export const X = 64
export const Y = 128
export const Z = 256
export const YZ = Y | Z
/** A register move whose load and store forms do the same. */
export const MOVE = 512

export interface Encoding {
  readonly pp: number
  readonly map: number
  readonly opcode: number
  readonly vexW: number
  readonly evexW: number
  readonly tuple: number
  readonly flags: number
  /** The /n of the ModRM reg field, where it is part of the opcode. */
  readonly digit: number
}

/** The forms that share a mnemonic. Operands are named in Intel's order, destination first. */
export interface Forms {
  /** reg, vvvv, rm */
  readonly rvm?: Encoding
  /** reg, rm: loads, unary operations, conversions */
  readonly rm?: Encoding
  /** rm, reg: stores, extractions, down-conversions */
  readonly mr?: Encoding
  /** vvvv, rm, imm8 with a digit in reg: shifts by an immediate */
  readonly vmi?: Encoding
  /** rm, vvvv, reg: masked stores of AVX, the other form of vmovss */
  readonly mvr?: Encoding
  /** reg (a mask under EVEX, a vector under VEX), vvvv, rm, predicate */
  readonly cmp?: Encoding
  readonly gather?: Encoding
  readonly scatter?: Encoding
}

const encoding = (
  pp: number, map: number, w: number, opcode: number, tuple: number, flags: number, digit = 0,
): Encoding => {
  const vexW = w === W1 ? 1 : 0
  const evexW = w === W0 ? 0 : 1
  return { pp, map, opcode, vexW, evexW, tuple, flags: flags & (X | YZ) ? flags : flags | X | YZ, digit }
}

export const rvm = (pp: number, map: number, w: number, opcode: number, tuple: number, flags = 0): Forms => ({
  rvm: encoding(pp, map, w, opcode, tuple, flags),
})
export const rm = (pp: number, map: number, w: number, opcode: number, tuple: number, flags = 0): Forms => ({
  rm: encoding(pp, map, w, opcode, tuple, flags),
})
export const mr = (pp: number, map: number, w: number, opcode: number, tuple: number, flags = 0): Forms => ({
  mr: encoding(pp, map, w, opcode, tuple, flags),
})
export const mvr = (pp: number, map: number, w: number, opcode: number, tuple: number, flags = 0): Forms => ({
  mvr: encoding(pp, map, w, opcode, tuple, flags),
})
export const cmp = (pp: number, map: number, w: number, opcode: number, tuple: number, flags = 0): Forms => ({
  cmp: encoding(pp, map, w, opcode, tuple, flags | IMM),
})
export const gather = (w: number, opcode: number): Forms => ({
  gather: encoding(P66, M38, w, opcode, w === W0 ? B4 : B8, MEM),
})
export const scatter = (w: number, opcode: number): Forms => ({
  scatter: encoding(P66, M38, w, opcode, w === W0 ? B4 : B8, MEM | E),
})
export const vmi = (w: number, opcode: number, digit: number, tuple: number, flags = 0): Forms => ({
  vmi: encoding(P66, M0F, w, opcode, tuple, flags | IMM, digit),
})
