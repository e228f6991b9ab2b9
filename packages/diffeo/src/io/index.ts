/** @file Files of tensors. */
export { installFileSystem, nodeFileSystem, type FileSystem } from './file-system.ts'
export {
  decode as decodeSafetensors,
  encode as encodeSafetensors,
  type Decoded,
  type EncodeOptions,
  type HostTensor,
} from './safetensors.ts'
export { load, loadWithMetadata, save, type StateDict, type Writer } from './state.ts'
