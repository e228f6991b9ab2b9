/** @file `autocast`: products of halves, whose sums are float32. */
import * as g from '../../graph/build.ts'
import { isHalf, type DType, type Half } from '../../graph/dtype.ts'
import type { Node } from '../../graph/node.ts'
import { configuration, observe } from '../../util/configuration.ts'
import { DTypeError } from '../../util/errors.ts'
import { whatIs } from '../../util/options.ts'

let chosen: Half | null = null

/**
 * Runs `f` so that matrix products, convolutions and what is made of them (`nn.Linear`, `nn.LSTM`, `einsum`, …) round
 * float32 operands to `dtype`; their sums, and all else, stay float32. Gradients with respect to operands are rounded
 * likewise, also where they are taken outside. Attention rounds its projections only.
 *
 * As PyTorch's `torch.autocast`, but for results, which are float32 and not rounded. It shows what a network loses in
 * 16 bits; it makes nothing faster on the backends there are. In float16 small gradients become 0: scale the loss.
 * @throws DTypeError if `dtype` is none of the two
 * @example
 * const loss = autocast('bfloat16', () => nn.crossEntropy(model.forward(x), y))
 */
export function autocast<T>(dtype: Half, f: () => T): T {
  if (!isHalf(dtype))
    throw new DTypeError(`autocast: the type is ${whatIs(dtype)}; it must be 'bfloat16' or 'float16'`)
  const before = chosen
  choose(dtype)
  try {
    return f()
  } finally {
    choose(before)
  }
}

function choose(dtype: Half | null): void {
  if (dtype !== chosen) configuration.changed()
  chosen = dtype
}

/** Operands of a product: of one type, and rounded where that is wanted. */
export function factors(a: Node, b: Node, dtype: DType): [Node, Node] {
  const half = observe(() => chosen)
  const factor = (x: Node): Node => {
    const cast = g.cast(x, dtype)
    return half === null || dtype !== 'float32' ? cast : g.cast(g.cast(cast, half), dtype)
  }
  return [factor(a), factor(b)]
}
