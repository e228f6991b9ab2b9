/** @file What training asks of a model, an optimizer, a loader and a metric: any that has these will do. */
import type { Tensor } from '../tensor/index.ts'
import { DiffeoError } from '../util/errors.ts'
import { whatIs } from '../util/options.ts'

export interface Model<In extends any[] = any[], Out = any> {
  forward(...inputs: In): Out
  readonly training: boolean
  train(): unknown
  eval(): unknown
  /** Itself and all below it, parents first. */
  modules(): Iterable<Pick<Model, 'training' | 'train' | 'eval'>>
  stateDict(): Record<string, Tensor>
  loadStateDict(state: Record<string, Tensor>): unknown
}

export interface Optimizer {
  lr: number
  minimize(loss: Tensor, options?: { clipNorm?: number; clipValue?: number }): unknown
  stateDict(): unknown
  loadStateDict(state: any): unknown
}

/** Batches to go through once an epoch; a loader that can tell and take its state resumes where it was. */
export interface Batches<B> extends AsyncIterable<B> {
  /** How many there are, where known. */
  readonly length?: number
  /** Where it is: read in the loop, it counts the batch at hand. */
  state?(): unknown
  /** The next pass goes on there. */
  loadState?(state: any): unknown
}

export interface Metric {
  /** What it is called in records: 'accuracy'. */
  readonly name?: string
  /** Whether more is better: what looks for the best epoch asks it. */
  readonly higherIsBetter?: boolean
  update(output: any, target: any): unknown
  compute(): unknown
  reset(): unknown
  /** What came since the last reset, as `Callback.stateDict`: with these two an epoch goes on in its middle. */
  stateDict?(): unknown
  loadStateDict?(state: any): unknown
}

/** A loss of output and target: a function, or a module as `nn.CrossEntropyLoss`. */
export type Loss<Out = any, T = any> =
  | ((output: Out, target: T) => Tensor)
  | { forward(output: Out, target: T): Tensor }

/** The loss as a function. @throws DiffeoError, saying what it is instead */
export function lossFunction(op: string, loss: Loss): (output: any, target: any) => Tensor {
  const isClass = typeof loss === 'function' && /^class\b/.test(Function.prototype.toString.call(loss))
  if (typeof loss === 'function' && !isClass) return loss
  if (typeof loss === 'object' && typeof loss?.forward === 'function') return (o, t) => loss.forward(o, t)
  const found = isClass ? 'a class: write new' : `${whatIs(loss)}`
  throw new DiffeoError(
    `${op}: loss is ${found}; it is a function of output and target, as nn.crossEntropy, or a module, as new nn.CrossEntropyLoss()`,
  )
}

/** The last of a batch: what the output is compared with. */
export type Target<B> = B extends readonly [...unknown[], infer Last] ? Last : any
