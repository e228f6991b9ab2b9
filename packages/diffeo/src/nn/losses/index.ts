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
export {
  AdaptiveLogSoftmaxWithLoss, type AdaptiveLogSoftmaxOptions, type AdaptiveLogSoftmaxOutput,
} from './adaptive-log-softmax.ts'
export { CosineEmbeddingLoss, cosineEmbeddingLoss, type CosineEmbeddingOptions } from './cosine-embedding.ts'
export { CTCLoss, ctcLoss, type CTCOptions } from './ctc.ts'
export type { Lengths as CTCLengths } from './ctc-targets.ts'
export { DiceLoss, diceLoss, type DiceOptions } from './dice.ts'
export { FocalLoss, focalLoss, type FocalOptions } from './focal.ts'
export { GaussianNLLLoss, gaussianNLLLoss, type GaussianNLLOptions } from './gaussian-nll.ts'
export { HingeEmbeddingLoss, hingeEmbeddingLoss, type HingeEmbeddingOptions } from './hinge-embedding.ts'
export { infoNCE, InfoNCELoss, type InfoNCEOptions } from './info-nce.ts'
export {
  linearCrossEntropy, LinearCrossEntropyLoss, type LinearCrossEntropyLossOptions, type LinearCrossEntropyOptions,
} from './linear-cross-entropy.ts'
export { MarginRankingLoss, marginRankingLoss, type MarginRankingOptions } from './margin-ranking.ts'
export { MultiLabelMarginLoss, multilabelMarginLoss } from './multi-label-margin.ts'
export {
  MultiLabelSoftMarginLoss,
  multilabelSoftMarginLoss,
  type MultiLabelSoftMarginOptions,
} from './multi-label-soft-margin.ts'
export { MultiMarginLoss, multiMarginLoss, type MultiMarginOptions } from './multi-margin.ts'
export { PoissonNLLLoss, poissonNLLLoss, type PoissonNLLOptions } from './poisson-nll.ts'
export { SoftMarginLoss, softMarginLoss } from './soft-margin.ts'
export {
  TripletMarginLoss,
  tripletMarginLoss,
  type TripletMarginOptions,
  TripletMarginWithDistanceLoss,
  tripletMarginWithDistanceLoss,
  type TripletMarginWithDistanceOptions,
} from './triplet-margin.ts'
export type { Reduction, ReductionOptions } from './reduction.ts'
