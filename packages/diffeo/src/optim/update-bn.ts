/** @file Statistics of batch norms for weights that were never trained with. */
import { BatchNorm1d, BatchNorm2d, BatchNorm3d, type AnyModule } from '../nn/index.ts'
import { type Buffer, onesLike, Tensor, zerosLike } from '../tensor/index.ts'
import { assignAll } from '../tensor/internal.ts'
import { DataError } from '../util/errors.ts'
import { AveragedModel } from './averaged-model.ts'

type AnyBatchNorm = BatchNorm1d | BatchNorm2d | BatchNorm3d
const isBatchNorm = (m: AnyModule): m is AnyBatchNorm & AnyModule =>
  m instanceof BatchNorm1d || m instanceof BatchNorm2d || m instanceof BatchNorm3d

/** The input of a batch: itself, or its first part. */
function inputOf(batch: unknown): Tensor {
  const input: unknown = Array.isArray(batch) ? batch[0] : batch
  if (input instanceof Tensor) return input
  throw new DataError('updateBn: a batch must be a tensor, or a list that begins with one')
}

/** The batch norms with running statistics, and the names of their buffers in the model's state. */
function normsOf(model: AnyModule): [string, AnyBatchNorm][] {
  const averaged = model instanceof AveragedModel
  const named = (averaged ? model.inner : model).namedModules()
  return named.flatMap(([path, m]): [string, AnyBatchNorm][] =>
    isBatchNorm(m) && m.runningMean ? [[[...(averaged ? ['module'] : []), ...(path ? [path] : [])].join('.'), m]] : [])
}

/** Running statistics as they are before any batch. */
function reset(model: AnyModule, paths: readonly string[]): void {
  const buffers = new Map(model.namedBuffers())
  const made = { running_mean: zerosLike, running_var: onesLike, num_batches_tracked: zerosLike }
  assignAll(paths.flatMap(path => Object.entries(made).map(([key, fresh]): [Buffer, Tensor] => {
    const buffer = buffers.get(path ? `${path}.${key}` : key) as Buffer
    return [buffer, fresh(buffer)]
  })))
}

/**
 * Computes the running statistics of all batch norms anew, as means over the batches, with the weights as they are.
 * @param loader - batches, or lists that begin with the input
 * @param model - whose batch norms; often an AveragedModel
 * @example
 * const model = new nn.BatchNorm1d(1)
 * await optim.updateBn([tensor([[1], [3]]), tensor([[2], [10]])], model)
 * model.runningMean // [4]
 */
export async function updateBn(
  loader: Iterable<unknown> | AsyncIterable<unknown>, model: AnyModule,
): Promise<void> {
  const found = normsOf(model)
  if (found.length === 0) return
  const norms = found.map(([, m]) => m)
  const momenta = norms.map(m => m.momentum)
  const modes = model.modules().map((m): [AnyModule, boolean] => [m, m.training])
  const set = (m: { momentum: number | null }, momentum: number | null): void => { m.momentum = momentum }
  reset(model, found.map(([path]) => path))
  model.train()
  for (const m of norms) set(m, null)
  try {
    for await (const batch of loader) model.forward(inputOf(batch))
  } finally {
    norms.forEach((m, i) => set(m, momenta[i]))
    for (const [m, training] of modes) m.train(training)
  }
}
