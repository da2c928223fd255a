import { singles } from '../../_kit/singles.js';
import { among } from '../../_kit/stored.js';
import { fields } from './fields.js';

/** What the owner of a credential has said about themself. */
export const users = singles('user', 'id', fields, (db, ids) => db.user.findMany({ where: among(ids) }));
