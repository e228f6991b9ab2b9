/** @file Runs on the reference interpreter. */
import { installExecutor } from '../../../src/graph/executor.ts'
import { InterpExecutor } from '../../../src/runtime/interp-executor.ts'

export const interp = new InterpExecutor()
installExecutor(interp)
