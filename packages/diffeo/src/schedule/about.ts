/** @file What a group's kernels compute, in words: the shape of its result, and the module that it is part of. */
import type { Group } from './rules.ts'

export function aboutOf({ roots, contraction }: Group): string {
  const [root] = roots
  const origin = String((contraction ?? root).origin ?? root.origin ?? '')
  return `[${root.shape.join(',')}]${origin === '' ? '' : ` ${origin}`}`
}
