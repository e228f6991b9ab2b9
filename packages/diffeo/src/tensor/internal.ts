/** @file What modules, optimizers and the trainer need of the tensor layer and users do not. */
export { assignAll } from './cells.ts'
export {
  cellsBehind, conv, reduceWindow, takeRows, type Combine, type ConvAttrs, type WindowAttrs,
} from './functions/nn.ts'
export { randomState, setRandomState, type RandomState } from './random.ts'
