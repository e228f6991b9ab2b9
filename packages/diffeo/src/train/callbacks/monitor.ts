import { DataError } from '../../util/errors.ts'
import { nearest } from '../../util/options.ts'
import type { Training } from '../callback.ts'
import type { EpochRecord } from '../history.ts'

/**
 * 1 where less of a value is better, -1 where more is: as `mode` says, or its metric.
 * @throws DataError where neither does
 */
export function signOf(who: string, monitor: string, mode: 'min' | 'max' | undefined, training: Training): 1 | -1 {
  const more = mode === undefined ? training.higherIsBetter(monitor) : mode === 'max'
  if (more !== undefined) return more ? -1 : 1
  throw new DataError(
    `${who}: whether less or more of '${monitor}' is better is not known, since no metric of the run is called so: say mode: 'min' or 'max'`,
  )
}

/** The value to look at; null where an abort left it out. @throws DataError, naming what there is */
export function monitored(who: string, monitor: string, record: EpochRecord, training: Training): number | null {
  if (Object.hasOwn(record, monitor)) return record[monitor]
  if (training.aborted) return null
  const names = Object.keys(record)
  const meant = nearest(monitor, names)
  const missing = monitor.startsWith('val') && !names.some(name => name.startsWith('val'))
  const hint = meant ? `: did you mean '${meant}'?` : missing ? ' (fit was given no validation data?)' : ''
  throw new DataError(`${who}: there is no '${monitor}' to look at${hint}; there are ${names.join(', ')}`)
}
