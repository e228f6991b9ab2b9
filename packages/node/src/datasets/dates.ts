/** @file Dates as people write them in twelve languages: made, not collected. */
import { data, DataError } from 'diffeo'

/** A day as it is written, in small letters, and as ISO 8601 has it. */
export interface WrittenDate { readonly text: string; readonly iso: string }
export interface WrittenDatesOptions {
  /** How many; each is another day. */
  readonly count: number
  readonly seed?: number
}

export const dateLocales: readonly string[] =
  ['en-US', 'en-GB', 'de', 'fr', 'es', 'it', 'nl', 'pt', 'sv', 'da', 'pl', 'fi']
/**
 * Months are words, but in the short dates of Finnish ('18.5.2052', the day first): which day 3/4/1998 is nobody can
 * say.
 */
const styles: readonly Intl.DateTimeFormatOptions[] = [
  { dateStyle: 'full' }, { dateStyle: 'long' }, { day: 'numeric', month: 'short', year: 'numeric' },
  { weekday: 'short', day: 'numeric', month: 'long', year: 'numeric' },
]
/** 'first' to 'thirty-first'. */
export const englishOrdinals: readonly string[] = (
  'first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth ' +
  'sixteenth seventeenth eighteenth nineteenth twentieth twenty-first twenty-second twenty-third twenty-fourth ' +
  'twenty-fifth twenty-sixth twenty-seventh twenty-eighth twenty-ninth thirtieth thirty-first'
).split(' ')
const suffix = (day: number): string => (day > 3 && day < 21 ? 'th' : ['th', 'st', 'nd', 'rd'][day % 10] ?? 'th')
/** As English has them besides. */
const spoken: readonly ((day: number, month: string, year: number) => string)[] = [
  (day, month, year) => `the ${englishOrdinals[day - 1]} of ${month} ${year}`,
  (day, month, year) => `${month} the ${englishOrdinals[day - 1]}, ${year}`,
  (day, month, year) => `the ${day}${suffix(day)} of ${month} ${year}`,
  (day, month, year) => `${month} ${day}${suffix(day)}, ${year}`,
]
const [first, days] = [Date.UTC(1900, 0, 1), 73_049]

/**
 * Days of 1900 to 2099 in random order, each written in a random way: as `Intl.DateTimeFormat` writes it in one of
 * twelve languages and four styles, or as English does in words ('the third of may 1998').
 * @throws DataError where there are not that many days, or this JavaScript lacks a language
 * @example datasets.writtenDates({ count: 2, seed: 0 })
 */
export function writtenDates({ count, seed = 0 }: WrittenDatesOptions): WrittenDate[] {
  if (!Number.isInteger(count) || count < 1 || count > days)
    throw new DataError(`writtenDates: count is ${count}: expected a whole number from 1 to ${days}`)
  const known = Intl.DateTimeFormat.supportedLocalesOf([...dateLocales])
  if (known.length < dateLocales.length)
    throw new DataError(
      `writtenDates: this JavaScript knows only the languages ${known.join(', ')}: take one with full ICU`,
    )
  const random = new data.Random(seed)
  const writers = [
    ...dateLocales.flatMap(locale => styles.map(style => intlWriter(locale, style))),
    ...spoken.map(spokenWriter),
  ]
  const order = new data.RandomSampler(days).order(0, seed)
  return Array.from({ length: count }, (_, i) => {
    const date = new Date(first + order[i] * 86_400_000)
    return {
      text: writers[random.integer(writers.length)](date).toLowerCase().replace(/\s+/g, ' '),
      iso: date.toISOString().slice(0, 10),
    }
  })
}

type Writer = (date: Date) => string

function intlWriter(locale: string, style: Intl.DateTimeFormatOptions): Writer {
  const format = new Intl.DateTimeFormat(locale, {
    ...style,
    timeZone: 'UTC',
    calendar: 'gregory',
    numberingSystem: 'latn',
  })
  return date => format.format(date)
}

const monthOf = new Intl.DateTimeFormat('en-US', { month: 'long', timeZone: 'UTC' })
const spokenWriter = (write: (typeof spoken)[number]): Writer => date =>
  write(date.getUTCDate(), monthOf.format(date), date.getUTCFullYear())
