/** @file Walks over graphs that give graphs: they read the records of `ops/` and know no primitive by name. */
export { checkpoint } from './checkpoint.ts'
export { checkInputs, inline, substitute } from './inline.ts'
export { hessian, jacobian, jacobianForward } from './jacobian.ts'
export { tangents } from './jvp.ts'
export { gradients } from './vjp.ts'
export { batchGraph, batchNodes, type Mapped } from './vmap.ts'
