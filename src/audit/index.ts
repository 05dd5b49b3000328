export { openAuditLog } from './audit-log.ts';
export { openPaymentRecord } from './payment-record.ts';
