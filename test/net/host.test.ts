import { expect, test } from 'vitest';
import { canonicalAuthority, canonicalHost } from '../../src/net/hostnames.js';

test.each([
  ['app.example.com', 'app.example.com'],
  ['APP.Example.COM', 'app.example.com'],
  ['app.example.com.', 'app.example.com'],
  ['XN--BCHER-KVA.example.com', 'xn--bcher-kva.example.com'],
  // Only one dot can be the root's: two are a name with an empty label, which nothing is called.
  ['app.example.com..', 'app.example.com.'],
])('the host %s is compared as %s', (spelled, canonical) => {
  expect(canonicalHost(spelled)).toBe(canonical);
});

test.each([
  ['APP.Example.COM.:8443', 'app.example.com:8443'],
  ['App.example.com:', 'app.example.com'],
  ['[FD00::A]:80', '[fd00::a]:80'],
  ['[FD00::A]', '[fd00::a]'],
  ['FD00::A', 'fd00::a'],
])('the authority %s is sent as %s', (spelled, canonical) => {
  expect(canonicalAuthority(spelled)).toBe(canonical);
});
