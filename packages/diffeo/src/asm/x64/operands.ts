/** General registers by hardware number. */
export type Gpr = number
/** Vector registers 0..31; 16 and up need EVEX. */
export type Vec = number
/** Mask registers 0..7; as a write mask k0 means "no mask". */
export type KReg = number
/** Vector width in bytes: xmm, ymm, zmm. Where operands differ in size it is that of the widest. */
export type Width = 16 | 32 | 64
export type Scale = 1 | 2 | 4 | 8
export type Label = number

export interface Mem {
  readonly base: Gpr
  readonly index?: Gpr
  readonly scale?: Scale
  readonly disp?: number
}

/** An address relative to the next instruction: what `rip` labels, plus `disp`. */
export interface RipMem {
  readonly rip: Label
  readonly disp?: number
}

export type Address = Mem | RipMem

/** Builds a Mem of one shape, which keeps property reads in the encoder fast. */
export const mem = (base: Gpr, disp = 0, index?: Gpr, scale: Scale = 1): Mem => ({ base, index, scale, disp })
export const ripMem = (rip: Label, disp = 0): RipMem => ({ rip, disp })

export const RAX = 0
export const RCX = 1
export const RDX = 2
export const RBX = 3
export const RSP = 4
export const RBP = 5
export const RSI = 6
export const RDI = 7
export const R8 = 8
export const R9 = 9
export const R10 = 10
export const R11 = 11
export const R12 = 12
export const R13 = 13
export const R14 = 14
export const R15 = 15

export type Condition =
  | 'o' | 'no' | 'b' | 'ae' | 'e' | 'ne' | 'be' | 'a' | 's' | 'ns' | 'p' | 'np' | 'l' | 'ge' | 'le' | 'g'

/** Condition codes, SDM volume 1 appendix B. */
export const conditionCodes: Readonly<Record<Condition, number>> = {
  o: 0, no: 1, b: 2, ae: 3, e: 4, ne: 5, be: 6, a: 7, s: 8, ns: 9, p: 10, np: 11, l: 12, ge: 13, le: 14, g: 15,
}
