import { ben, cast, type Profile } from './cast.ts';
import { hostileApplicants } from './hostile-applicants.ts';
import { freeEmail, mailboxFor, pickName } from './names.ts';
import type { Programme } from './programme.ts';
import { Random } from './random.ts';
import type { Affiliate, AffiliateStatus } from './records.ts';
import { DAY, floorToSecond, HOUR } from './wire-values.ts';

const PENDING = 23;
const ARCHIVED = 12;
/** Smaller programmes have fewer pending and archived affiliates. */
const FULL_SIZE = 60;
const OLDEST = 700 * DAY;
const NEWEST_APPROVED = 25 * DAY;
const OLDEST_PENDING = 21 * DAY;
const BEN_WAITS = 51 * HOUR;

interface Shape {
  readonly count: number;
  /** From this position on, all are pending: applications are the newest records. */
  readonly pendingFrom: number;
  readonly archived: ReadonlySet<number>;
  /** Every third archived affiliate was declined as an applicant. */
  readonly rejected: ReadonlySet<number>;
}

function shapeOf(count: number): Shape {
  const pending = count >= FULL_SIZE ? PENDING : Math.min(count - 1, Math.max(1, Math.floor(count * 0.3)));
  // Ben is pending too, but has an earlier id than the others.
  const pendingFrom = count - Math.max(0, pending - 1);
  const room = Math.max(0, pendingFrom - cast.length);
  const archivedCount = Math.min(room, count >= FULL_SIZE ? ARCHIVED : Math.floor(count * 0.1));
  const archived = new Set<number>();
  for (let index = 0; index < archivedCount; index += 1) {
    archived.add(cast.length + Math.floor((index * room) / archivedCount));
  }
  const rejected = new Set([...archived].filter((_, index) => index % 3 === 0));
  return { count, pendingFrom, archived, rejected };
}

/** Every second pending application, until all hostile applicants are placed. */
function hostileAt(shape: Shape, position: number): Profile | undefined {
  const offset = position - shape.pendingFrom;
  const applicant = offset % 2 === 1 ? hostileApplicants[(offset - 1) / 2] : undefined;
  return applicant && { ...applicant, group: 'Default', paypalEmail: applicant.email };
}

/** Evenly spread with some jitter, but still in order of the ids (except Ben). */
function joinedAt(shape: Shape, position: number, now: number, random: Random): number {
  if (cast[position] === ben) return now - BEN_WAITS;
  const [from, to, index, of] =
    position < shape.pendingFrom
      ? [OLDEST, NEWEST_APPROVED, position, shape.pendingFrom]
      : [OLDEST_PENDING, HOUR, position - shape.pendingFrom, shape.count - shape.pendingFrom];
  const share = (index + (position === 0 ? 0 : random.next() * 0.9)) / of;
  return floorToSecond(now - from + (from - to) * share);
}

function statusAt(shape: Shape, position: number): AffiliateStatus {
  if (cast[position] === ben || position >= shape.pendingFrom) return 'Pending Approval';
  return shape.archived.has(position) ? 'Archived' : 'Active';
}

function groupFor(random: Random): string {
  const roll = random.next();
  if (roll < 0.62) return 'Default';
  if (roll < 0.8) return 'Influencers';
  return roll < 0.92 ? 'Partners' : 'V.I.P.';
}

/** An affiliate outside the cast. The name is unique: only the cast has duplicate names on purpose. */
function inventedProfile(programme: Programme, random: Random, usedNames: Set<string>): Profile {
  let name = pickName(random);
  // Very large programmes run out of names, so names may repeat there.
  for (let attempt = 0; attempt < 20 && usedNames.has(`${name.first} ${name.last}`); attempt += 1) {
    name = pickName(random);
  }
  usedNames.add(`${name.first} ${name.last}`);
  const email = freeEmail(random, name, (candidate) => programme.affiliateByEmail(candidate) !== undefined);
  const withoutPayout = random.chance(0.13);
  const nothing = random.chance(0.5) ? null : '';
  const withFields = random.chance(0.45);
  const audience = String((1 + random.below(400)) * 250);
  return {
    email,
    firstName: name.first,
    lastName: name.last,
    group: groupFor(random),
    paypalEmail: withoutPayout ? nothing : email,
    customFields: withFields
      ? { Website: `https://${mailboxFor(name).replace('.', '-')}.example.org`, 'Audience size': audience }
      : {},
  };
}

export function generateAffiliates(programme: Programme, seed: number, count: number, now: number): void {
  if (count <= 0) return;
  const random = Random.forPart(seed, 'affiliates');
  const shape = shapeOf(count);
  const usedNames = new Set(cast.map((member) => `${member.firstName} ${member.lastName}`));
  const recruiterEmails = new Map<Affiliate, string>();
  for (let position = 0; position < count; position += 1) {
    const invented = inventedProfile(programme, random, usedNames);
    const profile = cast[position] ?? hostileAt(shape, position) ?? invented;
    const status = statusAt(shape, position);
    const createdAt = joinedAt(shape, position, now, random);
    const quietSince = floorToSecond(createdAt + (now - createdAt) * random.next() * 0.9);
    const affiliate = programme.addAffiliate({
      email: profile.email,
      firstName: profile.firstName,
      lastName: profile.lastName,
      code: profile.code ?? programme.takeAffiliateCode(),
      recruiterId: null,
      createdAt,
      updatedAt: status === 'Pending Approval' ? createdAt : quietSince,
      status,
      rejected: shape.rejected.has(position),
      paypalEmail: profile.paypalEmail,
      unsubscribed: random.chance(0.06),
      dashboardToken: random.hex(40),
      group: profile.group,
      customFields: { ...profile.customFields },
    });
    const recruiterId = randomRecruiter(programme, random, affiliate);
    if (profile === invented) affiliate.recruiterId = recruiterId;
    if (profile.recruiterEmail !== undefined) recruiterEmails.set(affiliate, profile.recruiterEmail);
  }
  // Only now, because Ben's recruiter has a higher id than Ben.
  for (const [affiliate, email] of recruiterEmails) {
    affiliate.recruiterId = programme.affiliateByEmail(email)?.id ?? null;
  }
}

/** About one in seven was recruited by an approved affiliate who joined earlier. */
function randomRecruiter(programme: Programme, random: Random, affiliate: Affiliate): number | null {
  const candidate = random.pick(programme.affiliates.rows);
  const recruited = random.chance(0.15) && candidate.status === 'Active' && candidate !== affiliate;
  return recruited ? candidate.id : null;
}

/** Custom links for Ann and for one affiliate in six. */
export function generateSubIds(programme: Programme, seed: number, now: number): void {
  const random = Random.forPart(seed, 'sub ids');
  const channels = ['newsletter', 'youtube', 'instagram', 'podcast'];
  programme.affiliates.rows.forEach((affiliate, position) => {
    const some = random.chance(0.16) && affiliate.status === 'Active';
    const number = position === 0 ? 2 : some ? 1 + random.below(3) : 0;
    for (const name of channels.slice(0, number)) {
      programme.addSubId(affiliate.id, {
        name,
        url: `${programme.shopUrl}?afmc=${encodeURIComponent(affiliate.code)}&subid=${name}`,
        createdAt: floorToSecond(affiliate.createdAt + (now - HOUR - affiliate.createdAt) * random.next()),
      });
    }
  });
}
