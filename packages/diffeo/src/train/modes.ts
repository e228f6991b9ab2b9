/** @file Train and eval mode, put back as they were found. */
import type { Model } from './contract.ts'

/** Runs `body` in the mode; afterwards each module is in the mode it was in. */
export async function inMode<R>(model: Model, mode: 'train' | 'eval', body: () => Promise<R>): Promise<R> {
  const found = [...model.modules()].map(m => [m, m.training] as const)
  model[mode]()
  try {
    return await body()
  } finally {
    // parents come first, so that each child's own mode is set last
    for (const [m, training] of found) if (m.training !== training) training ? m.train() : m.eval()
  }
}
