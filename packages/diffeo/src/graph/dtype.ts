/** @file Data types: what an element is. */
import type { DType } from '../expr/types.ts'

export type { DType }

export const dtypeBytes: Record<DType, number> = {
  float32: 4, float64: 8, float16: 2, bfloat16: 2, int32: 4, uint32: 4, int8: 1, uint8: 1, bool: 1,
}

export const isFloat = (d: DType): boolean =>
  d === 'float32' || d === 'float64' || d === 'float16' || d === 'bfloat16'
/** The floating-point types of 16 bits. */
export type Half = 'float16' | 'bfloat16'
export const isHalf = (d: DType): d is Half => d === 'float16' || d === 'bfloat16'
export const isInteger = (d: DType): boolean => d === 'int32' || d === 'uint32' || d === 'int8' || d === 'uint8'
export const isUnsigned = (d: DType): boolean => d === 'uint32' || d === 'uint8' || d === 'bool'
