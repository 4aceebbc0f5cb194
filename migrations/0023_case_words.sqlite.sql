-- ---------------------------------------------------------------- the words of cases

-- The words that the index of cases holds, as it stems them: what somebody types may be the beginning of one although it
-- has an ending itself ("cras" of "crash"), and as a beginning FTS5 would stem it ("cra").
create virtual table crm_case_words using fts5vocab (crm_case_fts, row);
