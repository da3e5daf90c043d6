-- A price a desk counts the desks that there were when the month was settled first; NULL: of a month settled before this.
ALTER TABLE settled_terms ADD COLUMN desks integer CHECK (desks >= 0);
