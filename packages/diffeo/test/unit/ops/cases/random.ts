import { array, caseOf, type Case } from '../support/case.ts'

const pair = (a: number, b: number) => array('uint32', [2], [a >>> 0, b >>> 0])

/** The known answers of Random123 (kat_vectors, threefry2x32 20). */
export const randomCases: Case[] = [
  caseOf('randomBits', [pair(0, 0), pair(0, 0)], {}, { out: { shape: [2] }, value: [0x6b200159, 0x99ba4efe] }),
  caseOf('randomBits', [pair(0xffffffff, 0xffffffff), pair(0xffffffff, 0xffffffff)], {},
    { out: { shape: [2] }, value: [0x1cb996fc, 0xbb002be7] }),
  caseOf('randomBits', [pair(0x13198a2e, 0x03707344), pair(0x243f6a88, 0x85a308d3)], {},
    { out: { shape: [2] }, value: [0xc4923a9c, 0x483df7a0] }),
  caseOf('randomBits', [pair(1, 2), pair(0xfffffffe, 7)], {}, { out: { shape: [3, 5] }, name: 'the carry' }),
  caseOf('randomBits', [pair(1, 2), pair(3, 4)], {}, { out: { shape: [7] } }),
  caseOf('randomBits', [pair(1, 2), pair(3, 4)], {}, { out: { shape: [] } }),
  caseOf('randomBits', [pair(1, 2), pair(3, 4)], {}, { out: { shape: [2, 0] } }),
]
