import { convertTable } from './convert.ts'
import type { Forms } from './encoding.ts'
import { floatTable } from './float.ts'
import { fmaTable } from './fma.ts'
import { integerTable } from './integer.ts'
import { moveTable } from './move.ts'
import { shuffleTable } from './shuffle.ts'

const all = { ...floatTable, ...fmaTable, ...integerTable, ...convertTable, ...moveTable, ...shuffleTable }

/** Every vector mnemonic in the tables. */
export type VecOp = keyof typeof all

export const vectorTable: ReadonlyMap<string, Forms> = new Map<string, Forms>(Object.entries(all))
