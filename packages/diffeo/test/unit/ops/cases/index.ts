/** @file The table: cases by family. A new primitive adds its file here. */
import type { Case } from '../support/case.ts'
import { binaryCases } from './binary.ts'
import { contractionCases } from './contraction.ts'
import { controlCases } from './control.ts'
import { cumulativeCases } from './cumulative.ts'
import { dynamicCases } from './dynamic.ts'
import { gatherCases } from './gather.ts'
import { movementCases } from './movement.ts'
import { randomCases } from './random.ts'
import { reduceCases } from './reduce.ts'
import { selectCases } from './select.ts'
import { sortCases } from './sort.ts'
import { sourceCases } from './source.ts'
import { unaryCases } from './unary.ts'
import { windowCases } from './window.ts'

export const cases: readonly Case[] = [
  ...sourceCases,
  ...unaryCases,
  ...binaryCases,
  ...selectCases,
  ...movementCases,
  ...reduceCases,
  ...gatherCases,
  ...sortCases,
  ...dynamicCases,
  ...cumulativeCases,
  ...randomCases,
  ...contractionCases,
  ...windowCases,
  ...controlCases,
]
