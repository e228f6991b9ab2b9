/** @file What modules, optimizers and the trainer need of the tensor layer and users do not. */
export { isHalf } from '../graph/dtype.ts'
export { inOrigin, type Origin } from '../graph/origin.ts'
export { anomalyDetector, type Detector } from './anomaly.ts'
export { assignAll } from './cells.ts'
export { attend, weightsOf, type AttentionOptions } from './functions/scaled-dot-product.ts'
export {
  aboutArguments,
  cellsBehind,
  checkTensor,
  conv,
  erfinv,
  greatestOfWindows,
  inFloat32,
  reduceWindow,
  takeRows,
  updateRows,
  wide,
  type Combine,
  type ConvAttrs,
  type WindowAttrs,
} from './functions/nn.ts'
export { randomState, setRandomState, type RandomState } from './random.ts'
export { checkLoss } from './transforms/gradients.ts'
export { checkNoPromise, compiling, isTracing } from './scope.ts'
export { mapTensors, type Mapped } from './tree.ts'
