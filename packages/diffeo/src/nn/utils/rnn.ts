/** @file `nn.utils.rnn`. Packed sequences are not needed: recurrent layers take `lengths`. */
export { padSequence, unpadSequence, type PadSequenceOptions } from './sequences.ts'
