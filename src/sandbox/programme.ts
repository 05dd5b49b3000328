import { Random } from './random.ts';
import type {
  Affiliate,
  Campaign,
  Commission,
  CommissionGroup,
  CustomField,
  Lead,
  Plan,
  Purchase,
  SubId,
  Visitor,
} from './records.ts';
import { floorToSecond } from './wire-values.ts';

/** Records of one kind in order of their ids, with O(1) access by id. */
class Table<Row extends { readonly id: number }> {
  readonly rows: Row[] = [];
  readonly #byId = new Map<number, Row>();
  #nextId: number;

  constructor(firstId: number) {
    this.#nextId = firstId;
  }

  add(build: (id: number) => Row): Row {
    const row = build(this.#nextId);
    this.#nextId += 1;
    this.rows.push(row);
    this.#byId.set(row.id, row);
    return row;
  }

  get(id: number | null): Row | undefined {
    return id === null ? undefined : this.#byId.get(id);
  }
}

/** Records grouped by owner (an affiliate, a lead, a purchase), in order of their ids. */
class Grouping<Row extends { readonly id: number }> {
  readonly #groups = new Map<number, Row[]>();

  of(owner: number): readonly Row[] {
    return this.#groups.get(owner) ?? [];
  }

  add(owner: number | null, row: Row): void {
    if (owner === null) return;
    const group = this.#groups.get(owner) ?? [];
    this.#groups.set(owner, group);
    // Only a record that changes owner is not the newest; it must not jump to the front of a descending list.
    const isNewest = (group.at(-1)?.id ?? 0) < row.id;
    group.splice(isNewest ? group.length : group.findIndex((other) => other.id > row.id), 0, row);
  }

  remove(owner: number | null, row: Row): void {
    const group = owner === null ? undefined : this.#groups.get(owner);
    const position = group?.indexOf(row) ?? -1;
    if (position >= 0) group?.splice(position, 1);
  }
}

/** E-mail addresses are unique keys here, ignoring case. */
function emailKey(email: string): string {
  return email.toLowerCase();
}

/** The live state of the simulated account: records, and indexes that keep look-ups O(1). */
export class Programme {
  /** Decides what is due and dates every write; a test may replace it to move time. */
  clock: () => number;
  readonly currency = 'USD';
  readonly shopUrl = 'https://shop.example.com';
  readonly dashboardUrl = 'https://affiliates.example.com';
  readonly groups: readonly CommissionGroup[] = [
    { code: 'Default', basisPoints: 1_000 },
    { code: 'V.I.P.', basisPoints: 2_000 },
    { code: 'Influencers', basisPoints: 1_500 },
    { code: 'Partners', basisPoints: 2_500 },
  ];
  readonly plans: readonly Plan[] = [
    { id: 30, code: 'default' },
    { id: 31, code: 'annual' },
  ];
  /** For codes and tokens created while running. */
  readonly random: Random;

  readonly affiliates = new Table<Affiliate>(1_001);
  readonly leads = new Table<Lead>(20_001);
  readonly purchases = new Table<Purchase>(300_001);
  readonly commissions = new Table<Commission>(4_000_001);
  readonly visitors = new Table<Visitor>(50_001);
  readonly campaigns = new Table<Campaign>(11);
  readonly customFields = new Map<string, CustomField>();
  readonly subIds = new Map<number, SubId[]>();

  readonly #affiliatesByEmail = new Map<string, Affiliate>();
  readonly #affiliatesByCode = new Map<string, Affiliate>();
  readonly #leadsByEmail = new Map<string, Lead>();
  readonly #purchasesByCode = new Map<string, Purchase>();
  readonly #visitorsByTrackingCode = new Map<string, Visitor>();
  readonly #leadsByAffiliate = new Grouping<Lead>();
  readonly #purchasesByAffiliate = new Grouping<Purchase>();
  readonly #purchasesByLead = new Grouping<Purchase>();
  readonly #commissionsByAffiliate = new Grouping<Commission>();
  readonly #commissionsByPurchase = new Grouping<Commission>();
  readonly #visitorsByAffiliate = new Grouping<Visitor>();
  #lastCode = 45;
  #lastCancellationId = 700;
  #lastSubId = 8_000;
  #lastCustomFieldId = 60;

  constructor(clock: () => number, seed: number) {
    this.clock = clock;
    this.random = Random.forPart(seed, 'runtime');
  }

  /** In whole seconds: the API has no fractions. */
  now(): number {
    return floorToSecond(this.clock());
  }

  affiliateByEmail(email: string): Affiliate | undefined {
    return this.#affiliatesByEmail.get(emailKey(email));
  }

  /** Case-sensitive here; how LeadDyno compares codes is not established. */
  affiliateByCode(code: string): Affiliate | undefined {
    return this.#affiliatesByCode.get(code);
  }

  leadByEmail(email: string): Lead | undefined {
    return this.#leadsByEmail.get(emailKey(email));
  }

  purchaseByCode(code: string): Purchase | undefined {
    return this.#purchasesByCode.get(code);
  }

  visitorByTrackingCode(code: string): Visitor | undefined {
    return this.#visitorsByTrackingCode.get(code);
  }

  groupByCode(code: string): CommissionGroup | undefined {
    return this.groups.find((group) => group.code === code);
  }

  leadsOf(affiliateId: number): readonly Lead[] {
    return this.#leadsByAffiliate.of(affiliateId);
  }

  purchasesOf(affiliateId: number): readonly Purchase[] {
    return this.#purchasesByAffiliate.of(affiliateId);
  }

  purchasesOfLead(leadId: number): readonly Purchase[] {
    return this.#purchasesByLead.of(leadId);
  }

  commissionsOf(affiliateId: number): readonly Commission[] {
    return this.#commissionsByAffiliate.of(affiliateId);
  }

  commissionsOfPurchase(purchaseId: number): readonly Commission[] {
    return this.#commissionsByPurchase.of(purchaseId);
  }

  visitorsOf(affiliateId: number): readonly Visitor[] {
    return this.#visitorsByAffiliate.of(affiliateId);
  }

  addAffiliate(fields: Omit<Affiliate, 'id'>): Affiliate {
    const affiliate = this.affiliates.add((id) => ({ ...fields, id }));
    this.#affiliatesByEmail.set(emailKey(affiliate.email), affiliate);
    this.#affiliatesByCode.set(affiliate.code, affiliate);
    return affiliate;
  }

  addLead(fields: Omit<Lead, 'id'>): Lead {
    const lead = this.leads.add((id) => ({ ...fields, id }));
    this.#leadsByEmail.set(emailKey(lead.email), lead);
    this.#leadsByAffiliate.add(lead.affiliateId, lead);
    return lead;
  }

  addPurchase(fields: Omit<Purchase, 'id'>): Purchase {
    const purchase = this.purchases.add((id) => ({ ...fields, id }));
    this.#purchasesByCode.set(purchase.code, purchase);
    this.#purchasesByLead.add(purchase.leadId, purchase);
    this.#purchasesByAffiliate.add(purchase.affiliateId, purchase);
    return purchase;
  }

  addCommission(fields: Omit<Commission, 'id'>): Commission {
    const commission = this.commissions.add((id) => ({ ...fields, id }));
    this.#commissionsByAffiliate.add(commission.affiliateId, commission);
    this.#commissionsByPurchase.add(commission.purchaseId, commission);
    return commission;
  }

  addVisitor(fields: Omit<Visitor, 'id'>): Visitor {
    const visitor = this.visitors.add((id) => ({ ...fields, id }));
    this.#visitorsByTrackingCode.set(visitor.trackingCode, visitor);
    this.#visitorsByAffiliate.add(visitor.affiliateId, visitor);
    return visitor;
  }

  addCampaign(fields: Omit<Campaign, 'id'>): Campaign {
    return this.campaigns.add((id) => ({ ...fields, id }));
  }

  addCustomField(fields: Omit<CustomField, 'id'>): CustomField {
    this.#lastCustomFieldId += 1;
    const field: CustomField = { id: this.#lastCustomFieldId, ...fields };
    this.customFields.set(field.name, field);
    return field;
  }

  addSubId(affiliateId: number, fields: Omit<SubId, 'id'>): SubId {
    this.#lastSubId += 1;
    const subId: SubId = { id: this.#lastSubId, ...fields };
    this.subIds.set(affiliateId, [...(this.subIds.get(affiliateId) ?? []), subId]);
    return subId;
  }

  changeAffiliateEmail(affiliate: Affiliate, email: string): void {
    this.#affiliatesByEmail.delete(emailKey(affiliate.email));
    affiliate.email = email;
    this.#affiliatesByEmail.set(emailKey(email), affiliate);
  }

  changePurchaseCode(purchase: Purchase, code: string): void {
    this.#purchasesByCode.delete(purchase.code);
    purchase.code = code;
    this.#purchasesByCode.set(code, purchase);
  }

  changeAffiliateCode(affiliate: Affiliate, code: string): void {
    this.#affiliatesByCode.delete(affiliate.code);
    affiliate.code = code;
    this.#affiliatesByCode.set(code, affiliate);
  }

  changeLeadEmail(lead: Lead, email: string): void {
    this.#leadsByEmail.delete(emailKey(lead.email));
    lead.email = email;
    this.#leadsByEmail.set(emailKey(email), lead);
  }

  /** Earlier purchases stay with the affiliate they were credited to. */
  assignLead(lead: Lead, affiliateId: number): void {
    if (lead.affiliateId === affiliateId) return;
    this.#leadsByAffiliate.remove(lead.affiliateId, lead);
    lead.affiliateId = affiliateId;
    this.#leadsByAffiliate.add(affiliateId, lead);
  }

  /** Short codes like the samples' "1h" and "1o". */
  takeAffiliateCode(): string {
    let code: string;
    do {
      this.#lastCode += 1;
      code = this.#lastCode.toString(36);
    } while (this.#affiliatesByCode.has(code));
    return code;
  }

  takeCancellationId(): number {
    this.#lastCancellationId += 1;
    return this.#lastCancellationId;
  }
}
