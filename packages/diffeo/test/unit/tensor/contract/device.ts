/**
 * @file Runs the tensor layer on the reference interpreter, or on the device that DIFFEO_DEVICE names
 * (test/runtime/contract does), and counts what is asked of it.
 */
import { installExecutor } from '../../../../src/graph/executor.ts'
import { makeExecutor } from '../../../runtime/support/executors.ts'

/** Nodes asked for, and mappings compiled. */
export const counts = { realized: 0, compiled: 0 }

export const device = process.env.DIFFEO_DEVICE || 'interp'

const executor = makeExecutor(device)
const realize = executor.realize.bind(executor)
const compile = executor.compile.bind(executor)
executor.realize = (nodes, updates, options) => {
  counts.realized += nodes.length
  realize(nodes, updates, options)
}
executor.compile = (graph, updates, name, place) => {
  counts.compiled++
  return compile(graph, updates, name, place)
}
installExecutor(executor)
