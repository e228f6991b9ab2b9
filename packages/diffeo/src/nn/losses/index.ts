/** @file Losses: classes, and functions. */
export { BCELoss } from './bce-loss.ts'
export { BCEWithLogitsLoss } from './bce-with-logits-loss.ts'
export { CrossEntropyLoss } from './cross-entropy-loss.ts'
export { HuberLoss } from './huber-loss.ts'
export { KLDivLoss } from './kl-div-loss.ts'
export { L1Loss } from './l1-loss.ts'
export { MSELoss } from './mse-loss.ts'
export { NLLLoss } from './nll-loss.ts'
export { SmoothL1Loss } from './smooth-l1-loss.ts'
export {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  type BCEOptions,
  type BCEWithLogitsOptions,
} from './binary.ts'
export { crossEntropy, type CrossEntropyOptions } from './cross-entropy.ts'
export { huberLoss, l1Loss, mseLoss, smoothL1Loss } from './distance.ts'
export { klDiv, type KLDivOptions } from './kl-div.ts'
export { nllLoss, type NLLLossOptions } from './nll.ts'
export type { Reduction, ReductionOptions } from './reduction.ts'
