/** @file What convolutions over any number of axes share. */
import type { Parameter, Tensor } from '../../../tensor/index.ts'
import { ShapeError } from '../../../util/errors.ts'
import { padsOf, type ConvOptions, type Padding } from '../../functional/conv.ts'
import { pad } from '../../functional/pad.ts'
import { Module } from '../../module.ts'
import { checkOptions, type Names } from '../../../util/options.ts'
import { positive, sizes, times, type Size } from '../../sizes.ts'
import { defaultBias, defaultWeight, parameterNames, type ParameterOptions } from '../parameters.ts'

export type ConvPaddingMode = 'zeros' | 'reflect' | 'replicate' | 'circular'
const paddingModes: readonly string[] = ['zeros', 'reflect', 'replicate', 'circular']

export interface ConvLayerOptions extends ParameterOptions {
  /** Distance of the windows. */
  stride?: Size
  /** Zeros on both sides of each axis; 'same' keeps the size (stride 1 only), 'valid' is 0. */
  padding?: Padding
  /** Distance of a window's elements. */
  dilation?: Size
  /** Channels are divided into so many groups, which do not mix. */
  groups?: number
  bias?: boolean
  /** What the padding holds. */
  paddingMode?: ConvPaddingMode
}

const optionNames: Names<ConvLayerOptions> = {
  stride: true, padding: true, dilation: true, groups: true, bias: true, paddingMode: true, ...parameterNames,
}

/** A convolution over `axes` axes: the weight, the bias and the options. */
export abstract class Conv extends Module {
  readonly weight: Parameter
  readonly bias: Parameter | null
  readonly stride: readonly number[]
  readonly padding: Padding
  readonly dilation: readonly number[]
  readonly groups: number
  readonly paddingMode: ConvPaddingMode

  constructor(axes: number, inChannels: number, outChannels: number, kernelSize: Size, options: ConvLayerOptions) {
    super()
    checkOptions(new.target.name, options, optionNames)
    const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true, paddingMode = 'zeros' } = options
    const name = `Conv${axes}d`
    if (!paddingModes.includes(paddingMode)) {
      const there = paddingModes.map(mode => `'${mode}'`).join(', ')
      throw new ShapeError(`${name}: paddingMode is '${String(paddingMode)}': there are ${there}`)
    }
    positive(`${name}: groups`, groups)
    for (const [what, channels] of [
      ['inChannels', inChannels],
      ['outChannels', outChannels],
    ] as const) {
      if (positive(`${name}: ${what}`, channels) % groups !== 0)
        throw new ShapeError(`${name}: ${what} ${channels} cannot be divided into ${groups} groups`)
    }
    const kernel = sizes(`${name}: the kernel size`, kernelSize, axes)
    this.stride = sizes(`${name}: stride`, stride, axes)
    this.dilation = sizes(`${name}: dilation`, dilation, axes)
    this.padding = typeof padding === 'string' ? padding : sizes(`${name}: padding`, padding, axes, 0)
    if (padding === 'same' && this.stride.some(s => s !== 1))
      throw new ShapeError(`${name}: padding 'same' goes with stride 1, got [${this.stride.join(',')}]`)
    this.groups = groups
    this.paddingMode = paddingMode
    this.weight = defaultWeight(`${name}.weight`, [outChannels, inChannels / groups, ...kernel], options)
    this.bias = bias ? defaultBias(`${name}.bias`, this.weight, options) : null
  }

  /** The options of the functional form. */
  protected get attributes(): ConvOptions {
    const { stride, padding, dilation, groups } = this
    return { stride, padding: this.paddingMode === 'zeros' ? padding : 0, dilation, groups }
  }

  /** The input with its own elements around it, unless zeros are to be there, which the convolution lays itself. */
  protected padded(x: Tensor): Tensor {
    if (this.paddingMode === 'zeros') return x
    const kernel = this.weight.shape.slice(2)
    const widths = padsOf(this.padding, this.stride, kernel.map((k, i) => (k - 1) * this.dilation[i] + 1))
    return pad(x, widths.toReversed().flat(), { mode: this.paddingMode })
  }

  override describe(): string {
    const [out, perGroup, ...kernel] = this.weight.shape
    const differs = (name: string, value: readonly number[], usual: number): string =>
      value.some(v => v !== usual) ? `, ${name} ${times(value)}` : ''
    const padding =
      typeof this.padding === 'string'
        ? `, padding '${this.padding}'`
        : differs('padding', sizes('padding', this.padding, kernel.length, 0), 0)
    return (
      `${this.constructor.name} ${perGroup * this.groups}→${out}, ${times(kernel)}${differs('stride', this.stride, 1)}${padding}` +
      `${differs('dilation', this.dilation, 1)}${this.groups > 1 ? `, groups ${this.groups}` : ''}` +
      (this.paddingMode === 'zeros' ? '' : `, ${this.paddingMode}`)
    )
  }
}
