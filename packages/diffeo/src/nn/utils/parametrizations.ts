/** @file `nn.utils.parametrizations`. */
export { orthogonal, type OrthogonalMap, type OrthogonalOptions } from './orthogonal.ts'
export { spectralNorm, type SpectralNormOptions } from './spectral-norm.ts'
export { weightNorm } from './weight-norm.ts'
