/** @file Images from files. */
export { readGray, type GrayImage } from './decode.ts'
export { digitFrom } from './digit.ts'
