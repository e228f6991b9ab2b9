/** @file Schedules of the learning rate. */
export { CosineAnnealingLR } from './cosine-annealing-lr.ts'
export { ExponentialLR } from './exponential-lr.ts'
export { LambdaLR } from './lambda-lr.ts'
export { MultiStepLR } from './multi-step-lr.ts'
export { OneCycleLR, type OneCycleOptions } from './one-cycle-lr.ts'
export { ReduceLROnPlateau, type PlateauOptions } from './reduce-lr-on-plateau.ts'
export { Schedule, type ScheduleState } from './schedule.ts'
export { StepLR } from './step-lr.ts'
