/** @file One step of each recurrent network, from what its input contributes: the products with the input come in. */
import type { Tensor } from '../../tensor/index.ts'
import { linear } from './linear.ts'

/** The weights of the state's part of a step. */
export interface StateWeights {
  /** `[gates·hidden, output]` */
  readonly weight: Tensor
  readonly bias: Tensor | null
  /** LSTM with a projection: `[projected, hidden]`. */
  readonly projection?: Tensor | null
}

export type Nonlinearity = 'tanh' | 'relu'

/** h′ = tanh(x + W·h + b), x being the input's part, `[batch, hidden]`. */
export function rnnStep(x: Tensor, h: Tensor, { weight, bias }: StateWeights, by: Nonlinearity = 'tanh'): Tensor {
  const sum = x.add(linear(h, weight, bias))
  return by === 'tanh' ? sum.tanh() : sum.relu()
}

/**
 * i, f, g, o = x + W·h + b, through σ, σ, tanh, σ; c′ = f·c + i·g; h′ = o·tanh(c′), times the projection if there is
 * one (Hochreiter & Schmidhuber 1997, with forget gate; Sak et al. 2014).
 */
export function lstmStep(x: Tensor, [h, c]: readonly [Tensor, Tensor], w: StateWeights): [Tensor, Tensor] {
  const gates = x.add(linear(h, w.weight, w.bias))
  const [i, f, g, o] = gates.chunk(4, gates.rank - 1)
  const cell = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()))
  const out = o.sigmoid().mul(cell.tanh())
  return [w.projection ? linear(out, w.projection) : out, cell]
}

/**
 * r, z = σ(x + W·h + b); n = tanh(xₙ + r·(Wₙ·h + bₙ)); h′ = n + z·(h − n) (Cho et al. 2014, with the reset gate behind
 * the product).
 */
export function gruStep(x: Tensor, h: Tensor, { weight, bias }: StateWeights): Tensor {
  const last = x.rank - 1
  const [xr, xz, xn] = x.chunk(3, last)
  const [hr, hz, hn] = linear(h, weight, bias).chunk(3, last)
  const [r, z] = [xr.add(hr).sigmoid(), xz.add(hz).sigmoid()]
  const n = xn.add(r.mul(hn)).tanh()
  return n.add(z.mul(h.sub(n)))
}
