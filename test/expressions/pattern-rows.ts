/**
 * Patterns as Rust's crate `regex` reads them about bytes and without Unicode (https://docs.rs/regex/latest/regex/#syntax), which is how
 * Cloudflare's engine has them (rhs_types/regex/imp_real.rs): what they match, and what they do not.
 */
export type PatternRow = readonly [pattern: string, matches: readonly string[], misses: readonly string[]];

/** Strings stand for their UTF-8, but \x80 to \xff of these for that byte. */
export const BYTES = (text: string): string =>
  text.replace(/[\u0100-\u{10ffff}]+/gu, (wide) => Buffer.from(wide).toString('latin1'));
/** é, ü and the like, of which JavaScript has one code and UTF-8 two bytes. */
const E = '\xc3\xa9';
const U = '\xc3\xbc';

export const PATTERNS: readonly PatternRow[] = [
  // Bytes and characters
  ['^..$', [E, 'ab', '\xff\xfe'], ['a', '\n\n', '한']],
  ['(?u)^.$', [E, 'a', '한', '😀'], ['\xff', '\n', 'ab']],
  ['(?u)^.{2}$', ['ab', `${E}${E}`], [E, '\xc3\xa9\xc3']],
  ['^[^a]$', ['b', '\xff', '\n'], ['a', E]],
  ['(?u)^[^a]$', ['b', E, '\n'], ['a', '\xff']],
  ['é', [E, `a${E}b`], ['e', '\xe9']],
  ['^é{2}$', [`${E}${E}`], [E, '\xc3\xa9\xa9']],
  ['\\xE9', ['\xe9'], [E, 'é'.normalize('NFD')]],
  ['\\x{e9}', [E], ['\xe9']],
  ['(?u)\\xE9', [E], ['\xe9']],
  ['\\xFF', ['a\xffb'], ['a']],
  ['[\\x80-\\xff]', [E, '\xff'], ['a']],
  ['(?-u:\\xff)(?u:é)', [`\xff${E}`], [`${E}${E}`]],
  ['(?s)^.$', ['\n', '\xff'], ['', 'ab']],
  // Escapes
  ['\\u{76}1', ['v1'], ['u1']],
  ['\\u0041\\U00000042\\x43', ['ABC'], ['abc']],
  ['\\U0001F600', ['😀'], ['x']],
  ['\\x{0041}', ['A'], ['x']],
  ['\\a\\f\\t\\n\\r\\v', ['\x07\x0c\t\n\r\x0b'], ['aftnrv']],
  ['a\\.b\\-c\\/d\\"\\%\\ ', ['a.b-c/d"% '], ['axb-c/d"% ']],
  ['\\{id\\}', ['/v{id}'], ['id']],
  ['}', ['}'], ['{']],
  // Classes
  ['[a-z&&[^a]]', ['b'], ['a', 'B', '&']],
  ['[a-z&&[^aeiou]&&[^x-z]]', ['b'], ['a', 'x']],
  ['[x[yz]]', ['x', 'z'], ['a', '[']],
  ['[a-z--aeiou]', ['b'], ['a', '-']],
  ['[a-f~~d-z]', ['a', 'z'], ['d', 'f', '~']],
  ['^[^[a-c]]$', ['d', '['], ['a', 'b]']],
  ['[0-9&&[^4]]', ['3'], ['4']],
  ['^[]a]$', [']', 'a'], ['b']],
  ['^[^]a]$', ['b'], [']', 'a']],
  ['^[-a]$', ['-', 'a'], ['b']],
  ['^[a-]$', ['-', 'a'], ['b']],
  ['^[a\\-z]$', ['a', '-', 'z'], ['b']],
  ['^[a&b]$', ['&', 'a'], ['c']],
  ['^[.^$*]$', ['.', '^', '$', '*'], ['a']],
  ['[^\\x00-\\xff]', [], ['', 'a', '\xff']],
  ['^[\\d\\s]$', ['1', ' ', '\x0b'], ['a', E, '\xa0']],
  ['^[\\D]$', ['a', '\xff'], ['1']],
  ['^\\W$', ['\xff', '-'], ['a', '_', '1', E]],
  ['[[:alpha:]]', ['a', 'Z'], ['1', E, ':']],
  ['^[[:^alpha:]]$', ['1', '\xff'], ['a']],
  ['^[[:word:]--[:digit:]]$', ['a', '_'], ['1']],
  ['[[:xdigit:][:punct:]]', ['f', '!'], ['g']],
  ['^[[:foo]]$', ['f', ':'], ['a', '[']],
  ['[:alpha:]', ['a', ':', 'p'], ['b', 'Z']],
  // Unicode, after the flag alone
  ['(?u)\\p{Hangul}+', ['한글'], ['a', '\xed\x95']],
  ['(?u)^\\pL$', ['a', E, '한'], ['1', '\xe9']],
  ['(?u)^\\PL$', ['1', '—'], ['a', '\xff']],
  ['(?u)\\p{Greek}', ['α'], ['a']],
  ['(?u)\\p{script = greek}', ['α'], ['a']],
  ['(?u)\\p{scx:Grek}', ['α'], ['a']],
  ['(?u)\\p{isGreek}', ['α'], ['a']],
  ['(?u)^\\p{gc!=Lu}$', ['a', '1'], ['A']],
  ['(?u)\\p{Lower case}', ['a', E], ['A']],
  ['(?u)\\p{alpha}\\p{any}\\p{ascii}', ['a한x'], ['a한']],
  ['(?u)^\\w\\d\\s$', [`${E}٣\u2003`, 'a1 '], ['-1 ']],
  ['^\\w$', ['a'], [E]],
  ['(?u)[à-ü&&[^é]]', [U], [E, 'u']],
  ['(?u)[\\p{Greek}--α]', ['β'], ['α']],
  ['(?-u)(?u:\\p{Lu})(?-u:.)$', ['Ü\xff'.replace('Ü', '\xc3\x9c')], ['Ü']],
  // Without regard to case
  ['(?i)get', ['GET', 'gEt'], ['got']],
  ['(?i)k', ['K', 'k'], ['\u212a']],
  ['(?iu)k', ['K', 'k', '\u212a'], ['x']],
  ['(?iu)^s$', ['S', '\u017f'], ['\u00df']],
  ['(?i)é', [E], ['\xc3\x89']],
  ['(?iu)é', [E, '\xc3\x89'], ['e']],
  ['(?iu)σ', ['Σ', 'ς'], ['s']],
  ['(?i)[a-c]', ['B'], ['d']],
  ['(?i)[^a]', ['b'], ['a', 'A']],
  ['(?i:a)b', ['Ab'], ['AB']],
  ['a(?i)b|c', ['aB', 'C'], ['AB']],
  ['(?i)a(?-i)b', ['Ab'], ['AB']],
  // Places
  ['\\<go', ['go', 'a go'], ['ago']],
  ['go\\>', ['go', 'go a'], ['gone']],
  ['\\b{start}a\\b{end}', ['a', 'b a c'], ['ab', 'ba']],
  ['\\b{start-half}a', ['ab', '-a'], ['ba']],
  ['a\\b{end-half}', ['ba', 'a-'], ['ab']],
  ['a\\bb|a\\B', ['ab'], ['a', 'a-']],
  ['\\b{2}a', ['a'], ['ba']],
  ['\\Ba', ['ba'], ['a', '-a']],
  ['(?u)\\bé\\b', [E, ` ${E} `], [`a${E}`]],
  ['\\bé', [`a${E}`], [E]],
  ['(?u)\\B', ['ab', ''], ['a']],
  ['(?u)^\\B$', [''], ['\xff']],
  ['(?u)\\<é', [E], [`a${E}`]],
  ['^a$', ['a'], ['a\n', 'b\na']],
  ['(?m)^a$', ['a', 'b\na', 'a\nb'], ['a\r\n']],
  ['(?mR)^a$', ['a\r\n', 'b\r\na', 'b\ra'], ['ab']],
  ['(?mR)^$', ['', '\n', 'a\r\n'], ['a']],
  ['\\r(?mR)$\\n', [], ['\r\n']],
  ['\\Aa\\z', ['a'], ['a\n']],
  ['(?R)^a.b$', ['axb'], ['a\rb', 'a\nb']],
  ['^a.b$', ['a\rb'], ['a\nb']],
  // Repetitions
  ['^a**$', ['', 'aaa'], ['b']],
  ['^(?:a{2}){2}$', ['aaaa'], ['aaa']],
  ['^a{2,3}$', ['aa', 'aaa'], ['a', 'aaaa']],
  ['^a{ 2 , 3 }$', ['aa'], ['a']],
  ['^a{0}b$', ['b'], ['ab']],
  ['^a{2,}$', ['aaa'], ['a']],
  ['^a{1500}$', ['a'.repeat(1500)], ['a'.repeat(1499)]],
  ['^a{0,1500}?b$', [`${'a'.repeat(1500)}b`, 'b'], [`${'a'.repeat(1501)}b`]],
  ['^(?:a{40}){30,}$', ['a'.repeat(1240)], ['a'.repeat(1160)]],
  ['^(?:(?:ab{3}){10}){40}$', ['abbb'.repeat(400)], ['abbb'.repeat(399)]],
  ['^(?:a{40}){30}$', ['a'.repeat(1200)], ['a'.repeat(1199)]],
  ['^(?:){99999}a$', ['a'], ['b']],
  ['^*a', ['ba'], ['b']],
  ['^(?U)a+?$', ['aa'], ['b']],
  // Groups and flags
  ['^(?P<year>[0-9]+)(?<a.b[0]>x)$', ['2026x'], ['x']],
  ['^()*(|a)$', ['', 'a'], ['b']],
  ['^(?x) a b # c\n d$', ['abd'], ['a b', 'abcd']],
  ['(?x) v 1', ['v1'], ['v 1']],
  ['(?x)[ a ]\\ \\#', ['a #'], ['  #']],
  ['(?x: a )b c', ['ab c'], ['abc']],
  ['(?x)a {2}', ['aa'], ['a {2}']],
  ['(?is-m)^a.b$', ['A\nB'], ['a\nb\n']],
  ['', ['', 'a'], []],
  ['a|', ['', 'b'], []],
];

/** What Rust refuses. */
export const REFUSED: readonly string[] = String.raw`
  /v{id} \p{L} \Q.\E [[a] { a{ a{2 a{,2} a{x} a{3,2} a{99999999999} *a a|* (?i)* ( ) (a a) (? (?) (?-) (?i-) (?ii) (?i-i) (?--i)
  (?z) (?#a) (?=a) (?!a) (?<=a) (?<!a) (?P=a) (?P>a) (?<1a>b) (?<>b) (?<a>b)(?<a>c) \1 \8 \07 \Z \G \R \X \h \N \C \K \e \cA \é
  \ \x \x4 \xg1 \x{} \x{110000} \u12 \u{d800} \ud800 \b{foo} \b{start [ [a [] [^] [a- [z-a] [a-\d] [\d-z] [\b] [\A] [é] [a-é]
  [\x{e9}] \p \p{ (?u)\p{} (?u)\p{Klingon} (?u)\p{sc=Klingon} (?u)\p{foo=bar} (?u)\p{Cs} (?u)\p{^L} \PL (?u)[[:foo:] [a&& (?x)[a#]
  (?-u)\p{L} (?u:a)\pL`
  .trim()
  .split(/\s+/);
