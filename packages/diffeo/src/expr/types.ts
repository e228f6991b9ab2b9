/** @file The words of the scalar language: what an element is, and what can be computed of elements. */

export type DType =
  | 'float32' | 'float64' | 'float16' | 'bfloat16'
  | 'int32' | 'uint32' | 'int8' | 'uint8' | 'bool'

export type UnaryOp =
  | 'neg' | 'reciprocal' | 'sqrt' | 'exp' | 'exp2' | 'expm1' | 'log' | 'log2' | 'log1p'
  | 'sin' | 'cos' | 'tanh' | 'erf' | 'floor' | 'trunc' | 'round' | 'not'
export type BinaryOp =
  | 'add' | 'mul' | 'div' | 'maximum' | 'minimum' | 'idiv' | 'mod' | 'pow'
  | 'less' | 'equal' | 'and' | 'or' | 'xor' | 'shl' | 'shr'
export type Combine = 'add' | 'mul' | 'max' | 'min'
