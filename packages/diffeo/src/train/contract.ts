/** @file What training asks of a model, an optimizer, a loader and a metric: any that has these will do. */
import type { Tensor } from '../tensor/index.ts'

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
  minimize(loss: Tensor, options?: { clipNorm?: number }): unknown
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
  update(output: any, target: any): unknown
  compute(): unknown
  reset(): unknown
}

/** The last of a batch: what the output is compared with. */
export type Target<B> = B extends readonly [...unknown[], infer Last] ? Last : any
