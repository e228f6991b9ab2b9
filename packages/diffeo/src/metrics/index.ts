/** @file `metrics`: update with each batch, compute, reset. */
export { Accuracy, type AccuracyOptions } from './accuracy.ts'
export { BalancedAccuracy, CohenKappa, MatthewsCorrelation, type CohenKappaOptions } from './agreement.ts'
export { AUROC } from './auroc.ts'
export type { Task, TaskOptions } from './classes.ts'
export { BLEU, type BLEUOptions } from './bleu.ts'
export { boxIoU, completeBoxIoU, distanceBoxIoU, generalizedBoxIoU } from './boxes.ts'
export { ChrF, type ChrFOptions } from './chrf.ts'
export { ConfusionMatrix, type ConfusionOptions } from './confusion-matrix.ts'
export {
  ExactMatch, HammingLoss, type Average, type Averaged, type AverageOptions, type MultilabelOptions,
} from './counts.ts'
export { AveragePrecision, PrecisionRecallCurve, ROC, type PrCurve, type RocCurve } from './curves.ts'
export { CharacterErrorRate, WordErrorRate } from './error-rate.ts'
export { Dice, F1, FBeta, Jaccard, Precision, Recall, Specificity, type FBetaOptions } from './f-score.ts'
export { Hinge, type HingeOptions } from './hinge.ts'
export { PSNR, SSIM, type ImageOptions, type SSIMOptions } from './image.ts'
export {
  MeanAveragePrecision, type Detections, type MeanAveragePrecisionOptions, type MeanAveragePrecisionResult,
  type Objects,
} from './mean-average-precision.ts'
export type { Metric, MetricState } from './metric.ts'
export {
  BrierScore, CalibrationError, LogLoss, Perplexity, type CalibrationErrorOptions, type PerplexityOptions,
  type ProbabilityOptions,
} from './probability.ts'
export { Kendall, Spearman } from './rank-correlation.ts'
export { ExplainedVariance, MAE, MAPE, MSE, Pearson, R2, RMSE, SMAPE } from './regression.ts'
export {
  HitRate, MAP, MRR, NDCG, PrecisionAtK, RecallAtK, type NDCGOptions, type RetrievalOptions,
} from './retrieval.ts'
export { RougeL, RougeN, type RougeLOptions, type RougeNOptions, type RougeScore } from './rouge.ts'
export type { AreaOptions, CurveOptions } from './score-columns.ts'
export type { References, TextMetric, Texts, Tokenizer } from './text.ts'
