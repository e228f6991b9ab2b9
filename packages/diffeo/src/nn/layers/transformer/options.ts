/** @file What the layers of encoder and decoder have in common. */
import type { Tensor } from '../../../tensor/index.ts'
import { DiffeoError } from '../../../util/errors.ts'
import { checkOptions, type Names } from '../../../util/options.ts'
import type { Member } from '../../tree.ts'
import { gelu, relu } from '../../functional/activation.ts'
import { madeOf, parameterNames, type ParameterOptions } from '../parameters.ts'

export type Activation = 'relu' | 'gelu' | ((x: Tensor) => Tensor)

export interface TransformerLayerOptions extends ParameterOptions {
  /** Columns between the two linear maps (2048). */
  dimFeedforward?: number
  dropout?: number
  activation?: Activation
  layerNormEps?: number
  batchFirst?: boolean
  /** Whether norms come before attention and linear maps, not behind the sums. */
  normFirst?: boolean
  bias?: boolean
}

export const layerNames: Names<TransformerLayerOptions> = {
  dimFeedforward: true, dropout: true, activation: true, layerNormEps: true, batchFirst: true, normFirst: true,
  bias: true, ...parameterNames,
}

export interface LayerSettings {
  readonly hidden: number
  readonly p: number
  readonly activation: (x: Tensor) => Tensor
  readonly normFirst: boolean
  readonly attention: { dropout: number; bias: boolean; batchFirst: boolean }
  readonly norm: { eps: number; bias: boolean }
  readonly linear: { bias: boolean }
}

const activations: Readonly<Record<string, (x: Tensor) => Tensor>> = { relu, gelu: x => gelu(x) }

export function settingsOf(name: string, options: TransformerLayerOptions): LayerSettings {
  checkOptions(name, options, layerNames)
  const {
    dimFeedforward = 2048, dropout = 0.1, activation = 'relu', layerNormEps = 1e-5, batchFirst = false,
    normFirst = false, bias = true,
  } = options
  const f = typeof activation === 'function' ? activation : activations[activation]
  if (!f) throw new DiffeoError(`${name}: activation is '${String(activation)}': expected 'relu', 'gelu' or a function`)
  const made = madeOf(options)
  return {
    hidden: dimFeedforward, p: dropout, activation: f, normFirst,
    attention: { dropout, bias, batchFirst, ...made }, norm: { eps: layerNormEps, bias, ...made },
    linear: { bias, ...made },
  }
}

/** Members under PyTorch's names. */
export const renamed = (members: Iterable<Member>): Member[] =>
  [...members].map(m => ({ ...m, name: keys[m.name] ?? m.name }))
const keys: Readonly<Record<string, string>> = { selfAttn: 'self_attn', multiheadAttn: 'multihead_attn' }
