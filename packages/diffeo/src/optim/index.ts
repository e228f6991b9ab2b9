/** @file `optim`: optimizers, schedules, clipping. */
export { Adadelta, type AdadeltaOptions } from './adadelta.ts'
export { Adafactor, type AdafactorOptions } from './adafactor.ts'
export { Adagrad, type AdagradOptions } from './adagrad.ts'
export { Adam, type AdamOptions } from './adam.ts'
export { Adamax, type AdamaxOptions } from './adamax.ts'
export { AdamW } from './adamw.ts'
export { ASGD, type ASGDOptions } from './asgd.ts'
export {
  AveragedModel, getEmaAvgFn, getSwaAvgFn, type AverageFn, type AveragedModelOptions,
} from './averaged-model.ts'
export {
  clipGradNorm, clipGradsWithNorm, clipGradValue, getTotalNorm, type ClipNormOptions, type NormOptions,
} from './clip.ts'
export { EMA } from './ema.ts'
export type { DecayOptions, Group, GroupInput, GroupOptions } from './group.ts'
export { LAMB, type LAMBOptions } from './lamb.ts'
export { LBFGS, type LBFGSOptions, type LBFGSState } from './lbfgs.ts'
export { Lion, type LionOptions } from './lion.ts'
export { Muon, type MuonOptions } from './muon.ts'
export { NAdam, type NAdamOptions } from './nadam.ts'
export { Optimizer, type ClipOptions, type CommonOptions, type MinimizeOptions, type Trained } from './optimizer.ts'
export { RAdam, type RAdamOptions } from './radam.ts'
export { RMSprop, type RMSpropOptions } from './rmsprop.ts'
export { Rprop, type RpropOptions } from './rprop.ts'
export * from './schedules/index.ts'
export { SGD, type SGDOptions } from './sgd.ts'
export { updateBn } from './update-bn.ts'
export type { OptimizerState } from './state.ts'
