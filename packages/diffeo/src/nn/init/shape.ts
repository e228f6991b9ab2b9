/** @file The shape of what is filled. */
import { Tensor } from '../../tensor/index.ts'
import type { Target } from './fill.ts'

export const shapeOf = (target: Target): readonly number[] =>
  target instanceof Tensor ? target.shape : (target as readonly number[])
