-- A charge that a settlement took in is a settlement item. A payment order has a payment file; a document is an invoice or a
-- credit note. Hours bought ahead are prepaid hours, not credits.

ALTER TABLE settled_posting RENAME TO settlement_item;
ALTER TABLE settlement_item RENAME CONSTRAINT settled_posting_pkey TO settlement_item_pkey;
ALTER TABLE settlement_item RENAME CONSTRAINT settled_posting_posting_id_fkey TO settlement_item_posting_id_fkey;
ALTER TABLE settlement_item RENAME CONSTRAINT settled_posting_centre_id_fkey TO settlement_item_centre_id_fkey;
ALTER TABLE settlement_item RENAME CONSTRAINT settled_posting_settlement_id_fkey TO settlement_item_settlement_id_fkey;
ALTER TRIGGER settled_posting_is_final ON settlement_item RENAME TO settlement_item_is_final;
ALTER TRIGGER settled_posting_stays ON settlement_item RENAME TO settlement_item_stays;

ALTER VIEW centre_charge RENAME COLUMN credits TO prepaid_value; -- EUR net of the prepaid hours that a line uses

ALTER TABLE payout_order RENAME COLUMN document TO payment_file; -- pain.001
