/** @file ChannelShuffle. */
import type { Tensor } from '../../../tensor/index.ts'
import { channelShuffle } from '../../functional/shuffle.ts'
import { Module } from '../../module.ts'
import { positive } from '../../sizes.ts'

/**
 * The channels of all groups taken in turn, so that grouped convolutions mix. Zhang et al., "ShuffleNet" (2018).
 *
 * @remarks Input and output `[batch, channels, ...]`.
 * @param groups - how many groups the channels are in
 * @throws ShapeError where the input cannot be divided so
 * @example
 * new nn.ChannelShuffle(2).forward(randn([1, 4, 2, 2])).shape // [1, 4, 2, 2]
 */
export class ChannelShuffle extends Module {
  readonly groups: number

  constructor(groups: number) {
    super()
    this.groups = positive('ChannelShuffle: groups', groups)
  }

  override forward(x: Tensor): Tensor { return channelShuffle(x, this.groups) }
  override describe(): string { return `ChannelShuffle ${this.groups}` }
}
