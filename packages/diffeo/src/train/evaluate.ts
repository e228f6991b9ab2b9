/** @file How good a model is on data, and what it says. */
import { Tensor, compile, concat, tensor, type TensorLike } from '../tensor/index.ts'
import { DataError, DiffeoError, ShapeError } from '../util/errors.ts'
import { checkOptions, type Names } from '../util/options.ts'
import { batchSizeOf, batchesOf, splitBatch, type BatchOf, type Data } from './batches.ts'
import { lossFunction, type Batches, type Loss, type Model, type Target } from './contract.ts'
import {
  computeMetrics,
  Means,
  namedMetrics,
  resetMetrics,
  updateMetrics,
  type MetricLike,
  type NamedMetric,
} from './measures.ts'
import { checkPrecision, inMode, inPrecision, type Precision } from './modes.ts'
import { Pace } from './pace.ts'

export interface EvaluateOptions<M extends Model, B> {
  loss?: Loss<Awaited<ReturnType<M['forward']>>, Target<B>>
  metrics?: readonly MetricLike[]
  /** Of data that is no loader yet; 256. */
  batchSize?: number
  signal?: AbortSignal
  /** Whether the forward pass is compiled; true. */
  compile?: boolean
  /** What the operands of products are rounded to (`autocast`); float32. */
  precision?: Precision
}

const optionNames: Names<EvaluateOptions<Model, any>> = {
  loss: true, metrics: true, batchSize: true, signal: true, compile: true, precision: true,
}
type Look = (inputs: any, target: any) => { output: any; loss: Tensor | null }

/** Compiled once for a model and a loss, not once a call. */
const looks = new WeakMap<Model, Map<Loss | undefined, Look>>()

function lookOf(model: Model, loss: Loss | undefined, compiled: boolean): Look {
  const lossOf = loss && lossFunction('evaluate', loss)
  const look: Look = (inputs, target) => {
    const output = model.forward(...inputs)
    return { output, loss: lossOf ? lossOf(output, target) : null }
  }
  if (!compiled) return look
  const known = looks.get(model) ?? new Map<Loss | undefined, Look>()
  looks.set(model, known)
  if (!known.has(loss)) {
    // functions made anew at each call must not pile up
    if (known.size > 8) known.clear()
    known.set(loss, compile(look))
  }
  return known.get(loss)!
}

/**
 * The mean loss and the metrics of a model over data, in eval mode.
 * @example const { loss, accuracy } = await evaluate(model, test, { loss: nn.crossEntropy, metrics: ['accuracy'] })
 */
export async function evaluate<M extends Model, D extends Data<any>>(
  model: M, data: D, options: EvaluateOptions<M, BatchOf<D>> = {},
): Promise<Record<string, number>> {
  checkOptions('evaluate', options, optionNames)
  if (!options.loss && !options.metrics?.length)
    throw new DiffeoError('evaluate: nothing to measure: give loss, metrics or both')
  checkPrecision('evaluate', options.precision)
  const batches = batchesOf<any>(data, { batchSize: options.batchSize ?? 256, shuffle: false }, 'evaluate')
  const metrics = namedMetrics(options.metrics)
  return inMode(model, 'eval', () => measure(model, batches, metrics, options))
}

async function measure(
  model: Model,
  batches: Batches<any>,
  metrics: readonly NamedMetric[],
  options: EvaluateOptions<any, any>,
): Promise<Record<string, number>> {
  const look = lookOf(model, options.loss, options.compile ?? true)
  const pace = new Pace()
  const means = new Means()
  resetMetrics(metrics)
  for await (const batch of batches) {
    options.signal?.throwIfAborted()
    const { inputs, target } = splitBatch(batch, 'evaluate')
    const found = inPrecision(options.precision, () => look(inputs, target))
    means.add(found.loss ? { loss: await found.loss.item() } : {}, batchSizeOf(batch))
    await updateMetrics(metrics, found.output, target)
    await pace.breathe()
  }
  if (means.examples === 0) throw new DataError('evaluate: the loader gave no batch')
  return { ...means.compute(), ...await computeMetrics(metrics) }
}

/**
 * The outputs of a model for all data, joined along the first axis, in eval mode. Data is one tensor of inputs, or
 * batches: of [...inputs, target], whose target is left aside, or of inputs alone (a tensor, or [input]).
 * @example const classes = (await predict(model, images)).argmax(1)
 */
export async function predict<M extends Model>(
  model: M,
  data: Data<any> | TensorLike,
  options: { batchSize?: number; compile?: boolean } = {},
): Promise<Tensor> {
  checkOptions('predict', options, { batchSize: true, compile: true })
  const { batchSize = 256, compile: compiled = true } = options
  const pace = new Pace()
  const look = lookOf(model, undefined, compiled)
  return inMode(model, 'eval', async () => {
    const outputs: Tensor[] = []
    for await (const inputs of inputBatches(data, batchSize)) {
      const { output } = look(inputs, null)
      if (!(output instanceof Tensor))
        throw new ShapeError('predict: the model gives more than one tensor: call model.forward for each batch')
      outputs.push(await output.detach().realize())
      await pace.breathe()
    }
    if (outputs.length === 0) throw new DataError('predict: there is no data')
    return outputs.length === 1 ? outputs[0] : concat(outputs, 0).realize()
  })
}

async function* inputBatches(data: Data<any> | TensorLike, batchSize: number): AsyncGenerator<unknown[]> {
  if (data instanceof Tensor || ArrayBuffer.isView(data) || (Array.isArray(data) && !(data[0] instanceof Tensor))) {
    const x = data instanceof Tensor ? data : tensor(data as TensorLike)
    if (x.rank === 0 || x.shape[0] === 0)
      throw new DataError(`predict: the inputs have shape [${x.shape.join(',')}]: there is no example`)
    if (x.shape[0] <= batchSize) yield [x]
    else for (const part of x.split(batchSize)) yield [part]
    return
  }
  for await (const batch of batchesOf(data as Data<any>, { batchSize, shuffle: false }, 'predict')) {
    yield Array.isArray(batch) ? batch.slice(0, Math.max(1, batch.length - 1)) : [batch]
  }
}
