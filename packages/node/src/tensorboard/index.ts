/** @file Files that TensorBoard reads. */
export { TensorBoard, type TensorBoardOptions } from './callback.ts'
export { EventWriter, type HParams } from './writer.ts'
