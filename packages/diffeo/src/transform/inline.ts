/** @file Copies of graphs, for those who write transforms. */
export { checkInputs, inline, substitute } from '../graph/substitute.ts'
