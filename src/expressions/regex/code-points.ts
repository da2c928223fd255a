import { NOTHING, type PatternNode, type Ranges } from './syntax.js';

/** Any ranges, in any order and over one another, as a set. */
export function rangesOf(ranges: Iterable<readonly [number, number]>): Ranges {
  const merged: [number, number][] = [];
  for (const [low, high] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last && low <= last[1] + 1) last[1] = Math.max(last[1], high);
    else merged.push([low, high]);
  }
  return merged;
}

export const union = (...sets: readonly Ranges[]): Ranges => rangesOf(sets.flat());

/** Everything from 0 to `highest` that is not in the set. */
export function complement(set: Ranges, highest: number): Ranges {
  const gaps: [number, number][] = [];
  let next = 0;
  for (const [low, high] of set) {
    if (low > next) gaps.push([next, low - 1]);
    next = high + 1;
  }
  if (next <= highest) gaps.push([next, highest]);
  return gaps;
}

export function intersection(a: Ranges, b: Ranges): Ranges {
  const common: [number, number][] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [low, high] = [Math.max(a[i]![0], b[j]![0]), Math.min(a[i]![1], b[j]![1])];
    if (low <= high) common.push([low, high]);
    if (a[i]![1] < b[j]![1]) i++;
    else j++;
  }
  return common;
}

export const difference = (a: Ranges, b: Ranges, highest: number): Ranges =>
  intersection(a, complement(b, highest));

export const HIGHEST_CODE_POINT = 0x10ffff;

/**
 * The code points of a property, from the tables of JavaScript's own patterns; Node 20 has Unicode 15.1 or later. Null when there
 * is none of that name, or none that JavaScript knows.
 */
export function propertyRanges(name: string, value: string | null): Ranges | null {
  const written = value === null ? ofName(looseName(name)) : ofValue(looseName(name), looseName(value));
  return written === null ? null : classRanges(written);
}

export const UNICODE_DIGITS = String.raw`\p{Nd}`;
export const UNICODE_SPACE = String.raw`\p{White_Space}`;
export const UNICODE_WORD = String.raw`[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]`;

function ofName(name: string): string | null {
  if (name === 'any') return String.raw`\p{Any}`;
  if (name === 'assigned') return String.raw`\p{Assigned}`;
  if (name === 'ascii') return String.raw`\p{ASCII}`;
  const binary = BINARY_PROPERTIES.get(name);
  if (binary !== undefined) return `\\p{${binary}}`;
  return ofValue('gc', name) ?? ofValue('sc', name);
}

function ofValue(name: string, value: string): string | null {
  const of = VALUED.find(({ names }) => (names as readonly string[]).includes(name));
  if (of?.property === 'General_Category' && ['any', 'assigned', 'ascii'].includes(value))
    return ofName(value);
  const known = of?.values.get(value);
  return known === undefined ? null : `\\p{${of!.property}=${known}}`;
}

/** Bounded by the number of properties. */
const known = new Map<string, Ranges | null>();

/** The code points that a class of JavaScript's `u` patterns has; null when this Node's Unicode is too old for it. */
export function classRanges(written: string): Ranges | null {
  let ranges = known.get(written);
  if (ranges === undefined) {
    ranges = scanned(written);
    known.set(written, ranges);
  }
  return ranges;
}

function scanned(written: string): Ranges | null {
  let pattern: RegExp;
  try {
    pattern = new RegExp(`${written}+`, 'gu');
  } catch {
    return null;
  }
  const found: (readonly [number, number])[] = [];
  for (const text of varied())
    for (const [run] of text.matchAll(pattern)) found.push([run.codePointAt(0)!, lastCodePoint(run)]);
  const one = new RegExp(`^${written}$`, 'u');
  return rangesOf([...found, ...ALIKE.filter(([low]) => one.test(String.fromCodePoint(low)))]);
}

function lastCodePoint(text: string): number {
  const code = text.codePointAt(text.length - 2);
  return code !== undefined && code > 0xffff ? code : text.codePointAt(text.length - 1)!;
}

const PLANES = Array.from({ length: 17 }, (_, plane) => plane * 0x10000);
/** Without surrogates, which no UTF-8 has. */
const VARIED: Ranges = [
  [0, 0xd7ff],
  [0xe000, 0x3ffff],
  [0xe0000, 0xe0fff],
  ...PLANES.slice(4).map((plane) => [plane + 0xfffe, plane + 0xffff] as const),
];
/** Unassigned or for private use: all code points of one range have the same properties, and need no look at each. */
const ALIKE: Ranges = [
  ...PLANES.slice(4, 14).map((plane) => [plane, plane + 0xfffd] as const),
  [0xe1000, 0xefffd],
  ...PLANES.slice(15).map((plane) => [plane, plane + 0xfffd] as const),
];

let texts: readonly string[] | undefined;

function varied(): readonly string[] {
  texts ??= VARIED.map(([low, high]) => {
    const pieces: string[] = [];
    for (let from = low; from <= high; from += 0x1000)
      pieces.push(
        String.fromCodePoint(
          ...Array.from({ length: Math.min(0x1000, high - from + 1) }, (_, index) => from + index),
        ),
      );
    return pieces.join('');
  });
  return texts;
}

/** All that has another case. */
let cased: string | undefined;

/** The set with all the other cases of its code points, one code point for one (simple case folding). */
export function caseless(ranges: Ranges): Ranges {
  cased ??= varied()
    .flatMap((text) => text.match(/[\p{CWCF}\p{CWL}\p{CWU}\p{CWT}]/gu) ?? [])
    .join('');
  const hex = (code: number) => `\\u{${code.toString(16)}}`;
  const set = ranges.map(([low, high]) => `${hex(low)}-${hex(high)}`).join('');
  if (set === '') return ranges;
  const others = cased.match(new RegExp(`[${set}]`, 'giu')) ?? [];
  return rangesOf([
    ...ranges,
    ...others.map((char) => [char.codePointAt(0)!, char.codePointAt(0)!] as const),
  ]);
}

/** Code points by the number of their bytes, with what the first byte has above its share. Surrogates have no bytes. */
const LENGTHS = [
  { low: 0, high: 0x7f, bytes: 1, marker: 0 },
  { low: 0x80, high: 0x7ff, bytes: 2, marker: 0xc0 },
  { low: 0x800, high: 0xd7ff, bytes: 3, marker: 0xe0 },
  { low: 0xe000, high: 0xffff, bytes: 3, marker: 0xe0 },
  { low: 0x10000, high: 0x10ffff, bytes: 4, marker: 0xf0 },
] as const;
const CONTINUATION = 0x80;

/** One character of a set of code points, as what its UTF-8 is. */
export function utf8Node(codePoints: Ranges): PatternNode {
  const parts = LENGTHS.flatMap(({ low, high, bytes, marker }) => {
    const within = codePoints.flatMap(
      ([from, to]): Ranges => (from <= high && to >= low ? [[Math.max(from, low), Math.min(to, high)]] : []),
    );
    return within.length > 0 ? [bytesOf(within, bytes, marker)] : [];
  });
  if (parts.length === 0) return { kind: 'byte', ranges: [] };
  return parts.length === 1 ? parts[0]! : { kind: 'alternatives', parts };
}

/** First bytes that the same rests may follow are one branch: `[\xE4-\xE8][\x80-\xBF][\x80-\xBF]`. */
function bytesOf(codes: Ranges, count: number, marker: number): PatternNode {
  if (count === 1) return { kind: 'byte', ranges: codes.map(([low, high]) => [marker | low, marker | high]) };
  const width = 64 ** (count - 1);
  const rests = new Map<number, [number, number][]>();
  for (const [low, high] of codes)
    for (let first = Math.floor(low / width); first <= Math.floor(high / width); first++) {
      const known = rests.get(first);
      const rest: [number, number] = [
        Math.max(low, first * width) - first * width,
        Math.min(high, first * width + width - 1) - first * width,
      ];
      if (known) known.push(rest);
      else rests.set(first, [rest]);
    }
  const branches = new Map<string, { firsts: [number, number][]; rest: Ranges }>();
  for (const [first, rest] of rests) {
    const key = rest.join(';');
    const branch = branches.get(key);
    if (branch) branch.firsts.push([marker | first, marker | first]);
    else branches.set(key, { firsts: [[marker | first, marker | first]], rest });
  }
  const parts = Array.from(branches.values(), ({ firsts, rest }): PatternNode => {
    const first: PatternNode = { kind: 'byte', ranges: rangesOf(firsts) };
    return { kind: 'sequence', parts: [first, bytesOf(rest, count - 1, CONTINUATION)] };
  });
  return parts.length === 1 ? (parts[0] ?? NOTHING) : { kind: 'alternatives', parts };
}

/**
 * Names of Unicode's properties, each with its other names: those of PropertyAliases.txt and PropertyValueAliases.txt that Rust's
 * patterns take, as far as JavaScript's have them. https://www.unicode.org/Public/UCD/latest/ucd/
 */
const BINARY = `
  ASCII_Hex_Digit=ahex Alphabetic=alpha Bidi_Control=bidic Bidi_Mirrored=bidim Case_Ignorable=ci Cased
  Changes_When_Casefolded=cwcf Changes_When_Casemapped=cwcm Changes_When_Lowercased=cwl
  Changes_When_Titlecased=cwt Changes_When_Uppercased=cwu Dash Default_Ignorable_Code_Point=di
  Deprecated=dep Diacritic=dia Emoji Emoji_Component=ecomp Emoji_Modifier=emod Emoji_Modifier_Base=ebase
  Emoji_Presentation=epres Extended_Pictographic=extpict Extender=ext Grapheme_Base=grbase
  Grapheme_Extend=grext Hex_Digit=hex IDS_Binary_Operator=idsb IDS_Trinary_Operator=idst ID_Continue=idc
  ID_Start=ids Ideographic=ideo Join_Control=joinc Logical_Order_Exception=loe Lowercase=lower Math
  Noncharacter_Code_Point=nchar Pattern_Syntax=patsyn Pattern_White_Space=patws Quotation_Mark=qmark
  Radical Regional_Indicator=ri Sentence_Terminal=sterm Soft_Dotted=sd Terminal_Punctuation=term
  Unified_Ideograph=uideo Uppercase=upper Variation_Selector=vs White_Space=space=wspace XID_Continue=xidc
  XID_Start=xids`;

const CATEGORIES = `
  Other=c Cased_Letter=lc Control=cc=cntrl Format=cf Close_Punctuation=pe Unassigned=cn Private_Use=co
  Mark=combiningmark=m Connector_Punctuation=pc Currency_Symbol=sc Dash_Punctuation=pd
  Decimal_Number=digit=nd Enclosing_Mark=me Final_Punctuation=pf Initial_Punctuation=pi Letter=l
  Letter_Number=nl Line_Separator=zl Lowercase_Letter=ll Modifier_Letter=lm Other_Letter=lo
  Titlecase_Letter=lt Uppercase_Letter=lu Math_Symbol=sm Spacing_Mark=mc Nonspacing_Mark=mn
  Modifier_Symbol=sk Number=n Other_Number=no Open_Punctuation=ps Other_Punctuation=po Other_Symbol=so
  Punctuation=p=punct Paragraph_Separator=zp Symbol=s Separator=z Space_Separator=zs`;

const SCRIPTS = `
  Adlam=adlm Caucasian_Albanian=aghb Ahom Anatolian_Hieroglyphs=hluw Arabic=arab Armenian=armn
  Imperial_Aramaic=armi Avestan=avst Balinese=bali Bamum=bamu Bassa_Vah=bass Batak=batk Bengali=beng
  Bhaiksuki=bhks Bopomofo=bopo Brahmi=brah Braille=brai Buginese=bugi Buhid=buhd Chakma=cakm
  Canadian_Aboriginal=cans Carian=cari Cham Cherokee=cher Chorasmian=chrs Common=zyyy Coptic=copt=qaac
  Cypro_Minoan=cpmn Cypriot=cprt Cuneiform=xsux Cyrillic=cyrl Deseret=dsrt Devanagari=deva
  Dives_Akuru=diak Dogra=dogr Duployan=dupl Egyptian_Hieroglyphs=egyp Elbasan=elba Elymaic=elym
  Ethiopic=ethi Garay=gara Georgian=geor Glagolitic=glag Gunjala_Gondi=gong Masaram_Gondi=gonm Gothic=goth
  Grantha=gran Greek=grek Gujarati=gujr Gurung_Khema=gukh Gurmukhi=guru Han=hani Hangul=hang
  Hanifi_Rohingya=rohg Hanunoo=hano Hatran=hatr Hebrew=hebr Hiragana=hira Pahawh_Hmong=hmng
  Nyiakeng_Puachue_Hmong=hmnp Katakana_Or_Hiragana=hrkt Old_Hungarian=hung Inherited=qaai=zinh
  Inscriptional_Pahlavi=phli Inscriptional_Parthian=prti Old_Italic=ital Javanese=java Kaithi=kthi
  Kayah_Li=kali Katakana=kana Kannada=knda Kawi Kharoshthi=khar Khitan_Small_Script=kits Khmer=khmr
  Khojki=khoj Khudawadi=sind Kirat_Rai=krai Tai_Tham=lana Lao=laoo Latin=latn Lepcha=lepc Limbu=limb
  Linear_A=lina Linear_B=linb Lisu Lycian=lyci Lydian=lydi Mahajani=mahj Makasar=maka Malayalam=mlym
  Mandaic=mand Manichaean=mani Marchen=marc Medefaidrin=medf Meetei_Mayek=mtei Mende_Kikakui=mend
  Meroitic_Cursive=merc Meroitic_Hieroglyphs=mero Miao=plrd Modi Mongolian=mong Mro=mroo Multani=mult
  Myanmar=mymr Nabataean=nbat Nag_Mundari=nagm Nandinagari=nand Old_North_Arabian=narb Newa
  New_Tai_Lue=talu Nko=nkoo Nushu=nshu Ogham=ogam Ol_Chiki=olck Old_Permic=perm Old_Persian=xpeo
  Old_Sogdian=sogo Old_South_Arabian=sarb Old_Turkic=orkh Old_Uyghur=ougr Ol_Onal=onao Oriya=orya
  Osage=osge Osmanya=osma Palmyrene=palm Pau_Cin_Hau=pauc Phags_Pa=phag Psalter_Pahlavi=phlp
  Phoenician=phnx Rejang=rjng Runic=runr Samaritan=samr Saurashtra=saur SignWriting=sgnw Sharada=shrd
  Shavian=shaw Siddham=sidd Sinhala=sinh Sogdian=sogd Sora_Sompeng=sora Soyombo=soyo Sundanese=sund
  Sunuwar=sunu Syloti_Nagri=sylo Syriac=syrc Tagalog=tglg Tagbanwa=tagb Tai_Le=tale Tai_Viet=tavt
  Takri=takr Tamil=taml Tangut=tang Tangsa=tnsa Telugu=telu Tifinagh=tfng Thaana=thaa Thai Tibetan=tibt
  Tirhuta=tirh Todhri=todr Toto Tulu_Tigalari=tutg Ugaritic=ugar Unknown=zzzz Vai=vaii Vithkuqi=vith
  Wancho=wcho Warang_Citi=wara Yezidi=yezi Yi=yiii Zanabazar_Square=zanb`;

/** By the name without case and punctuation, how JavaScript spells it. */
function table(lines: string): ReadonlyMap<string, string> {
  const names = lines.trim().split(/\s+/);
  return new Map(
    names.flatMap((line) => {
      const [name, ...others] = line.split('=');
      return [looseName(name!), ...others].map((one) => [one, name!] as const);
    }),
  );
}

/** `Old_Turkic`, `old turkic` and `isOldTurkic` are one name (UAX44-LM3). */
function looseName(name: string): string {
  const bare = name
    .replace(/^is/i, '')
    .replace(/[ _-]|[^\0-\x7f]/g, '')
    .toLowerCase();
  return bare === 'c' && /^is/i.test(name) ? 'isc' : bare;
}

const BINARY_PROPERTIES = table(BINARY);
const GENERAL_CATEGORIES = table(CATEGORIES);
const SCRIPT_NAMES = table(SCRIPTS);

/** The properties that have values, with their names. */
const VALUED = [
  { names: ['gc', 'generalcategory'], property: 'General_Category', values: GENERAL_CATEGORIES },
  { names: ['sc', 'script'], property: 'Script', values: SCRIPT_NAMES },
  { names: ['scx', 'scriptextensions'], property: 'Script_Extensions', values: SCRIPT_NAMES },
] as const;
