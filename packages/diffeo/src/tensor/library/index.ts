/**
 * @file Functions of tensors that are no methods: what PyTorch has beyond the class's common ones. A program that does
 * not name them does not carry them.
 */
export * from './elementwise.ts'
export * from './indexed.ts'
export * from './parts.ts'
export * from './products.ts'
export * from './sampling.ts'
export * from './statistics.ts'
export * from './buckets.ts'
export { erfc, erfcx, erfinv, logNdtr, ndtr, ndtri } from './errors.ts'
export { digamma, lgamma, mvlgamma, polygamma, zeta } from './gamma.ts'
export * from './running.ts'
export * from './special.ts'
