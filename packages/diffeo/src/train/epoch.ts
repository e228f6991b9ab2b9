/** @file One epoch: its batches, its validation, its record. */
import { DataError, IndexError } from '../util/errors.ts'
import { randomState, setRandomState } from '../tensor/internal.ts'
import { batchSizeOf, splitBatch } from './batches.ts'
import { wholeNumbers, whyNotFinite } from './diagnose.ts'
import { DivergenceError } from './errors.ts'
import { evaluate } from './evaluate.ts'
import type { EpochRecord } from './history.ts'
import { Means, resetMetrics, updateMetrics } from './measures.ts'
import { inMode } from './modes.ts'
import type { Batches } from './contract.ts'
import { First } from './sources.ts'
import { startOf, type Session } from './session.ts'
import type { Outcome } from './step.ts'

/** Trains one epoch, or what is left of it; leaves the session at the next one, unless it was cut short. */
export async function trainEpoch(session: Session): Promise<void> {
  const { position } = session
  const started = performance.now() - position.seconds * 1000
  if (position.batch === 0) resetMetrics(session.metrics)
  const skip = session.resumed?.skip ?? 0
  if (skip === 0) session.restoreRandom()
  session.mark()
  await session.call('onEpochBegin')
  const whole = await trainBatches(session, skip)
  position.seconds = (performance.now() - started) / 1000
  if (!whole) return
  const back = session.average?.swap()
  try {
    const record: EpochRecord = {
      epoch: position.epoch,
      lr: session.optimizer.lr,
      ...(await session.means()),
      ...(await validate(session, session.validation)),
      seconds: 0,
    }
    record.seconds = (performance.now() - started) / 1000
    session.history.epochs.push(record)
    await session.call('onEpochEnd', record)
  } finally {
    back?.()
  }
  session.position = startOf(position.epoch + 1)
  session.mark()
  await session.save()
}

/** Whether the epoch came to its end. */
async function trainBatches(session: Session, skip: number): Promise<boolean> {
  let seen = 0
  for await (const batch of session.data) {
    if (seen++ < skip) {
      // the next batch may draw: these are the numbers it drew
      if (seen === skip) session.restoreRandom()
      continue
    }
    if (session.isOver()) return false
    await session.call('onBatchBegin')
    await trainOn(session, batch)
    session.mark()
    if (session.isSaveDue) await session.save()
    await session.pace.breathe()
  }
  if (seen === 0 && session.batch === 0)
    throw new DataError(
      `fit: the loader gave no batch in epoch ${session.epoch}: an iterator that is used up cannot be gone through twice, and with dropLast a batch must not be larger than the data`,
    )
  return true
}

async function trainOn(session: Session, batch: unknown): Promise<void> {
  const { position, history } = session
  const anomaly = await session.trained.findAnomaly?.(batch)
  if (anomaly)
    throw new DivergenceError(
      `fit: ${String(anomaly)}. That was found in ${placeOf(session)}, before it changed a parameter`,
      { cause: anomaly },
    )
  const outcome = await stepOn(session, batch)
  const scalars = await numbers(outcome)
  if (!Number.isFinite(scalars.loss))
    throw new DivergenceError(
      `fit: the loss is ${scalars.loss} in ${placeOf(session)}. ${await whyNotFinite(batch, session)}`,
    )
  history.steps++
  position.batch++
  position.means.add(scalars, batchSizeOf(batch))
  if (session.metrics.length > 0) await updateMetrics(session.metrics, outcome.output, splitBatch(batch, 'fit').target)
  await session.call('onBatchEnd', scalars.loss)
}

/** @throws DataError that says where, and what whole numbers there were, if one of them is no index */
async function stepOn(session: Session, batch: unknown): Promise<Outcome> {
  try {
    return session.trained.run(batch)
  } catch (error) {
    if (!(error instanceof DataError)) throw error
    const ranges = error instanceof IndexError ? await wholeNumbers(batch, 'batch') : []
    const found = ranges.length > 0 ? `: ${ranges.join(', ')}` : ''
    throw new DataError(`${error.message} That was in ${placeOf(session)}${found}.`, { cause: error })
  }
}

function placeOf({ epoch, batch, batches, step }: Session): string {
  return `epoch ${epoch}, batch ${batch + 1}${batches ? ` of ${batches}` : ''} (step ${step + 1})`
}

async function numbers({ scalars }: Outcome): Promise<Record<string, number>> {
  const values: Record<string, number> = {}
  for (const [name, t] of Object.entries(scalars)) values[name] = await t.item()
  return values
}

const prefixed = (values: Record<string, number>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`val${name.charAt(0).toUpperCase()}${name.slice(1)}`, value]),
  )

/** Looks at some batches of validation before anything is trained: what is wrong with it shows at once. */
export async function checkValidation(session: Session): Promise<void> {
  const { validation, options: { sanityBatches }, history } = session
  if (!validation || !sanityBatches || history.steps > 0) return
  const [random, loader] = [randomState(), validation.state?.()]
  await validate(session, new First(validation, sanityBatches))
  setRandomState(random)
  if (loader !== undefined) validation.loadState?.(loader)
}

async function validate(
  session: Session, validation: Batches<any> | undefined,
): Promise<Record<string, number>> {
  const { model, options } = session
  // an abort does not wait for it
  if (!validation || isAborted(session)) return {}
  try {
    if (options.step) return prefixed(await inMode(model, 'eval', () => lookThrough(session, validation)))
    const { loss, metrics, signal, compile, precision } = options
    return prefixed(await evaluate(model, validation, { loss, metrics, signal, compile, precision }))
  } catch (error) {
    if (isAborted(session)) return {}
    throw error
  }
}

const isAborted = (session: Session): boolean => session.isOver() && session.aborted

/** Validation by the step itself: its loss and what it logs. */
async function lookThrough(session: Session, validation: Batches<any>): Promise<Record<string, number>> {
  const means = new Means()
  for await (const batch of validation) {
    session.options.signal?.throwIfAborted()
    means.add(await numbers(session.lookAt(batch)), batchSizeOf(batch))
    await session.pace.breathe()
  }
  return means.compute()
}
