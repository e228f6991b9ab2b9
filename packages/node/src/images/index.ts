/** @file Images from files. */
export { readGray, readImage, type DecodeOptions, type GrayImage } from '../datasets/decode.ts'
export { clothesFrom, clothesSteps } from './clothes.ts'
export { digitFrom, digitSteps } from './digit.ts'
export { beside, draw } from '../report/text.ts'
