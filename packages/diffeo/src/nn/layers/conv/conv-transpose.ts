/** @file What transposed convolutions over any number of axes share. */
import type { Parameter, Tensor } from '../../../tensor/index.ts'
import { ShapeError } from '../../../util/errors.ts'
import { checkOptions, type Names } from '../../../util/options.ts'
import { convTransposeNames, type ConvTransposeOptions } from '../../functional/conv-transpose.ts'
import { Module } from '../../module.ts'
import { positive, sizes, times, type Size } from '../../sizes.ts'
import { defaultBias, defaultWeight, parameterNames, type ParameterOptions } from '../parameters.ts'

export interface ConvTransposeLayerOptions extends ConvTransposeOptions, ParameterOptions { bias?: boolean }
const optionNames: Names<ConvTransposeLayerOptions> = { ...convTransposeNames, bias: true, ...parameterNames }

/** A transposed convolution over `axes` axes: the weight, the bias and the options. */
export abstract class ConvTranspose extends Module<[x: Tensor, outputSize?: readonly number[]]> {
  readonly weight: Parameter
  readonly bias: Parameter | null
  readonly attributes: Required<ConvTransposeOptions>

  constructor(
    axes: number, inChannels: number, outChannels: number, kernelSize: Size, options: ConvTransposeLayerOptions,
  ) {
    super()
    const name = `ConvTranspose${axes}d`
    checkOptions(name, options, optionNames)
    const { stride = 1, padding = 0, outputPadding = 0, groups = 1, dilation = 1, bias = true } = options
    positive(`${name}: groups`, groups)
    for (const [what, channels] of [['inChannels', inChannels], ['outChannels', outChannels]] as const) {
      if (positive(`${name}: ${what}`, channels) % groups !== 0)
        throw new ShapeError(`${name}: ${what} ${channels} cannot be divided into ${groups} groups`)
    }
    const kernel = sizes(`${name}: the kernel size`, kernelSize, axes)
    this.attributes = {
      stride: sizes(`${name}: stride`, stride, axes), padding: sizes(`${name}: padding`, padding, axes, 0),
      outputPadding: sizes(`${name}: outputPadding`, outputPadding, axes, 0), groups,
      dilation: sizes(`${name}: dilation`, dilation, axes),
    }
    this.weight = defaultWeight(`${name}.weight`, [inChannels, outChannels / groups, ...kernel], options)
    this.bias = bias ? defaultBias(`${name}.bias`, this.weight, options, outChannels) : null
  }

  /** The options of the functional form; those that give an output of the size, if there is one. */
  protected attributesFor(x: Tensor, outputSize?: readonly number[]): Required<ConvTransposeOptions> {
    if (outputSize === undefined) return this.attributes
    const kernel = this.weight.shape.slice(2)
    const n = kernel.length
    const wanted = sizes(`${this.constructor.name}: outputSize`, outputSize.slice(-n), n)
    const [stride, padding, dilation] = (['stride', 'padding', 'dilation'] as const).map(key => this.attributes[key])
      .map(size => sizes('size', size, n, 0))
    const least = x.shape.slice(-n).map((d, i) =>
      (d - 1) * stride[i] - 2 * padding[i] + dilation[i] * (kernel[i] - 1) + 1)
    if (wanted.some((d, i) => d < least[i] || d >= least[i] + stride[i])) {
      throw new ShapeError(
        `${this.constructor.name}: outputSize is [${wanted.join(',')}]: from the input [${x.shape.join(',')}] come ` +
          `sizes from [${least.join(',')}] to [${least.map((d, i) => d + stride[i] - 1).join(',')}]`,
      )
    }
    return { ...this.attributes, outputPadding: wanted.map((d, i) => d - least[i]) }
  }

  override describe(): string {
    const [inputs, perGroup, ...kernel] = this.weight.shape
    const { stride, padding, groups } = this.attributes
    const list = (name: string, value: Size, usual: number): string =>
      [value].flat().some(v => v !== usual) ? `, ${name} ${times([value].flat())}` : ''
    return (
      `${this.constructor.name} ${inputs}→${perGroup * groups}, ${times(kernel)}${list('stride', stride, 1)}` +
      `${list('padding', padding, 0)}${groups > 1 ? `, groups ${groups}` : ''}`
    )
  }
}
