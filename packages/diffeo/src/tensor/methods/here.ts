/** @file Values that the shape of a result depends on: they are read while the program is written. */
import type { TypedArray } from '../../graph/executor.ts'
import { atUserLine } from '../../util/caller.ts'
import { TraceError } from '../../util/errors.ts'
import { innermost } from '../scope.ts'

/** The values now, or the error of asking for them in a trace; `instead` says what can be done there. */
export function valuesHere(t: { dataSync(): TypedArray }, what: string, instead: string): TypedArray {
  const scope = innermost()
  if (scope?.kind === 'compile') {
    throw new TraceError(
      `${what} inside compile('${scope.name}')${atUserLine()}: how many elements it gives is data, and a compiled ` +
        `mapping has fixed shapes. ${instead}`,
    )
  }
  return t.dataSync()
}
