import { DataError } from '../../util/errors.ts'
import type { Training } from '../callback.ts'
import type { EpochRecord } from '../history.ts'

/** The value to look at; null where an abort left it out. @throws DataError, naming what there is */
export function monitored(who: string, monitor: string, record: EpochRecord, training: Training): number | null {
  if (Object.hasOwn(record, monitor)) return record[monitor]
  if (training.aborted) return null
  const hint = monitor.startsWith('val') ? ' (fit was given no validation data?)' : ''
  throw new DataError(`${who}: there is no '${monitor}' to look at${hint}; there are ${Object.keys(record).join(', ')}`)
}
