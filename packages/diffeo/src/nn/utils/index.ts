/** @file `nn.utils`: what is done to layers and parameters. */
export {
  fuseConvBnEval, fuseConvBnWeights, fuseLinearBnEval, fuseLinearBnWeights, type Normalizing,
} from './fusion.ts'
export * as parametrizations from './parametrizations.ts'
export {
  isParametrized, ParametrizationList, registerParametrization, removeParametrizations, type Parametrization,
} from './parametrize.ts'
export * as prune from './prune.ts'
export * as rnn from './rnn.ts'
export { parametersToVector, vectorToParameters } from './vector.ts'
