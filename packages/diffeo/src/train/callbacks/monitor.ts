import { DataError } from '../../util/errors.ts'
import { nearest } from '../../util/options.ts'
import type { Training } from '../callback.ts'
import type { EpochRecord } from '../history.ts'

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
