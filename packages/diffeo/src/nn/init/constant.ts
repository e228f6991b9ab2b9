/** @file Constants. */
import * as t from '../../tensor/index.ts'
import { fill, type Filled, type Made, type Target } from './fill.ts'

/** All `value`. @example nn.init.constant(layer.bias, 0.1) */
export const constant = <T extends Target>(target: T, value: number, options: Made = {}): Filled<T> =>
  fill(target, options, (shape, o) => t.full(shape, value, o))
/** All 0. @example nn.init.zeros(layer.bias) */
export const zeros = <T extends Target>(target: T, options: Made = {}): Filled<T> => fill(target, options, t.zeros)
/** All 1. @example nn.init.ones(norm.weight) */
export const ones = <T extends Target>(target: T, options: Made = {}): Filled<T> => fill(target, options, t.ones)
