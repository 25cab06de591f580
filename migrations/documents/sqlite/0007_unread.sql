-- How long a log is, those who put it together count in what they have read.
ALTER TABLE documents_notes DROP COLUMN loose_bytes;
