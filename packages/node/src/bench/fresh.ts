/** @file The process that `cold` and `memory` are about: `node fresh.js cold|memory`. It prints when it is done. */
import { ownPeak } from './measure.ts'
import { workloads } from './workloads.ts'

const MEMORY_STEPS = 20

if (process.argv[2] === 'memory') {
  const step = workloads['resnet-step'].make()
  for (let i = 0; i < MEMORY_STEPS; i++) {
    step()
    await new Promise(setImmediate)
  }
  console.log(ownPeak())
} else {
  workloads['mlp-step'].make()()
  console.log('ready')
}
