/** @file `fit`: training from data to history. */
import { seed } from '../tensor/index.ts'
import { fileSystem } from '../io/file-system.ts'
import { DataError } from '../util/errors.ts'
import type { BatchOf, Data } from './batches.ts'
import { loadCheckpoint } from './checkpoint.ts'
import type { Model } from './contract.ts'
import type { History } from './history.ts'
import { inMode } from './modes.ts'
import { checkFit, quickly, type FitOptions } from './options.ts'
import { Session } from './session.ts'
import { sourcesOf } from './sources.ts'
import { checkValidation, trainEpoch } from './epoch.ts'

/**
 * Trains a model: batches through one compiled step, validation, metrics and callbacks around it.
 *
 * Exactly one of `loss` (a function of output and target, or a module as nn.CrossEntropyLoss; a batch is [...inputs,
 * target]) and `step` (of model and batch) is given. The model is in training mode meanwhile, and afterwards in the
 * mode it was in. An abort or a callback's `stop` ends it cleanly with the history so far; a loss that is no finite
 * number is a DivergenceError.
 *
 * @example
 * const history = await fit(model, loader, {
 *   loss: nn.crossEntropy, optimizer, epochs: 5, validation, metrics: ['accuracy'], callbacks: [new ProgressBar()],
 * })
 */
export async function fit<M extends Model, D extends Data<any>>(
  model: M,
  data: D,
  given: FitOptions<M, BatchOf<D>>,
): Promise<History> {
  checkFit(model, given)
  const options = (given.fastDevRun ? quickly(given) : given) as FitOptions<any, any>
  if (options.seed !== undefined) seed(options.seed)
  const { batches, validation } = sourcesOf(data, options)
  const session = new Session(model, batches, validation, options)
  await checkFolder(options)
  await resume(session)
  return inMode(model, 'train', () => run(session))
}

/** @throws DataError where the folder of a new run has the checkpoint of another */
async function checkFolder({ run: folder, resume: goesOn }: FitOptions<any, any>): Promise<void> {
  if (!folder || goesOn || !(await fileSystem('run').exists(`${folder}/checkpoint.safetensors`))) return
  throw new DataError(
    `fit: '${folder}' holds a run already: go on with it (resume: true), or choose another folder`,
  )
}

async function resume(session: Session): Promise<void> {
  const path = await checkpointToResume(session.options)
  if (!path) return
  const found = await loadCheckpoint(path, session)
  session.history = found.history
  session.position = found.position
  const seeks = found.loader !== null && session.data.loadState !== undefined
  if (seeks) session.data.loadState!(found.loader)
  session.resumed = { skip: seeks ? 0 : found.position.batch, random: found.random }
}

async function checkpointToResume({ resume: wanted, run: folder }: FitOptions<any, any>): Promise<string | null> {
  if (typeof wanted === 'string') return wanted.endsWith('.safetensors') ? wanted : `${wanted}/checkpoint.safetensors`
  if (!wanted) return null
  const path = `${folder}/checkpoint.safetensors`
  return await fileSystem('resume').exists(path) ? path : null
}

async function run(session: Session): Promise<History> {
  const { options, history } = session
  if (options.run) {
    const files = fileSystem('run')
    await files.makeFolder(options.run)
    await files.removeTemporaries(options.run)
  }
  // of a run that is resumed: how it ended before
  Object.assign(history, { ending: 'running', reason: '' })
  try {
    await checkValidation(session)
    await session.call('onTrainBegin')
    // of a run that was over: what comes after it draws what it would have drawn
    if (session.epoch > options.epochs) session.restoreRandom()
    while (session.epoch <= options.epochs && !session.isOver()) await trainEpoch(session)
    history.ending = session.ending?.ending ?? 'finished'
    history.reason = session.ending?.reason ?? ''
    // what was cut short can go on; after a whole epoch this was saved already
    if (session.ending || history.epochs.length === 0) await session.save()
    else await session.saveHistory()
    session.average?.swap()
  } finally {
    await session.call('onTrainEnd')
  }
  return history
}
