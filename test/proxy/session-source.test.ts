import { expect, test } from 'vitest';
import { HttpSessionSource } from '../../src/proxy/exchange/request-context.js';
import { fieldValues } from '../../src/proxy/http/fields.js';

const sourceOf = (...fields: string[]) =>
  new HttpSessionSource({
    passedOn: fields.map((field) => `${field}\r\n`).join(''),
    host: 'app.example.com',
    forwardedFor: '',
  });

test.each([
  ['a=1; b=2', 'a', '1'],
  ['a=1; b=2', 'b', '2'],
  ['a=1;b=2', 'b', '2'],
  ['a=1;   b=2  ', 'b', '2'],
  ['a=1; a=2', 'a', '1'],
  ['aa=1; a=2', 'a', '2'],
  ['a=b=c', 'a', 'b=c'],
  ['a=', 'a', ''],
  ['a', 'a', undefined],
  ['x=a=1', 'a', undefined],
  ['A=1', 'a', undefined],
  ['; ;a=1', 'a', '1'],
  ['', 'a', undefined],
])('of the cookies %j, %s is %j', (cookies, name, value) => {
  expect(sourceOf('Accept: */*', `Cookie: ${cookies}`, 'X: y').cookie(name)).toBe(value);
});

test('a Cookie field in pieces is one, and none is none', () => {
  const source = sourceOf('Cookie: a=1', 'cookie: b=2');
  expect([source.cookies(), source.cookie('b')]).toEqual(['a=1; b=2', '2']);
  expect(sourceOf('X: y').cookies()).toBeUndefined();
});

test('a header is found by its whole name in any case, its values joined', () => {
  const source = sourceOf('X-S: 1 ', 'X-Session: 2', 'x-s:3', 'Y: X-S: 4');
  expect(source.header('x-s')).toBe('1, 3');
  expect(source.header('x')).toBeUndefined();
  expect(fieldValues('', 'x')).toEqual([]);
});

test('a head full of cookies is read in one pass', () => {
  const many = Array.from({ length: 3_000 }, (_, i) => `name${i}=v`).join('; ');
  const source = sourceOf(`Cookie: ${many}`);
  expect([source.cookie('name2999'), source.cookie('none')]).toEqual(['v', undefined]);
});

test('Host and X-Forwarded-For are headers like any others', () => {
  const source = sourceOf('X: y');
  expect([source.header('host'), source.header('x-forwarded-for')]).toEqual(['app.example.com', undefined]);
  const behind = new HttpSessionSource({ passedOn: '', host: 'a', forwardedFor: '192.0.2.1, 192.0.2.2' });
  expect(behind.header('x-forwarded-for')).toBe('192.0.2.1, 192.0.2.2');
});
