/** @file Training. */
export type { Callback, Training } from './callback.ts'
export { CSVLogger } from './callbacks/csv-logger.ts'
export { EarlyStopping, type EarlyStoppingOptions } from './callbacks/early-stopping.ts'
export {
  LearningRateScheduler, type Rate, type Scheduler, type SchedulerOptions,
} from './callbacks/learning-rate-scheduler.ts'
export { ModelCheckpoint, type ModelCheckpointOptions } from './callbacks/model-checkpoint.ts'
export { Profiler, type ProfilerOptions } from './callbacks/profiler.ts'
export { ProgressBar, type ProgressBarOptions } from './callbacks/progress-bar.ts'
export type { BatchOf, Data } from './batches.ts'
export type { Batches, Metric, Model, Optimizer } from './contract.ts'
export { DivergenceError } from './errors.ts'
export { evaluate, predict, type EvaluateOptions } from './evaluate.ts'
export { findLearningRate, type RateRange, type RateSearch } from './find-learning-rate.ts'
export { fit } from './fit.ts'
export { History, type Ending, type EpochRecord, type HistoryData } from './history.ts'
export type { FitOptions, StepResult } from './options.ts'
