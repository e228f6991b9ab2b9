import { MaskEncoder } from './mask.ts'

/**
 * Emits x86-64 machine code. With `evex` (AVX-512 F, BW, DQ and VL) an instruction is EVEX-encoded where it must be,
 * else VEX-encoded, which is shorter; without, whatever needs EVEX throws.
 */
export class Assembler extends MaskEncoder {}
