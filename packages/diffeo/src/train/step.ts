/** @file One step of training, and one of evaluation, as mappings that can be compiled. */
import { Tensor, compile, type Anomaly } from '../tensor/index.ts'
import { anomalyDetector, checkNoPromise } from '../tensor/internal.ts'
import { Module } from '../nn/module.ts'
import type { EMA } from '../optim/index.ts'
import { checkRegistered, tensorsIn } from '../nn/summary.ts'
import { ShapeError } from '../util/errors.ts'
import { whatIs } from '../util/options.ts'
import type { Accumulation } from './accumulate.ts'
import { splitBatch } from './batches.ts'
import { lossFunction, type Model } from './contract.ts'
import { inPrecision } from './modes.ts'
import type { FitOptions } from './options.ts'

/** What comes out of a step: scalars by name, and the output where metrics want it. */
export interface Outcome { scalars: Record<string, Tensor>; output: any }
type Run = (batch: any) => Outcome

function checkScalar(name: string, t: unknown): Tensor {
  checkNoPromise(`fit: ${name}`, t)
  if (!(t instanceof Tensor))
    throw new ShapeError(`fit: ${name} is ${whatIs(t)}, not a tensor of one number`)
  if (t.size !== 1)
    throw new ShapeError(
      `fit: ${name} has shape [${t.shape.join(',')}]; it must be one number: end with mean() or sum()`,
    )
  return t
}

function forward(model: Model, options: FitOptions<any, any>, keepOutput: boolean, batch: any): Outcome {
  if (options.step) {
    const result = options.step(model, batch)
    checkNoPromise('fit: step', result)
    const scalars = result instanceof Tensor ? { loss: result } : { ...result }
    for (const [name, t] of Object.entries(scalars))
      checkScalar(name === 'loss' ? 'the loss' : `'${name}', logged by the step,`, t)
    checkScalar('the loss of the step', scalars.loss)
    return { scalars, output: null }
  }
  const { inputs, target } = splitBatch(batch, 'fit')
  const output = model.forward(...inputs)
  if (model instanceof Module) checkRegistered(model, tensorsIn(output))
  return {
    scalars: { loss: checkScalar('the loss', lossFunction('fit', options.loss)(output, target)) },
    output: keepOutput ? output : null,
  }
}

const plain = <F>(f: F): F => f

export interface TrainStep {
  readonly run: Run
  /** Looks at what `run` would do with the batch, and changes nothing; null where that is not wanted. */
  readonly findAnomaly: ((batch: any) => Promise<Anomaly | null>) | null
}

/** A step that trains. */
export function trainStep(
  model: Model, options: FitOptions<any, any>, accumulation: Accumulation | null, average: EMA | null,
): TrainStep {
  const { optimizer, clipNorm, clipValue } = options
  const clips = { ...(clipNorm === undefined ? {} : { clipNorm }), ...(clipValue === undefined ? {} : { clipValue }) }
  const keepOutput = (options.metrics?.length ?? 0) > 0
  const step = (batch: any, isDue: boolean): Outcome => {
    const outcome = inPrecision(options.precision, () => forward(model, options, keepOutput, batch))
    const { loss } = outcome.scalars
    if (accumulation) accumulation.minimize(loss, isDue, clips)
    else optimizer.minimize(loss, clips)
    if (isDue) average?.update()
    return outcome
  }
  const wrapped = options.compile === false ? step : compile(step)
  const look = options.detectAnomaly ? anomalyDetector(step) : null
  const isDue = (): boolean => accumulation?.isDue ?? true
  return {
    run: batch => {
      const outcome = wrapped(batch, isDue())
      accumulation?.next()
      return outcome
    },
    findAnomaly: look && (batch => look(batch, isDue())),
  }
}

/** A step that only looks: for validation by `step`. */
export function lookStep(model: Model, options: FitOptions<any, any>): Run {
  const wrap = options.compile === false ? plain : compile
  return wrap((batch: any): Outcome => inPrecision(options.precision, () => forward(model, options, false, batch)))
}
