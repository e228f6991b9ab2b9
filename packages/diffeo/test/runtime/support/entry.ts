/** @file What the child processes of these tests use, in one bundle. */
export * from '../../../src/index.node.ts'
export * as nn from '../../../src/nn/index.ts'
export * as optim from '../../../src/optim/index.ts'
export { executor } from '../../../src/graph/executor.ts'
