//! The list of cases: a page of rows, the totals, and search.

use std::collections::HashMap;

use db::Dialect;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::Status;
use super::filter::{CaseQuery, CaseScope, Filter, Sort};
use super::show::{self, CaseItem, CaseView};
use super::summary::{self, Summary};
use crate::clock::Time;
use crate::error::Result;
use crate::paging::{Cursor, Pagination, Paging, REACH, Total};
use crate::search::{self, Excerpter, Match, Question};
use crate::work::{Actor, Work};

#[derive(Debug, Serialize, JsonSchema)]
pub struct CaseList {
    pub cases: Vec<CaseItem>,
    pub pagination: Pagination,
    pub summary: Summary,
}

/// Cases shown at once unless asked otherwise.
const LIMIT: i64 = 50;

impl CaseQuery {
    fn searches(&self) -> bool {
        self.search.as_deref().is_some_and(|text| !text.is_empty())
    }

    /// Whether answering costs little whatever the size of the desk. What is not cheap queues behind searches and
    /// counts.
    pub fn is_cheap(&self, dialect: Dialect, actor: Actor, scope: CaseScope) -> bool {
        let Ok(filter) = self.filter(dialect, actor, Time::from_millis(0), scope) else { return true };
        let sort = self.sort.unwrap_or(Sort::Newest);
        (filter.is_narrow || filter.is_indexed(sort)) && !self.searches() && self.exact != Some(true)
    }
}

/// Answers a list.
pub fn list(work: &mut Work, query: &CaseQuery, scope: CaseScope) -> Result<CaseList> {
    let paging = Paging::new(query.page, query.limit, query.cursor.clone(), LIMIT)?;
    let mut filter = query.filter(work.dialect(), work.actor, work.now, scope)?;
    if query.searches() {
        return search(work, query, filter, &paging);
    }
    let summary = summary::count(work, &filter, "crm_cases c", query.exact == Some(true))?;
    let order = Order::of(query.sort.unwrap_or(Sort::Newest), work.actor.is_staff());
    let mut rows = match &paging.cursor {
        None => order.rows(work, &filter, paging.limit + 1, paging.offset())?,
        Some(cursor) => order.rows_after(work, cursor, &mut filter, paging.limit + 1)?,
    };
    let pagination = paging.answer(&mut rows, summary.total(), |row| order.key(row));
    Ok(CaseList { cases: items(work, rows)?, pagination, summary })
}

/// A part of a list as people look through it.
pub struct Glance {
    pub cases: Vec<CaseItem>,
    /// Where the list goes on.
    pub next: Option<Cursor>,
    pub total: Total,
}

/// The next `limit` rows for somebody who looks at them: their number is counted as far as `most`, as nobody reads
/// further.
pub fn glance(work: &mut Work, query: &CaseQuery, limit: i64, most: i64) -> Result<Glance> {
    if query.searches() {
        let paging = Paging { page: 1, limit, cursor: query.cursor.clone() };
        let filter = query.filter(work.dialect(), work.actor, work.now, CaseScope::Desk)?;
        let found = search(work, query, filter, &paging)?;
        let total = found.summary.total();
        let next = found.pagination.next_cursor.map(|cursor| Cursor::decode(&cursor)).transpose()?;
        return Ok(Glance { cases: found.cases, next, total });
    }
    let filter = query.filter(work.dialect(), work.actor, work.now, CaseScope::Desk)?;
    let total = summary::total(work, &filter, most)?;
    let (cases, next) = portion(work, query, query.cursor.clone(), limit)?;
    Ok(Glance { cases, next, total })
}

/// These cases as rows, in the order of their ids, and which of them a list has.
pub fn changed(work: &mut Work, query: &CaseQuery, ids: &[i64]) -> Result<(Vec<CaseItem>, Vec<i64>)> {
    let among = work.dialect().among_ints("c.case_id", "$1");
    let sql = format!(
        "select {} from crm_cases c {} where c.is_listed and {among} order by c.case_id",
        show::columns(work.actor.is_staff()),
        show::JOINS,
    );
    let rows: Vec<CaseView> = work.query(&sql, &[&json!(ids)])?;
    let mut filter = query.filter(work.dialect(), work.actor, work.now, CaseScope::Desk)?;
    let mut from = "crm_cases c";
    if query.searches() {
        let question = Question::parse(query.search.as_deref().unwrap_or(""));
        match search::cases(work, &question)? {
            Some(matching) => {
                filter.and(matching.condition, matching.query.as_str());
                from = matching.from;
            }
            None => filter.plain("1 = 0"),
        }
    }
    filter.params.push(db::Value::from(json!(ids)));
    let among = work.dialect().among_ints("c.case_id", &format!("${}", filter.params.len()));
    filter.plain(&among);
    let matching: Vec<(i64,)> =
        work.query(&format!("select c.case_id from {from} where {}", filter.sql()), &filter.params())?;
    Ok((items(work, rows)?, matching.into_iter().map(|(id,)| id).collect()))
}

/// The next rows of a list and where it goes on, without counting: what an export is made of. A search ends at 10,000.
pub fn portion(
    work: &mut Work,
    query: &CaseQuery,
    after: Option<Cursor>,
    limit: i64,
) -> Result<(Vec<CaseItem>, Option<Cursor>)> {
    let mut filter = query.filter(work.dialect(), work.actor, work.now, CaseScope::Desk)?;
    let paging = Paging { page: 1, limit, cursor: after };
    if query.searches() {
        let list = search(work, query, filter, &paging)?;
        let next = list.pagination.next_cursor.map(|cursor| Cursor::decode(&cursor)).transpose()?;
        return Ok((list.cases, next));
    }
    let order = Order::of(query.sort.unwrap_or(Sort::Newest), work.actor.is_staff());
    let mut rows = match &paging.cursor {
        None => order.rows(work, &filter, limit + 1, 0)?,
        Some(cursor) => order.rows_after(work, cursor, &mut filter, limit + 1)?,
    };
    let shown = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > shown;
    rows.truncate(shown);
    let next = rows.last().filter(|_| more).map(|last| Cursor(order.key(last)));
    Ok((items(work, rows)?, next))
}

fn items(work: &mut Work, rows: Vec<CaseView>) -> Result<Vec<CaseItem>> {
    let mut tags = show::tags_of(work, &rows)?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let tags = tags.remove(&row.case_id).unwrap_or_default();
            CaseItem::new(work, row, tags)
        })
        .collect())
}

/// An order with its keyset: a column, its direction, the id to break ties. Empty values come last either way.
struct Order {
    sort: Sort,
    column: &'static str,
    descending: bool,
    may_be_null: bool,
}

impl Order {
    fn of(sort: Sort, for_staff: bool) -> Order {
        let updated = if for_staff { "c.updated_at" } else { "c.public_updated_at" };
        let (column, descending, may_be_null) = match sort {
            Sort::Newest => ("c.created_at", true, false),
            Sort::Oldest => ("c.created_at", false, false),
            Sort::Touched => (updated, true, false),
            Sort::Untouched => (updated, false, false),
            // For customers there is no due time to sort by.
            Sort::DueFirst | Sort::DueLast | Sort::NextDue | Sort::NextDueLast if !for_staff => {
                ("c.created_at", true, false)
            }
            Sort::DueFirst => ("c.resolution_due", false, true),
            Sort::DueLast => ("c.resolution_due", true, true),
            Sort::NextDue => ("c.sla_next_due", false, true),
            Sort::NextDueLast => ("c.sla_next_due", true, true),
            // The most urgent first: the highest level.
            Sort::Urgent => ("c.priority_level", true, false),
            Sort::Relaxed => ("c.priority_level", false, false),
        };
        Order { sort, column, descending, may_be_null }
    }

    fn key(&self, row: &CaseView) -> Vec<Value> {
        let value = match self.column {
            "c.created_at" => json!(row.created_at),
            "c.resolution_due" => json!(row.resolution_due),
            "c.sla_next_due" => json!(row.sla_next_due),
            "c.priority_level" => json!(row.priority_level),
            _ => json!(row.updated_at),
        };
        vec![json!(self.sort), value, json!(row.case_id)]
    }

    /// The rows after the one that a cursor names. Rows without a value follow those with one: two steps, each of which
    /// an index serves.
    fn rows_after(
        &self,
        work: &mut Work,
        cursor: &Cursor,
        filter: &mut Filter,
        limit: i64,
    ) -> Result<Vec<CaseView>> {
        let [sort, value, id] = cursor.values()?;
        let id = id.as_i64().filter(|_| *sort == json!(self.sort)).ok_or_else(Cursor::foreign)?;
        let beyond = if self.descending { "<" } else { ">" };
        let mut rows = Vec::new();
        let mut nulls = filter.clone();
        nulls.plain(&format!("{} is null", self.column));
        if value.is_null() && self.may_be_null {
            nulls.and(&format!("c.case_id {beyond} ?"), id);
        } else {
            filter.params.push(self.value(value)?);
            filter.params.push(id.into());
            let last = filter.params.len();
            filter.plain(&format!("({}, c.case_id) {beyond} (${}, ${last})", self.column, last - 1));
            rows = self.rows(work, filter, limit, 0)?;
        }
        let missing = limit - i64::try_from(rows.len()).unwrap_or(limit);
        if self.may_be_null && missing > 0 {
            rows.extend(self.rows(work, &nulls, missing, 0)?);
        }
        Ok(rows)
    }

    /// A cursor's value as a parameter.
    fn value(&self, value: &Value) -> Result<db::Value> {
        if self.column == "c.priority_level" {
            return value.as_i64().map(db::Value::from).ok_or_else(Cursor::foreign);
        }
        value.as_str().and_then(Time::parse).map(super::filter::time).ok_or_else(Cursor::foreign)
    }

    fn rows(&self, work: &mut Work, filter: &Filter, limit: i64, offset: i64) -> Result<Vec<CaseView>> {
        let direction = if self.descending { "desc" } else { "asc" };
        let nulls = if self.may_be_null { " nulls last" } else { "" };
        let order = format!("order by {} {direction}{nulls}, c.case_id {direction}", self.column);
        let conditions = match filter.statuses.len() {
            1 => filter.sql(),
            _ if self.column == "c.created_at" && filter.is_by_status() => {
                first_of_each_status(filter, &order, limit + offset)
            }
            _ => filter.sql(),
        };
        let sql = format!(
            "select {} from crm_cases c {} where {conditions} {order} limit {limit}{}",
            show::columns(work.actor.is_staff()),
            show::JOINS,
            skipping(offset),
        );
        work.query(&sql, &filter.params())
    }
}

/// A condition on the first rows of each status: among them are the first of all. An owner's or a team's index has the
/// order of creation within a status, so that a page reads a few hundred rows of it, where sorting would read all of
/// their history.
fn first_of_each_status(filter: &Filter, order: &str, limit: i64) -> String {
    let asked = if filter.statuses.is_empty() { Status::ALL } else { &filter.statuses };
    let conditions = filter.sql();
    let first = |status: &Status| {
        format!(
            "select f.case_id from (select c.case_id from crm_cases c
                 where {conditions} and c.status = '{}' {order} limit {limit}) f",
            status.word()
        )
    };
    let firsts: Vec<String> = asked.iter().map(first).collect();
    format!("c.case_id in ({})", firsts.join(" union all "))
}

fn skipping(offset: i64) -> String {
    if offset == 0 { String::new() } else { format!(" offset {offset}") }
}

/// Answers a list of cases that match words: the best first, unless another order is asked for.
fn search(work: &mut Work, query: &CaseQuery, mut filter: Filter, paging: &Paging) -> Result<CaseList> {
    let question = Question::parse(query.search.as_deref().unwrap_or(""));
    filter.rollup = None;
    let Some(matching) = search::cases(work, &question)? else {
        // No letter, no digit: a valid question that nothing answers.
        filter.plain("1 = 0");
        let summary = summary::count(work, &filter, "crm_cases c", true)?;
        let pagination = paging.answer(&mut Vec::<CaseView>::new(), summary.total(), |_| vec![]);
        return Ok(CaseList { cases: Vec::new(), pagination, summary });
    };
    filter.and(matching.condition, matching.query.as_str());
    let from = matching.from;
    let summary = summary::count(work, &filter, from, query.exact == Some(true))?;
    let offset = match &paging.cursor {
        Some(cursor) => search_offset(cursor)?,
        None => paging.offset(),
    };
    let mut rows = match query.sort {
        None => best(work, &filter, &matching, &question, paging.limit, offset)?,
        Some(sort) => {
            let order = Order::of(sort, work.actor.is_staff());
            let found = Filter { conditions: vec![in_candidates(&filter, &matching)], ..filter.clone() };
            order.rows(work, &found, paging.limit + 1, offset)?
        }
    };
    let next = offset + paging.limit;
    let mut pagination = paging.answer(&mut rows, summary.total(), |_| vec![json!("search"), json!(next)]);
    pagination.next_cursor = pagination.next_cursor.filter(|_| next < REACH);
    let mut cases = items(work, rows)?;
    excerpts(work, &question, &mut cases)?;
    Ok(CaseList { cases, pagination, summary })
}

/// A search goes on by how many were shown: ranks move while rows are added, and it ends at 10,000.
fn search_offset(cursor: &Cursor) -> Result<i64> {
    let [word, offset] = cursor.values()?;
    let offset = offset.as_i64().filter(|offset| *word == json!("search") && (0..REACH).contains(offset));
    offset.ok_or_else(Cursor::foreign)
}

fn in_candidates(filter: &Filter, matching: &Match) -> String {
    let Match { from, newest, .. } = matching;
    format!("c.case_id in (select c.case_id from {from} where {} {newest} limit {REACH})", filter.sql())
}

/// The best of at most 10,000 candidates; a case whose number the question names comes first.
fn best(
    work: &mut Work,
    filter: &Filter,
    matching: &Match,
    question: &Question,
    limit: i64,
    offset: i64,
) -> Result<Vec<CaseView>> {
    let mut filter = filter.clone();
    let query = format!("${}", filter.params.len());
    filter.params.push(question.case_number.clone().into());
    let number = format!("${}", filter.params.len());
    let sql = format!(
        "select {columns} from (
             select q.case_id, q.score, q.exact from (
                 select c.case_id, {rank} as score, case when c.case_number = {number} then 1 else 0 end as exact
                 from {from} where {conditions} {newest} limit {REACH}
             ) q order by q.exact desc, q.score desc, q.case_id desc limit {limit} offset {offset}
         ) q join crm_cases c on c.case_id = q.case_id {joins}
         order by q.exact desc, q.score desc, c.case_id desc",
        columns = show::columns(work.actor.is_staff()),
        rank = matching.rank.replace('?', &query),
        from = matching.from,
        newest = matching.newest,
        conditions = filter.sql(),
        joins = show::JOINS,
        limit = limit + 1,
    );
    work.query(&sql, &filter.params())
}

/// Shows where the words occur: in the description, else in the first comment that has them, else in the subject.
fn excerpts(work: &mut Work, question: &Question, cases: &mut [CaseItem]) -> Result<()> {
    let excerpter = Excerpter::new(question);
    let mut found = in_descriptions(work, &excerpter, cases.iter().map(|item| item.case.case_id).collect())?;
    let without = |item: &&CaseItem| item.case.comment_count > 0 && !found.contains_key(&item.case.case_id);
    let silent: Vec<i64> = cases.iter().filter(without).map(|item| item.case.case_id).collect();
    if !silent.is_empty() {
        found.extend(in_comments(work, &excerpter, silent)?);
    }
    for item in cases {
        item.excerpt = found.remove(&item.case.case_id).or_else(|| excerpter.excerpt(&item.case.subject));
    }
    Ok(())
}

fn in_descriptions(work: &mut Work, excerpter: &Excerpter, cases: Vec<i64>) -> Result<HashMap<i64, String>> {
    let among = work.dialect().among_ints("case_id", "$1");
    let sql = format!("select case_id, description from crm_cases where {among}");
    let texts: Vec<(i64, String)> = work.query(&sql, &[&json!(cases)])?;
    Ok(texts.into_iter().filter_map(|(id, text)| Some((id, excerpter.excerpt(&text)?))).collect())
}

/// Looks into the first 50 comments of each case.
fn in_comments(work: &mut Work, excerpter: &Excerpter, cases: Vec<i64>) -> Result<HashMap<i64, String>> {
    let among = work.dialect().among_ints("case_id", "$1");
    let internal = if work.actor.is_staff() { "" } else { " and not is_internal" };
    let sql = format!(
        "select q.case_id, q.comment_text from (
             select case_id, comment_text,
                 row_number() over (partition by case_id order by created_at, comment_id) as place
             from crm_case_comments where {among} and is_active{internal}
         ) q where q.place <= 50 order by q.case_id, q.place"
    );
    let mut found = HashMap::new();
    for (case_id, text) in work.query::<(i64, String)>(&sql, &[&json!(cases)])? {
        if !found.contains_key(&case_id)
            && let Some(excerpt) = excerpter.excerpt(&text)
        {
            found.insert(case_id, excerpt);
        }
    }
    Ok(found)
}
