/** @file The table of all primitives: one record each. */
import { installInference } from '../graph/build.ts'
import type { Op } from '../graph/node.ts'
import { binaryRecords } from './binary.ts'
import { barrier, call, pick } from './call.ts'
import { conv } from './conv.ts'
import { cumulativeRecords } from './cumulative.ts'
import { dot } from './dot.ts'
import { dynamicRecords } from './dynamic.ts'
import { gatherRecords } from './gather.ts'
import { movementRecords } from './movement.ts'
import { randomRecords } from './random.ts'
import type { OpRecord, Records } from './record.ts'
import { reduceRecords } from './reduce.ts'
import { scan } from './scan.ts'
import { selectRecords } from './select.ts'
import { sortRecords } from './sort.ts'
import { sourceRecords } from './source.ts'
import { batchElementwise } from './support/batch.ts'
import { unaryRecords } from './unary.ts'
import { argReduceWindow, putWindow, reduceWindow, takeWindow } from './window.ts'

export const records = {
  ...sourceRecords,
  ...unaryRecords,
  ...binaryRecords,
  ...selectRecords,
  ...movementRecords,
  ...reduceRecords,
  ...gatherRecords,
  ...sortRecords,
  ...dynamicRecords,
  ...cumulativeRecords,
  ...randomRecords,
  dot,
  conv,
  reduceWindow,
  argReduceWindow,
  takeWindow,
  putWindow,
  call,
  pick,
  barrier,
  scan,
} satisfies Records

/** The record of a primitive that is not known by name. */
export const recordOf = (op: Op): OpRecord<Op> => (records as unknown as { [P in Op]: OpRecord<Op> })[op]

const elementwise: ReadonlySet<string> = new Set(
  Object.entries<OpRecord<never>>(records).flatMap(([op, record]) => (record.batch === batchElementwise ? [op] : [])),
)
/** Whether element i of the output depends on element i of each input alone. */
export const isElementwise = (op: Op): boolean => elementwise.has(op)

installInference((op, inputs, attrs, out) => recordOf(op).infer(inputs, attrs, out))
