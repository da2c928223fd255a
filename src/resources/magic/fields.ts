import { z } from 'zod';
import { expected, text } from '../../api/text.js';
import { interface6Problem, interfaceProblem, isCidr, isIp } from './addresses.js';

/** Members that GRE and IPsec tunnels have in common. */

/**
 * The description of GRE tunnels speaks of 15 characters; of IPsec tunnels it names no bound, and the acceptance tests of
 * Terraform's provider give both kinds names of 18 and 26.
 */
export const name = z
  .string({ error: expected('a string') })
  .regex(/^[A-Za-z0-9_-]{1,255}$/, 'must be 1 to 255 letters, digits, "-" or "_"');

export const ipAddress = text(45).refine(isIp, 'must be an IP address');

const checked = (problem: (value: string) => string | null) =>
  text(64).superRefine((value, context) => {
    const message = problem(value);
    if (message !== null) context.addIssue({ code: 'custom', message });
  });

export const interfaceAddress = checked(interfaceProblem);
export const interfaceAddress6 = checked(interface6Problem);
export const description = text(1024);

const MD5_KEY = /^[A-Za-z0-9!@#$%^&*()+[\]{}<>/.,;:_~`=\\|-]{1,80}$/;
const filterId = text(64).min(1, 'must not be empty');

/** Stored and shown as it was sent: no BGP session is made. */
export const bgp = z.object({
  customer_asn: z
    .int('must be an integer')
    .min(0, 'is not in range [0, 4294967295]')
    .max(4_294_967_295, 'is not in range [0, 4294967295]'),
  export_filter_id: filterId.optional(),
  extra_prefixes: z
    .array(text(64).refine(isCidr, 'must be a network such as 10.0.0.0/8'))
    .max(1000, 'must have at most 1000 entries')
    .optional(),
  import_filter_id: filterId.optional(),
  md5_key: z
    .string('must be a string')
    .regex(MD5_KEY, 'must be 1 to 80 letters, digits or special characters without spaces and quotes')
    .optional(),
});

export const boolean = z.boolean('must be true or false');
