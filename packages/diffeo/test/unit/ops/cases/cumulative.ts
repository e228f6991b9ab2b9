import { array, caseOf, floats, random, randomInts, type Case } from '../support/case.ts'

const all = (['add', 'mul', 'max', 'min'] as const).flatMap(combine => [false, true].flatMap(reverse => [
  caseOf('cumulative', [random([5], 1)], { combine, axis: 0, reverse }),
  caseOf('cumulative', [random([2, 4], 2)], { combine, axis: 1, reverse }),
  caseOf('cumulative', [random([3, 2, 2], 3)], { combine, axis: 0, reverse }),
  caseOf('cumulative', [random([2, 3, 2], 3)], { combine, axis: 1, reverse }),
  caseOf('cumulative', [random([2, 1], 3)], { combine, axis: 1, reverse }),
  caseOf('cumulative', [random([2, 0], 3)], { combine, axis: 1, reverse }),
  caseOf('cumulative', [random([0, 2], 3)], { combine, axis: 1, reverse }),
  caseOf('cumulative', [randomInts([2, 4], 4, -9, 9)], { combine, axis: 1, reverse }),
]))

export const cumulativeCases: Case[] = [
  ...all,
  caseOf('cumulative', [floats([5], [2, 0, 3, 0, 4])], { combine: 'mul', axis: 0, reverse: false },
    { value: [2, 0, 0, 0, 0], gradient: [[1, 8, 0, 0, 0]], name: 'zeros' }),
  caseOf('cumulative', [floats([2, 2], [0, 0, 1, 2])], { combine: 'mul', axis: 0, reverse: true },
    { value: [0, 0, 1, 2], name: 'zeros' }),
  caseOf('cumulative', [floats([5], [1, 3, 2, 3, NaN])], { combine: 'max', axis: 0, reverse: false },
    { smooth: false, value: [1, 3, 3, 3, NaN], gradient: [[1, 2, 0, 1, 1]], name: 'ties to the latest' }),
  caseOf('cumulative', [floats([4], [1, 3, 1, 2])], { combine: 'min', axis: 0, reverse: true },
    { smooth: false, value: [1, 1, 1, 2], gradient: [[1, 0, 2, 1]], name: 'ties to the latest' }),
  caseOf('cumulative', [array('int8', [3], [100, 100, 100])], { combine: 'add', axis: 0, reverse: false },
    { value: [100, -56, 44], name: 'wraps' }),
]
