/** @file Text: tokenizers from files. */
export { loadTokenizer, type EncodedText, type LoadedTokenizer } from './tokenizer.ts'
