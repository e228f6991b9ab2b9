/** @file `metrics`: update with each batch, compute, reset. */
export { Accuracy, type AccuracyOptions } from './accuracy.ts'
export { AUROC } from './auroc.ts'
export type { Task, TaskOptions } from './classes.ts'
export { ConfusionMatrix } from './confusion-matrix.ts'
export { F1, Precision, Recall, type AverageOptions } from './f-score.ts'
export type { Metric } from './metric.ts'
export { MAE, MSE, R2 } from './regression.ts'
