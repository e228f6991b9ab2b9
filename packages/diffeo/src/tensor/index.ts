/** @file The tensor layer as users see it. */
import '../ops/index.ts'

export { detectAnomaly, type Anomaly, type ValueRange } from './anomaly.ts'
export { Buffer, Parameter } from './cells.ts'
export {
  arange,
  concat,
  einsum,
  empty,
  eye,
  full,
  fullLike,
  linspace,
  meshgrid,
  ones,
  onesLike,
  stack,
  stopGradient,
  tensor,
  tril,
  triu,
  where,
  zeros,
  zerosLike,
} from './create.ts'
export type { NestedArray } from './convert.ts'
export { autocast } from './functions/autocast.ts'
export { slice, type Slice } from './functions/indexing.ts'
export * from './library/index.ts'
export { bernoulli, rand, randint, randn, randperm, seed } from './random.ts'
export { Tensor, type TensorLike } from './tensor.ts'
export type { DType, Half } from '../graph/dtype.ts'
export type { Device, TypedArray } from '../graph/executor.ts'
export { compile, type CompileOptions } from './compile/compile.ts'
export { explain, type Explanation, type KernelCost } from './explain.ts'
export { measurePeaks, profile, type KernelProfile, type Peaks, type Profile, type ProfileOptions } from './profile.ts'
export { checkpoint, customGradient, type CustomGradientOptions, type GradientRule } from './transforms/checkpoint.ts'
export { grad, hessian, jacobian, jvp, valueAndGrad, vjp, type Gradient } from './transforms/grad.ts'
export { gradients } from './transforms/gradients.ts'
export { scan, type ScanOptions } from './transforms/scan.ts'
export { vmap, type VmapOptions } from './transforms/vmap.ts'
export type { Tree } from './tree.ts'
