/** @file Layers that take the size of their input from the first one they see. */
import type { Tensor } from '../../../tensor/index.ts'
import { Module, type AnyModule } from '../../module.ts'
import type { Member } from '../../tree.ts'

/**
 * A layer that is made at the first forward pass. Until then it has no parameters, and asking for them is an error:
 * run the model once, outside of `compile`, before the optimizer is made or a state is loaded.
 */
export abstract class Lazy<M extends AnyModule> extends Module {
  #layer: M | null = null

  /** The layer for such an input. */
  protected abstract make(x: Tensor): M

  /** The layer, once it is made. */
  get layer(): M | null { return this.#layer }
  /** @internal */
  get pending(): string | null {
    return this.#layer ? null : `${this.constructor.name} has no parameters before it has seen an input: run the model `
      + 'once, as in model.forward(x), or call model.summary(shape)'
  }
  /** @internal */
  override members(): Iterable<Member> { return this.#layer?.members() ?? [] }

  override forward(x: Tensor): Tensor {
    const layer = this.#layer ?? this.make(x)
    this.#layer = layer
    if (layer.training !== this.training) layer.train(this.training)
    return layer.forward(x) as Tensor
  }
  override describe(): string { return this.#layer?.describe() ?? this.constructor.name }
}

/** The channels of `[batch, channels, ...axes]`, or that without batch. */
export const channelsOf = (x: Tensor, axes: number): number => x.shape[x.rank - axes - 1]
