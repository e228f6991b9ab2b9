/** @file Reshape as a rewriting of indices. */
import { Index } from '../../expr/index.ts'
import { sizeOf, type Shape } from '../../graph/node.ts'

/**
 * The index, in an array of shape `to`, of the element at `index` of the same array shaped `from`. Runs of axes whose
 * products agree are treated on their own, so that an axis both shapes have keeps its index as it is.
 */
export function reshapeIndex(index: readonly Index[], from: Shape, to: Shape): Index[] {
  if (sizeOf(to) === 0) return to.map(() => Index.constant(0))
  const out: Index[] = []
  let f = 0
  let t = 0
  while (f < from.length || t < to.length) {
    let fEnd = f
    let tEnd = t
    let a = 1
    let b = 1
    do {
      if (a <= b && fEnd < from.length) a *= from[fEnd++]
      else b *= to[tEnd++]
    } while (a !== b)
    out.push(...delinearise(linearise(index.slice(f, fEnd), from.slice(f, fEnd)), to.slice(t, tEnd)))
    f = fEnd
    t = tEnd
  }
  return out
}

/** The row-major position of an index. */
export function linearise(index: readonly Index[], shape: Shape): Index {
  let out = Index.constant(0)
  for (let i = 0; i < index.length; i++) out = out.times(shape[i]).add(shape[i] === 1 ? Index.constant(0) : index[i])
  return out
}

function delinearise(position: Index, shape: Shape): Index[] {
  const big = shape.findIndex(d => d !== 1)
  const out = new Array<Index>(shape.length)
  let below = 1
  for (let i = shape.length - 1; i >= 0; i--) {
    const quotient = position.div(below)
    // the outermost needs no remainder: the position is below the product of all
    out[i] = shape[i] === 1 ? Index.constant(0) : i === big ? quotient : quotient.mod(shape[i])
    below *= shape[i]
  }
  return out
}
