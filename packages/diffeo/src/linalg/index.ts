/** @file Linear algebra: what torch.linalg has, but what needs complex numbers. */
export * from './solve.ts'
export { solveTriangular, type SolveTriangularOptions } from './triangular.ts'
export { cholesky, choleskyEx, choleskyInverse, choleskySolve, type TriangleOptions } from './cholesky.ts'
export { geqrf, householderProduct, qr, type QR, type QROptions } from './qr.ts'
export { eigh, eigvalsh, type Eigen, type EighOptions } from './eigh.ts'
export { svd, svdvals, type SVD, type SVDOptions } from './svd.ts'
export {
  cond, lstsq, matrixNorm, matrixRank, norm, pinv, vectorNorm, type LeastSquares, type MatrixNormOptions,
  type MatrixOrder, type NormOptions, type Tolerances, type VectorNormOptions,
} from './norm.ts'
export { matrixExp, matrixPower } from './powers.ts'
export { cross, diagonal, matmul, multiDot, tensorinv, tensorsolve, vander, vecdot } from './products.ts'
